-- The rows of the input tables that can't be used as they are, with the reason and what that means. Rows of mass_messages are in quarantined_messages.
-- Grain: one row per such input row.
-- Columns:
--   table_name (STRING): Input table.
--   row_key (STRING): caption_id of a caption, page_name of the others; NULL when the row has none.
--   page_name (STRING): Page of the row, cut after 100 characters; NULL when it has none.
--   reason (STRING): The first rule that it breaks.
--   consequence (STRING): What that means for the week.
CREATE OR REPLACE VIEW `${dataset}.quarantined_inputs`
AS
SELECT
  'caption_bank' AS table_name,
  CAST(b.caption_id AS STRING) AS row_key,
  SUBSTR(b.page_name, 1, 100) AS page_name,
  b.reason,
  'the row is left out' AS consequence
FROM `${dataset}.judged_captions` AS b
WHERE b.reason IS NOT NULL
UNION ALL
SELECT
  'creators' AS table_name,
  SUBSTR(c.page_name, 1, 100) AS row_key,
  SUBSTR(c.page_name, 1, 100) AS page_name,
  COALESCE(c.reason, c.name_fault) AS reason,
  IF(c.reason IS NULL, 'the page_name is shown instead', 'the row is left out') AS consequence
FROM `${dataset}.judged_creators` AS c
WHERE c.reason IS NOT NULL OR c.name_fault IS NOT NULL
UNION ALL
SELECT
  'creator_caption_restrictions' AS table_name,
  SUBSTR(r.page_name, 1, 100) AS row_key,
  SUBSTR(r.page_name, 1, 100) AS page_name,
  COALESCE(r.reason, 'the page is not in creators') AS reason,
  CASE
    WHEN r.reason IS NULL OR r.reason = 'missing page_name' THEN 'it restricts no page'
    ELSE 'no captions are selected for the page'
  END AS consequence
FROM `${dataset}.judged_restrictions` AS r
LEFT JOIN (SELECT DISTINCT page_name FROM `${dataset}.creators`) AS c
  ON r.restricted_page = c.page_name
WHERE r.reason IS NOT NULL OR c.page_name IS NULL
UNION ALL
SELECT
  'creator_availability' AS table_name,
  SUBSTR(a.page_name, 1, 100) AS row_key,
  SUBSTR(a.page_name, 1, 100) AS page_name,
  a.reason,
  'the row is left out' AS consequence
FROM `${dataset}.judged_availability` AS a
WHERE a.reason IS NOT NULL
UNION ALL
SELECT
  'creator_overrides' AS table_name,
  SUBSTR(o.page_name, 1, 100) AS row_key,
  SUBSTR(o.page_name, 1, 100) AS page_name,
  o.reason,
  'the row is left out' AS consequence
FROM `${dataset}.judged_overrides` AS o
WHERE o.reason IS NOT NULL
UNION ALL
SELECT
  'queued_messages' AS table_name,
  SUBSTR(q.page_name, 1, 100) AS row_key,
  SUBSTR(q.page_name, 1, 100) AS page_name,
  q.reason,
  'the week is planned as if it were not queued' AS consequence
FROM `${dataset}.judged_queue` AS q
WHERE q.reason IS NOT NULL;
