-- The creators whose row breaks no rule: the pages that everything else knows.
-- judged_creators says what the rules are, quarantined_inputs which rows are left out.
-- Grain: one row per page.
-- Columns:
--   page_name (STRING): Creator's page: lower case, [a-z0-9_]+, at most 100 characters.
--   display_name (STRING): Name for people; NULL when there is none that can be shown.
--   is_active (BOOL): Whether weeks are planned for the page.
CREATE OR REPLACE VIEW `${dataset}.usable_creators`
AS
SELECT
  j.page_name,
  j.display_name,
  j.is_active
FROM `${dataset}.judged_creators` AS j
WHERE j.reason IS NULL;
