-- The schedules of a week that are in force.
-- Grain: one row per active schedule of a page in @pages.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT
  r.page_name,
  r.schedule_id,
  COUNT(*) AS messages
FROM `${dataset}.schedule_recommendations` AS r
WHERE r.week_start = @week_start AND r.status = 'active' AND r.page_name IN UNNEST(@pages)
GROUP BY r.page_name, r.schedule_id
ORDER BY r.page_name;
