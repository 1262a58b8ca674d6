-- The messages that a week's Review lines are about, whatever became of their schedules.
-- Grain: one row per message of the week's schedules that were, or are, in force.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  r.schedule_id,
  r.message_number,
  r.page_name,
  r.caption_id,
  r.scheduled_send_time
FROM `${dataset}.schedule_recommendations` AS r
WHERE r.week_start = @week_start AND r.status != 'draft'
ORDER BY r.schedule_id, r.message_number;
