-- The restrictions in force, and for each row that can't be applied the first rule that it breaks.
-- A page is not planned as if such a row were not there: no captions are selected for it until the
-- row is mended, see pages_without_selection. A row that names no page restricts none.
-- NULL among the items of a list means nothing and is passed over.
-- The size of a pattern is its length in characters, where each counted repetition is written out and
-- each Unicode class (\p) counts as 50: what it costs RE2 to compile and to search with. It is bounded
-- for each page, and counted without compiling: one page's patterns do not slow the other pages.
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
WITH sized AS (
  SELECT
    r.page_name,
    LOWER(TRIM(r.page_name)) AS restricted_page,
    r.restricted_categories,
    r.restricted_price_tiers,
    r.blocked_patterns,
    r.is_active,
    (
      SELECT SUM((LENGTH(s.pattern) + s.classes_size) * EXP(s.log_copies))
      FROM (
        SELECT
          pattern,
          25 * (LENGTH(pattern) - LENGTH(REPLACE(LOWER(pattern), r'\p', ''))) AS classes_size,
          (
            SELECT COALESCE(SUM(LN(GREATEST(CAST(SUBSTR(copies, 1, 4) AS INT64), 1))), 0)
            FROM UNNEST(REGEXP_EXTRACT_ALL(pattern, r'\{(?:\d*,)?(\d+)')) AS copies
          ) AS log_copies
        FROM UNNEST(r.blocked_patterns) AS pattern
      ) AS s
    ) AS row_size
  FROM `${dataset}.creator_caption_restrictions` AS r
  WHERE r.is_active IS NULL OR r.is_active
),

-- Rows that are too large by themselves are refused for that, and not the others of their page.
pages AS (
  SELECT
    s.restricted_page,
    SUM(s.row_size) AS page_size
  FROM sized AS s
  WHERE s.row_size <= 10000
  GROUP BY s.restricted_page
),

measured AS (
  SELECT
    s.page_name,
    s.restricted_page,
    s.restricted_categories,
    s.restricted_price_tiers,
    s.blocked_patterns,
    s.is_active,
    IF(s.row_size > 10000, s.row_size, p.page_size) AS patterns_size
  FROM sized AS s
  LEFT JOIN pages AS p ON s.restricted_page = p.restricted_page
),

faults AS (
  SELECT
    r.page_name,
    r.restricted_page,
    r.restricted_categories,
    r.restricted_price_tiers,
    r.blocked_patterns,
    r.is_active,
    (
      SELECT MIN(pattern)
      FROM UNNEST(r.blocked_patterns) AS pattern
      WHERE
        pattern IS NOT NULL
        AND IF(r.patterns_size > 10000, TRUE, SAFE.REGEXP_CONTAINS('', pattern)) IS NULL
    ) AS broken_pattern,
    r.patterns_size,
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
  FROM measured AS r
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
    WHEN f.patterns_size > 10000
      THEN CONCAT(
        'blocked_patterns: those of the page are too large together, ',
        CAST(CAST(ROUND(LEAST(f.patterns_size, 1e15)) AS INT64) AS STRING),
        ' with each repetition {n} written out, allowed 10000'
      )
    WHEN f.empty_patterns > 0 THEN 'blocked_patterns: an empty pattern is in every caption'
    WHEN f.unknown_tier IS NOT NULL
      THEN CONCAT(
        'restricted_price_tiers: ', TO_JSON_STRING(SUBSTR(f.unknown_tier, 1, 100)),
        ' is not budget, mid, premium or bump'
      )
  END AS reason
FROM faults AS f;
