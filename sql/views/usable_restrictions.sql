-- The restrictions in force that can be applied.
-- judged_restrictions says what the rules are, quarantined_inputs which rows are left out.
-- Grain: one row per page and set of restrictions; all rows of a page hold together.
-- Columns:
--   page_name (STRING): Creator's page.
--   restricted_categories (ARRAY<STRING>): Content categories that the page does not use.
--   restricted_price_tiers (ARRAY<STRING>): Price tiers that the page does not use.
--   blocked_patterns (ARRAY<STRING>): RE2 patterns that no caption's text may contain.
CREATE OR REPLACE VIEW `${dataset}.usable_restrictions`
AS
SELECT
  j.page_name,
  j.restricted_categories,
  j.restricted_price_tiers,
  j.blocked_patterns
FROM `${dataset}.judged_restrictions` AS j
WHERE j.reason IS NULL;
