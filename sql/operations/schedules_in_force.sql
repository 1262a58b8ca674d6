-- The active schedules of all weeks.
-- Grain: one row per schedule, by week and page.
SELECT r.schedule_id, r.page_name, r.week_start, COUNT(*) AS messages
FROM `${dataset}.schedule_recommendations` AS r
WHERE r.is_active
GROUP BY r.schedule_id, r.page_name, r.week_start
ORDER BY r.week_start, r.page_name, r.schedule_id;
