-- The restrictions in force, and for each row that can't be applied the first rule that it breaks.
-- A page is not planned as if such a row were not there: no captions are selected for it until the
-- row is mended, see pages_without_selection. A row that names no page restricts none.
-- NULL among the items of a list means nothing and is passed over.
-- Grain: one row per row of creator_caption_restrictions whose is_active is not FALSE.
-- Columns:
--   page_name (STRING): Page as the row has it.
--   restricted_page (STRING): The page that is meant: without white space around it, in lower case.
--   restricted_categories (ARRAY<STRING>): Content categories that the page does not use.
--   restricted_price_tiers (ARRAY<STRING>): Price tiers that the page does not use.
--   blocked_patterns (ARRAY<STRING>): RE2 patterns that no caption's text may contain.
--   reason (STRING): The first rule that the row breaks; NULL when it can be applied.
CREATE OR REPLACE VIEW `${dataset}.judged_restrictions`
AS
WITH faults AS (
  SELECT
    r.page_name,
    LOWER(TRIM(r.page_name)) AS restricted_page,
    r.restricted_categories,
    r.restricted_price_tiers,
    r.blocked_patterns,
    r.is_active,
    (
      SELECT MIN(pattern)
      FROM UNNEST(r.blocked_patterns) AS pattern
      WHERE pattern IS NOT NULL AND SAFE.REGEXP_CONTAINS('', pattern) IS NULL
    ) AS broken_pattern,
    (
      SELECT STRING_AGG(CONCAT('(?:', pattern, ')'), '|' ORDER BY pattern)
      FROM UNNEST(r.blocked_patterns) AS pattern
    ) AS any_pattern,
    (
      SELECT COUNT(*)
      FROM UNNEST(r.blocked_patterns) AS pattern
      WHERE pattern = ''
    ) AS empty_patterns,
    (
      SELECT MIN(price_tier)
      FROM UNNEST(r.restricted_price_tiers) AS price_tier
      WHERE price_tier NOT IN ('budget', 'mid', 'premium', 'bump')
    ) AS unknown_tier
  FROM `${dataset}.creator_caption_restrictions` AS r
  WHERE r.is_active IS NULL OR r.is_active
)

SELECT
  f.page_name,
  f.restricted_page,
  f.restricted_categories,
  f.restricted_price_tiers,
  f.blocked_patterns,
  CASE
    WHEN f.restricted_page IS NULL OR f.restricted_page = '' THEN 'missing page_name'
    WHEN f.page_name != f.restricted_page
      THEN CONCAT('page_name is not written ', TO_JSON_STRING(SUBSTR(f.restricted_page, 1, 100)))
    WHEN f.is_active IS NULL THEN 'is_active is NULL'
    WHEN f.broken_pattern IS NOT NULL
      THEN CONCAT(
        'blocked_patterns: ', TO_JSON_STRING(SUBSTR(f.broken_pattern, 1, 100)),
        ' is not an RE2 pattern'
      )
    -- A quotation that does not end would end the group around it.
    WHEN STRPOS(f.any_pattern, r'\Q') = 0 AND SAFE.REGEXP_CONTAINS('', f.any_pattern) IS NULL
      THEN 'blocked_patterns: together they are too large for RE2'
    WHEN f.empty_patterns > 0 THEN 'blocked_patterns: an empty pattern is in every caption'
    WHEN f.unknown_tier IS NOT NULL
      THEN CONCAT(
        'restricted_price_tiers: ', TO_JSON_STRING(SUBSTR(f.unknown_tier, 1, 100)),
        ' is not budget, mid, premium or bump'
      )
  END AS reason
FROM faults AS f;
