-- Which captions of the bank say the same. Captions whose texts are equal after normalising are one
-- content: entities such as &amp; taken out, lower case, nothing but letters and digits. A content
-- is selected, reserved and learned of as one caption: the one in use that was written first, else
-- by the smallest id. Its text, tier and category count; a page may use it that may use any of its
-- captions in use. A text without a letter or digit is a content of its own.
-- Grain: one row per caption of usable_captions.
-- Columns:
--   caption_id (INT64): Identifies the caption.
--   content_id (INT64): The caption that is used for all that say the same; often itself.
--   content_text (STRING): The normalised text; NULL without a letter or digit.
--   is_open (BOOL): Whether any page may use the content.
--   captions (INT64): Captions of the bank that say the same, with this one.
CREATE OR REPLACE VIEW `${dataset}.caption_contents`
AS
WITH normalised AS (
  SELECT
    u.caption_id,
    u.page_name,
    u.is_active,
    u.created_at,
    NULLIF(
      REGEXP_REPLACE(
        -- Spaces by themselves: the pattern after them takes much longer for each.
        REPLACE(
          REGEXP_REPLACE(
            LOWER(NORMALIZE(u.caption_text)),
            r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);',
            ''
          ),
          ' ', ''
        ),
        r'[^\p{L}\p{N}]+', ''
      ),
      ''
    ) AS content_text
  FROM `${dataset}.usable_captions` AS u
),

keyed AS (
  SELECT
    n.*,
    COALESCE(n.content_text, CONCAT('#', CAST(n.caption_id AS STRING))) AS content_key
  FROM normalised AS n
)

SELECT
  k.caption_id,
  FIRST_VALUE(k.caption_id) OVER (
    PARTITION BY k.content_key
    ORDER BY k.is_active DESC, k.created_at NULLS LAST, k.caption_id
  ) AS content_id,
  k.content_text,
  LOGICAL_OR(k.is_active AND k.page_name IS NULL) OVER (PARTITION BY k.content_key) AS is_open,
  COUNT(*) OVER (PARTITION BY k.content_key) AS captions
FROM keyed AS k;
