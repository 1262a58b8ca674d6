-- When the newest attempt to export a week to a destination was made, by the export log.
-- Grain: one row.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   destination (STRING): csv, sheets or bucket.
-- Columns:
--   exported_at (TIMESTAMP): When; NULL without an attempt.
SELECT MAX(l.exported_at) AS exported_at
FROM `${dataset}.schedule_export_log` AS l
WHERE l.week_start = @week_start AND l.destination = @destination;
