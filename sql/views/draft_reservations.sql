-- The reservations that draft schedules ask for: queued messages ask for none.
-- Grain: one row per planned message of a draft schedule.
-- Columns:
--   assignment_key (STRING): SHA-256 in hex of page|caption|date|hour.
--   schedule_id (STRING): Draft schedule.
--   page_name (STRING): Creator's page.
--   week_start (DATE): Monday that names the week.
--   caption_id (INT64): Caption.
--   content_id (INT64): The caption that stands for all of the bank that say the same.
--   scheduled_send_date (DATE): LA date of sending.
--   scheduled_send_hour (INT64): LA hour of sending.
--   price_tier (STRING): Tier.
--   expires_at (TIMESTAMP): End of the LA send date plus 7 days.
CREATE OR REPLACE VIEW `${dataset}.draft_reservations`
AS
SELECT
  TO_HEX(SHA256(CONCAT(
    d.page_name, '|', CAST(d.caption_id AS STRING), '|', CAST(d.send_date AS STRING), '|',
    CAST(d.send_hour AS STRING)
  ))) AS assignment_key,
  d.schedule_id,
  d.page_name,
  d.week_start,
  d.caption_id,
  COALESCE(c.content_id, d.caption_id) AS content_id,
  d.send_date AS scheduled_send_date,
  d.send_hour AS scheduled_send_hour,
  d.price_tier,
  TIMESTAMP(DATE_ADD(d.send_date, INTERVAL t.reservation_days + 1 DAY), 'America/Los_Angeles')
    AS expires_at
FROM `${dataset}.schedule_recommendations` AS d
CROSS JOIN `${dataset}.tuning` AS t
LEFT JOIN `${dataset}.caption_contents` AS c ON d.caption_id = c.caption_id
WHERE d.status = 'draft' AND (d.source IS NULL OR d.source = 'planned');
