-- What pages like of each category, as the selection counts it.
-- Grain: one row per page in @pages and category that its PPVs tell of.
-- Parameters:
--   pages (ARRAY<STRING>): pages to look at.
-- Columns:
--   page_name (STRING): Creator's page.
--   content_category (STRING): Content category.
--   taste (FLOAT64): What multiplies the odds that a view of a PPV of the category buys; 1 is as usual.
--   sends (INT64): PPVs that tell it.
SELECT
  t.page_name,
  t.content_category,
  t.taste,
  t.sends
FROM `${dataset}.page_tastes` AS t
WHERE t.page_name IN UNNEST(@pages)
ORDER BY t.page_name, t.taste DESC, t.content_category;
