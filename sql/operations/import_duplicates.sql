-- The captions in use that are not used because another one of the bank says the same.
-- Grain: one row per such caption.
-- Columns:
--   caption_id: Identifies the caption.
--   content_id: The caption that is used instead.
--   price_tier: Tier of the caption.
--   used_price_tier: Tier of the caption that is used.
SELECT
  d.caption_id,
  d.content_id,
  d.price_tier,
  d.used_price_tier
FROM `${dataset}.duplicate_captions` AS d
ORDER BY d.content_id, d.caption_id;
