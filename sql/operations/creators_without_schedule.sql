-- Active creators without a schedule in force: for the next week, or, as long as that is not due,
-- for this one or the next. Those whose week people have closed are left out.
-- Grain: one row per creator.
-- Parameters:
--   this_week (DATE): Monday of the present week.
--   next_week (DATE): Monday of the next one.
--   next_is_due (BOOL): whether next week's schedules must be there.
SELECT c.page_name
FROM `${dataset}.usable_creators` AS c
LEFT JOIN `${dataset}.schedule_recommendations` AS r
  ON
    c.page_name = r.page_name
    AND r.status = 'active'
    AND (r.week_start = @next_week OR (r.week_start = @this_week AND NOT @next_is_due))
LEFT JOIN `${dataset}.weekly_volume_targets` AS w
  ON
    c.page_name = w.page_name
    AND (w.week_start = @next_week OR (w.week_start = @this_week AND NOT @next_is_due))
    AND w.closed_days = 7
WHERE c.is_active AND r.page_name IS NULL AND w.page_name IS NULL
GROUP BY c.page_name
ORDER BY c.page_name;
