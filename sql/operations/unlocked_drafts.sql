-- Draft schedules of a week that were not locked, and what stands in their way.
-- Grain: one row per draft schedule, by page. `is_refused` says that it can't be locked by itself
-- either.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  d.page_name,
  d.schedule_id,
  STRING_AGG(
    CASE o.reason
      WHEN 'refused' THEN o.refusal
      WHEN 'begun' THEN CONCAT('its week has begun with ', o.other_schedule_id, ' in force')
      WHEN 'drafted' THEN
        CONCAT(
          'caption ', CAST(o.caption_id AS STRING), ' is in the draft ', o.other_schedule_id,
          ' too; plan this page again'
        )
      ELSE CONCAT('caption ', CAST(o.caption_id AS STRING), ' is reserved by ', o.other_schedule_id)
    END,
    ', ' ORDER BY o.reason, o.caption_id, o.other_schedule_id, o.refusal
  ) AS obstacles,
  LOGICAL_OR(COALESCE(o.reason != 'drafted', FALSE)) AS is_refused
FROM (
  SELECT DISTINCT
    page_name,
    schedule_id
  FROM `${dataset}.draft_reservations`
  WHERE week_start = @week_start
) AS d
LEFT JOIN `${dataset}.draft_obstacles` AS o ON d.schedule_id = o.schedule_id
GROUP BY d.page_name, d.schedule_id
ORDER BY d.schedule_id;
