-- What there is to plan from.
-- Grain: exactly one row.
SELECT
  (SELECT COUNT(*) FROM `${dataset}.mass_messages`) AS messages,
  (SELECT COUNT(*) FROM `${dataset}.creators`) AS creators,
  (SELECT COUNT(*) FROM `${dataset}.usable_creators` AS c WHERE c.is_active) AS active_creators,
  (SELECT COUNT(*) FROM `${dataset}.caption_bank`) AS captions,
  (SELECT COUNT(*) FROM `${dataset}.usable_captions` AS b WHERE b.is_active) AS active_captions;
