-- The targets of a week.
-- Grain: one row per page in @pages.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT w.*
FROM `${dataset}.weekly_volume_targets` AS w
WHERE w.week_start = @week_start AND w.page_name IN UNNEST(@pages)
ORDER BY w.page_name;
