-- The texts of some captions.
-- Grain: one row per caption in @captions that the bank has.
-- Parameters:
--   captions (ARRAY<INT64>): captions.
SELECT
  b.caption_id,
  b.caption_text
FROM `${dataset}.usable_captions` AS b
WHERE b.caption_id IN UNNEST(@captions)
ORDER BY b.caption_id;
