-- Facts as comparisons take them. Counts grow for days, so a message's recipients are scaled to those
-- whose views and earnings are there already, and messages that were counted too young for that
-- (maturity_min_hours) are left out.
-- Grain: one row per row of message_facts.
-- Columns:
--   row_id (INT64): The message's row_id in mass_messages.
--   page_name (STRING): Creator's page.
--   caption_id (INT64): Its caption.
--   message_type (STRING): PPV or Bump.
--   sending_time (TIMESTAMP): Instant of sending.
--   send_date (DATE): LA date of sending.
--   send_hour (INT64): LA hour of sending.
--   day_of_week (INT64): ISO day of week, LA.
--   price (FLOAT64): Price, USD; NULL for a Bump.
--   sent_count (INT64): Recipients.
--   viewed_count (INT64): Recipients who viewed it.
--   purchased_count (INT64): Viewers who bought it.
--   earnings (FLOAT64): What it earned, USD.
--   is_ripe (BOOL): Whether it is old enough to be compared.
--   exposure (INT64): Recipients x maturity, at least the views and 1; NULL when it is not ripe.
--   ripe_emv (FLOAT64): Earnings per 1,000 of exposure, USD; NULL when it is not ripe.
CREATE OR REPLACE VIEW `${dataset}.comparable_facts`
AS
WITH scaled AS (
  SELECT
    f.row_id,
    f.page_name,
    f.caption_id,
    f.message_type,
    f.sending_time,
    f.send_date,
    f.send_hour,
    f.day_of_week,
    f.price,
    f.sent_count,
    f.viewed_count,
    f.purchased_count,
    f.earnings,
    COALESCE(f.age_hours >= t.maturity_min_hours, TRUE) AS is_ripe,
    GREATEST(
      CAST(ROUND(f.sent_count * COALESCE(f.maturity, 1.0)) AS INT64), COALESCE(f.viewed_count, 0), 1
    ) AS exposure
  FROM `${dataset}.message_facts` AS f
  CROSS JOIN `${dataset}.tuning` AS t
)

SELECT
  s.* EXCEPT (exposure),
  IF(s.is_ripe, s.exposure, NULL) AS exposure,
  IF(s.is_ripe, SAFE_DIVIDE(1000.0 * s.earnings, s.exposure), NULL) AS ripe_emv
FROM scaled AS s;
