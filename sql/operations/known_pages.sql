-- The pages that the dataset knows: those of creators, and those that have messages and may have
-- left.
-- Grain: one row per page.
-- Columns:
--   page_name: Creator's page.
SELECT c.page_name
FROM `${dataset}.creators` AS c
WHERE c.page_name IS NOT NULL
UNION DISTINCT
SELECT f.page_name
FROM `${dataset}.message_facts` AS f
WHERE f.page_name IS NOT NULL;
