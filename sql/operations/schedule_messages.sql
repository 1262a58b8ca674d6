-- The active schedules of a week with their texts, as exports show them.
-- Grain: one row per message of a page in @pages, or of any page when @pages is empty, in order.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to export; empty for all.
SELECT m.*
FROM `${dataset}.schedule_recommendations_with_messages` AS m
WHERE m.week_start = @week_start AND (m.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
ORDER BY m.page_name, m.scheduled_send_time, m.message_number;
