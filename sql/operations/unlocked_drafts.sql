-- Draft schedules of a week that were not locked, and what stands in their way.
-- Grain: one row per draft schedule.
-- Parameters:
--   week_start: Monday that names the week.
SELECT
  d.page_name,
  d.schedule_id,
  COUNTIF(d.conflicting_schedule_id IS NOT NULL) AS conflicting_captions,
  STRING_AGG(
    IF(
      d.conflicting_schedule_id IS NULL,
      NULL,
      CONCAT(
        'caption ', CAST(d.caption_id AS STRING), ' is reserved by ', d.conflicting_schedule_id
      )
    ),
    ', ' ORDER BY d.caption_id
  ) AS conflicts,
  MAX(d.begun_schedule_id) AS begun_schedule_id
FROM `${dataset}.draft_reservations` AS d
WHERE d.week_start = @week_start
GROUP BY d.page_name, d.schedule_id
ORDER BY d.page_name;
