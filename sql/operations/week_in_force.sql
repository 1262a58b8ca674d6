-- How many schedules of a week are in force, and how many wait as drafts.
-- Grain: one row.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   schedules (INT64): Schedules in force.
--   messages (INT64): Their messages.
--   drafts (INT64): Drafts that are not locked.
SELECT
  COUNT(DISTINCT IF(r.is_active, r.schedule_id, NULL)) AS schedules,
  COUNTIF(r.is_active) AS messages,
  COUNT(DISTINCT IF(r.status = 'draft', r.schedule_id, NULL)) AS drafts
FROM `${dataset}.schedule_recommendations` AS r
WHERE r.week_start = @week_start;
