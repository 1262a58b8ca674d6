-- The weeks for which each page has a schedule in force.
-- Grain: one row per page and week, newest first.
SELECT
  r.page_name,
  r.week_start,
  MAX(r.message_number) AS messages
FROM `${dataset}.schedule_recommendations` AS r
WHERE r.is_active AND r.page_name IS NOT NULL
GROUP BY r.page_name, r.week_start
ORDER BY r.page_name, r.week_start DESC;
