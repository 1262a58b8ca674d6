-- Patterns (RE2) that a page's captions must not match, from the restrictions in force.
-- Grain: one row per page and pattern.
-- Columns:
--   page_name (STRING): Creator's page.
--   pattern (STRING): Regular expression.
CREATE OR REPLACE VIEW `${dataset}.page_patterns`
AS
SELECT DISTINCT
  r.page_name,
  pattern
FROM `${dataset}.usable_restrictions` AS r
CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
WHERE pattern IS NOT NULL;
