-- The caption bank, and for each row that can't be used the first rule that it breaks.
-- Of several rows of one caption_id that break no other rule, the oldest by created_at is used:
-- schedules in force have its text. Among equally old ones the first by tier, text and the other
-- columns.
-- A text has at most 50,000 characters, which is what a cell of Google Sheets holds.
-- Grain: one row per row of caption_bank.
-- Columns:
--   caption_id (INT64): Identifies the caption.
--   caption_text (STRING): Text.
--   content_category (STRING): What it is about.
--   price_tier (STRING): budget, mid or premium (PPV), or bump.
--   has_urgency (BOOL): Whether it presses for time.
--   page_name (STRING): The one page that may use it; NULL: any page.
--   is_active (BOOL): Whether it may be used.
--   created_at (TIMESTAMP): When it was written.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
CREATE OR REPLACE VIEW `${dataset}.judged_captions`
AS
WITH ruled AS (
  SELECT
    b.caption_id,
    b.caption_text,
    b.content_category,
    b.price_tier,
    b.has_urgency,
    b.page_name,
    b.is_active,
    b.created_at,
    CASE
      WHEN b.caption_id IS NULL THEN 'missing caption_id'
      WHEN
        b.caption_text IS NULL OR NOT REGEXP_CONTAINS(b.caption_text, r'[^\s\p{Z}\p{C}]')
        THEN 'caption_text is blank'
      WHEN LENGTH(b.caption_text) > 50000 THEN 'caption_text is longer than 50,000 characters'
      WHEN
        REGEXP_CONTAINS(b.caption_text, r'[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')
        THEN 'caption_text has a control character'
      WHEN
        b.price_tier IS NULL OR b.price_tier NOT IN ('budget', 'mid', 'premium', 'bump')
        THEN 'price_tier is not budget, mid, premium or bump'
      WHEN
        b.page_name IS NOT NULL AND NOT REGEXP_CONTAINS(b.page_name, r'^[a-z0-9_]+$')
        THEN 'page_name is not [a-z0-9_]+'
      WHEN LENGTH(b.page_name) > 100 THEN 'page_name is longer than 100 characters'
      WHEN b.is_active IS NULL THEN 'is_active is NULL'
      WHEN
        LENGTH(b.content_category) > 200
        THEN 'content_category is longer than 200 characters'
      WHEN
        REGEXP_CONTAINS(b.content_category, r'[\x00-\x1F\x7F]')
        THEN 'content_category has a control character'
    END AS broken_rule
  FROM `${dataset}.caption_bank` AS b
)

SELECT
  r.caption_id,
  r.caption_text,
  r.content_category,
  r.price_tier,
  r.has_urgency,
  r.page_name,
  r.is_active,
  r.created_at,
  CASE
    WHEN r.broken_rule IS NOT NULL THEN r.broken_rule
    WHEN
      ROW_NUMBER() OVER (
        PARTITION BY r.caption_id, r.broken_rule
        ORDER BY
          r.created_at NULLS LAST, r.price_tier, r.caption_text, r.page_name, r.content_category,
          r.has_urgency, r.is_active
      ) > 1
      THEN 'caption_id has an older row, which is used'
  END AS reason
FROM ruled AS r;
