-- The sends that are trials of their captions. A trial of a PPV is a view and its success a
-- purchase; a trial of a Bump is a recipient and its success a view. A message sent as the other
-- type than its caption's tier is no trial of the caption: views of a free copy would pass for
-- purchases. Of a caption that isn't in the bank, and so has no tier, the sends of both types are
-- here.
-- is_first marks the sends that priors are fitted on. Selection biases the later ones: a caption is
-- sent again because it did well. What a window has of a caption that was first sent before it is
-- therefore no first send.
-- Captions that say the same are one content, see caption_contents: what was sent of any of them is
-- a trial of the one that is used.
-- A message that is not ripe (comparable_facts) has no trial yet; recipients are scaled by maturity.
-- Grain: one row per sent message of a known caption, sent as the type of its tier.
-- Columns:
--   page_name (STRING): Creator's page.
--   caption_id (INT64): Caption, that of its content.
--   price_tier (STRING): Its tier in the bank; NULL without one.
--   message_type (STRING): PPV or Bump.
--   row_id (INT64): Message.
--   sending_time (TIMESTAMP): Instant of sending.
--   send_date (DATE): LA date of sending.
--   sent_count (INT64): Recipients x maturity; 0 when it is not ripe.
--   earnings (FLOAT64): Earnings, USD; 0 when it is not ripe.
--   emv (FLOAT64): USD per 1,000 of these recipients; NULL when it is not ripe.
--   trials (INT64): Views (PPV) or recipients x maturity (Bump).
--   successes (INT64): Purchases (PPV) or views (Bump).
--   content_category (STRING): The caption's category in the bank; NULL without one.
--   is_first (BOOL): Whether it is the page's first send of the caption, as its type, with a trial.
CREATE OR REPLACE VIEW `${dataset}.caption_trials`
AS
WITH typed AS (
  SELECT
    f.page_name,
    COALESCE(c.content_id, f.caption_id) AS caption_id,
    b.price_tier,
    f.message_type,
    f.row_id,
    f.sending_time,
    f.send_date,
    COALESCE(f.exposure, 0) AS sent_count,
    IF(f.is_ripe, f.earnings, 0.0) AS earnings,
    f.ripe_emv AS emv,
    CASE
      WHEN NOT f.is_ripe THEN 0
      WHEN f.message_type = 'PPV' THEN f.viewed_count
      ELSE f.exposure
    END AS trials,
    CASE
      WHEN NOT f.is_ripe THEN 0
      WHEN f.message_type = 'PPV' THEN f.purchased_count
      ELSE f.viewed_count
    END AS successes,
    b.content_category
  FROM `${dataset}.comparable_facts` AS f
  LEFT JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
  LEFT JOIN `${dataset}.usable_captions` AS b ON c.content_id = b.caption_id
  WHERE
    f.caption_id IS NOT NULL
    AND (b.price_tier IS NULL OR (f.message_type = 'Bump') = (b.price_tier = 'bump'))
)

SELECT
  *,
  trials > 0
  AND ROW_NUMBER() OVER (
    PARTITION BY page_name, caption_id, message_type, trials > 0 ORDER BY sending_time, row_id
  ) = 1 AS is_first
FROM typed;
