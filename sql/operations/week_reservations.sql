-- The reservations in force of a week's schedules, as people read them.
-- Grain: one row per reservation in force of a schedule of the week.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  a.page_name,
  a.scheduled_send_date,
  a.scheduled_send_hour,
  a.caption_id,
  a.price_tier,
  a.expires_at,
  a.schedule_id
FROM `${dataset}.active_caption_assignments` AS a
WHERE
  a.is_active
  AND a.schedule_id IN (
    SELECT r.schedule_id
    FROM `${dataset}.schedule_recommendations` AS r
    WHERE r.week_start = @week_start
  )
ORDER BY a.page_name, a.scheduled_send_date, a.scheduled_send_hour, a.caption_id;
