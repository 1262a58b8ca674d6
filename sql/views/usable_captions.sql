-- The captions of the bank that break no rule: what selections, matching and texts are read from.
-- judged_captions says what the rules are, quarantined_inputs which rows are left out.
-- Grain: one row per caption.
-- Columns:
--   caption_id (INT64): Identifies the caption.
--   caption_text (STRING): Text.
--   content_category (STRING): What it is about.
--   price_tier (STRING): budget, mid or premium (PPV), or bump.
--   has_urgency (BOOL): Whether it presses for time.
--   page_name (STRING): The one page that may use it; NULL: any page.
--   is_active (BOOL): Whether it may be used.
--   created_at (TIMESTAMP): When it was written.
CREATE OR REPLACE VIEW `${dataset}.usable_captions`
AS
SELECT
  j.caption_id,
  j.caption_text,
  j.content_category,
  j.price_tier,
  j.has_urgency,
  j.page_name,
  j.is_active,
  j.created_at
FROM `${dataset}.judged_captions` AS j
WHERE j.reason IS NULL;
