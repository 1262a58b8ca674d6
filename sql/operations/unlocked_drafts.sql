-- Draft schedules of a week that were not locked, and what stands in their way.
-- Grain: one row per draft schedule, by page.
-- Parameters:
--   week_start: Monday that names the week.
SELECT
  d.page_name,
  d.schedule_id,
  STRING_AGG(
    IF(
      o.reason = 'begun',
      CONCAT('its week has begun with ', o.other_schedule_id, ' in force'),
      CONCAT('caption ', CAST(o.caption_id AS STRING), ' is reserved by ', o.other_schedule_id)
    ),
    ', ' ORDER BY o.reason, o.caption_id, o.other_schedule_id
  ) AS obstacles
FROM (
  SELECT DISTINCT
    page_name,
    schedule_id
  FROM `${dataset}.draft_reservations`
  WHERE week_start = @week_start
) AS d
LEFT JOIN `${dataset}.draft_obstacles` AS o ON d.schedule_id = o.schedule_id
GROUP BY d.page_name, d.schedule_id
ORDER BY d.page_name;
