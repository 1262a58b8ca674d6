-- What the id of a schedule in force is made of.
-- Grain: one row per message of a page in @pages, or of any page when @pages is empty.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
SELECT
  r.page_name,
  r.schedule_id,
  r.scheduled_send_time,
  r.message_type,
  r.caption_id,
  r.price_tier,
  r.arm,
  r.source,
  r.suggested_price,
  r.reason
FROM `${dataset}.schedule_recommendations` AS r
WHERE
  r.week_start = @week_start
  AND r.status = 'active'
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
ORDER BY r.page_name, r.schedule_id, r.message_number;
