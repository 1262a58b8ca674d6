-- The weeks that were published below a place, whenever that was.
-- Grain: one row per week, in order.
-- Parameters:
--   destination (STRING): csv, sheets or bucket.
--   place (STRING): how the locations begin.
SELECT DISTINCT l.week_start
FROM `${dataset}.schedule_export_log` AS l
WHERE
  l.destination = @destination
  AND l.status IN ('succeeded', 'unchanged')
  AND STARTS_WITH(l.location, @place)
ORDER BY l.week_start;
