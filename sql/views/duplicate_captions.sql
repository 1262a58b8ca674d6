-- The captions that are not used because another one of the bank says the same, for the person who
-- keeps the bank. caption_contents says when texts are the same.
-- Grain: one row per such caption in use.
-- Columns:
--   caption_id (INT64): Identifies the caption.
--   page_name (STRING): The one page that may use it; NULL: any page.
--   price_tier (STRING): budget, mid or premium (PPV), or bump.
--   caption_text (STRING): Text.
--   content_id (INT64): The caption that is used instead.
--   used_price_tier (STRING): Its tier.
--   used_caption_text (STRING): Its text.
CREATE OR REPLACE VIEW `${dataset}.duplicate_captions`
AS
SELECT
  u.caption_id,
  u.page_name,
  u.price_tier,
  u.caption_text,
  c.content_id,
  k.price_tier AS used_price_tier,
  k.caption_text AS used_caption_text
FROM `${dataset}.caption_contents` AS c
INNER JOIN `${dataset}.usable_captions` AS u ON c.caption_id = u.caption_id
INNER JOIN `${dataset}.usable_captions` AS k ON c.content_id = k.caption_id
WHERE c.captions > 1 AND c.caption_id != c.content_id AND u.is_active;
