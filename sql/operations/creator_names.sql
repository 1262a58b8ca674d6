-- What people call the creators.
-- Grain: one row per creator.
SELECT
  c.page_name,
  COALESCE(c.display_name, c.page_name) AS display_name
FROM `${dataset}.usable_creators` AS c
ORDER BY c.page_name;
