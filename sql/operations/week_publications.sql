-- The newest publication of a week at each destination, or its withdrawal.
-- Grain: one row per destination.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   destination (STRING): csv, sheets or bucket.
--   exported_at (TIMESTAMP): When it was published or withdrawn.
--   is_withdrawn (BOOL): Whether people find no schedule there, because the week was withdrawn.
--   schedules (INT64): Schedules that it holds.
--   in_force (INT64): Of these, the schedules that are still in force.
WITH newest AS (
  SELECT
    l.destination,
    l.exported_at,
    l.schedule_id,
    l.status
  FROM `${dataset}.schedule_export_log` AS l
  WHERE l.week_start = @week_start AND l.status IN ('succeeded', 'unchanged', 'withdrawn')
  QUALIFY l.exported_at = MAX(l.exported_at) OVER (PARTITION BY l.destination)
),

active AS (
  SELECT DISTINCT r.schedule_id
  FROM `${dataset}.schedule_recommendations` AS r
  WHERE r.week_start = @week_start AND r.is_active
)

SELECT
  n.destination,
  n.exported_at,
  LOGICAL_OR(n.status = 'withdrawn') AS is_withdrawn,
  COUNT(n.schedule_id) AS schedules,
  COUNTIF(a.schedule_id IS NOT NULL) AS in_force
FROM newest AS n
LEFT JOIN active AS a ON n.schedule_id = a.schedule_id
GROUP BY n.destination, n.exported_at
ORDER BY n.destination;
