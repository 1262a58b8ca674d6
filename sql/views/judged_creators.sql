-- The creators, and for each row that can't be used the first rule that it breaks.
-- A page whose rows contradict one another on is_active is not used at all; of several rows that
-- agree, the first by display_name is used.
-- A page_name has at most 100 characters: it becomes part of file names and of sheets' titles.
-- Grain: one row per row of creators.
-- Columns:
--   page_name (STRING): Creator's page.
--   display_name (STRING): Name for people; NULL when it is unusable.
--   is_active (BOOL): Whether weeks are planned for the page.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
--   name_fault (STRING): What is wrong with the display_name; NULL when nothing is.
CREATE OR REPLACE VIEW `${dataset}.judged_creators`
AS
WITH ruled AS (
  SELECT
    c.page_name,
    c.display_name,
    c.is_active,
    CASE
      WHEN c.page_name IS NULL OR TRIM(c.page_name) = '' THEN 'missing page_name'
      WHEN NOT REGEXP_CONTAINS(c.page_name, r'^[a-z0-9_]+$') THEN 'page_name is not [a-z0-9_]+'
      WHEN LENGTH(c.page_name) > 100 THEN 'page_name is longer than 100 characters'
      WHEN c.is_active IS NULL THEN 'is_active is NULL'
    END AS broken_rule,
    CASE
      WHEN LENGTH(c.display_name) > 200 THEN 'display_name is longer than 200 characters'
      WHEN
        NOT REGEXP_CONTAINS(c.display_name, r'[^\s\p{Z}\p{C}]')
        THEN 'display_name is blank'
      WHEN
        REGEXP_CONTAINS(c.display_name, r'[\x00-\x1F\x7F]')
        THEN 'display_name has a control character'
    END AS name_fault
  FROM `${dataset}.creators` AS c
)

SELECT
  r.page_name,
  IF(r.name_fault IS NULL, r.display_name, NULL) AS display_name,
  r.is_active,
  CASE
    WHEN r.broken_rule IS NOT NULL THEN r.broken_rule
    WHEN
      COUNTIF(r.is_active) OVER (PARTITION BY r.page_name, r.broken_rule) > 0
      AND COUNTIF(NOT r.is_active) OVER (PARTITION BY r.page_name, r.broken_rule) > 0
      THEN 'the rows of the page contradict one another on is_active'
    WHEN
      ROW_NUMBER() OVER (
        PARTITION BY r.page_name, r.broken_rule ORDER BY r.display_name NULLS LAST
      ) > 1
      THEN 'the page has another row, which is used'
  END AS reason,
  r.name_fault
FROM ruled AS r;
