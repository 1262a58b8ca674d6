-- Weeks that the export log has, from a Monday on.
-- Grain: one row per week.
-- Parameters:
--   first_week (DATE): Monday that names the first week.
SELECT DISTINCT l.week_start
FROM `${dataset}.schedule_export_log` AS l
WHERE l.week_start >= @first_week
ORDER BY l.week_start;
