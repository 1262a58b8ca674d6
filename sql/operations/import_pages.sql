-- How many facts of each page are of a caption of the bank. A caption_id that the bank does not
-- have counts as unmatched.
-- Grain: one row per page that has facts or is an active creator.
-- Columns:
--   page_name: Creator's page.
--   messages: Its facts.
--   matched: Those of a caption of the bank.
WITH bank AS (
  SELECT DISTINCT b.caption_id
  FROM `${dataset}.caption_bank` AS b
  WHERE b.caption_id IS NOT NULL
),

sent AS (
  SELECT
    f.page_name,
    COUNT(*) AS messages,
    COUNT(b.caption_id) AS matched
  FROM `${dataset}.message_facts` AS f
  LEFT JOIN bank AS b ON f.caption_id = b.caption_id
  GROUP BY f.page_name
),

active AS (
  SELECT DISTINCT c.page_name
  FROM `${dataset}.usable_creators` AS c
  WHERE c.is_active
)

SELECT
  COALESCE(a.page_name, s.page_name) AS page_name,
  COALESCE(s.messages, 0) AS messages,
  COALESCE(s.matched, 0) AS matched
FROM active AS a
FULL OUTER JOIN sent AS s ON a.page_name = s.page_name
ORDER BY page_name;
