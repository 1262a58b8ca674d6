-- Pages for which no captions are selected, because their restrictions can't be applied.
-- Grain: one row per page in @pages.
-- Parameters:
--   pages (ARRAY<STRING>): pages to plan.
SELECT
  x.page_name,
  x.reason
FROM `${dataset}.pages_without_selection` AS x
WHERE x.page_name IN UNNEST(@pages)
ORDER BY x.page_name;
