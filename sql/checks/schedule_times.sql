-- Messages of drafts and of schedules in force whose LA date, hour or weekday is not that of their
-- instant in America/Los_Angeles, or that lie outside their week.
-- Grain: one row per wrong message of @week_start, of a page in @pages, or of any page when @pages
-- is empty; none is right.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
SELECT
  r.page_name,
  r.schedule_id,
  r.status,
  r.message_number,
  r.scheduled_send_time,
  r.send_date,
  r.send_hour,
  r.day_of_week
FROM `${dataset}.schedule_recommendations` AS r
WHERE
  r.week_start = @week_start
  AND (r.status IN ('draft', 'active') OR r.is_active)
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
  AND (
    r.send_date != DATE(r.scheduled_send_time, 'America/Los_Angeles')
    OR r.send_hour != EXTRACT(HOUR FROM r.scheduled_send_time AT TIME ZONE 'America/Los_Angeles')
    OR r.day_of_week
    != FORMAT_TIMESTAMP('%A', r.scheduled_send_time, 'America/Los_Angeles')
    OR r.send_date < r.week_start
    OR r.send_date >= DATE_ADD(r.week_start, INTERVAL 7 DAY)
    OR r.scheduled_send_time IS NULL
  )
ORDER BY r.schedule_id, r.message_number;
