-- What people have queued for a week, and for the day before and after it, and was not sent yet: the
-- page's history ends before its time.
-- Grain: one row per message of whole_queue of a page in @pages.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   planned_at (TIMESTAMP): instant as of which the week is planned.
--   pages (ARRAY<STRING>): pages to plan.
WITH newest AS (
  SELECT
    f.page_name,
    MAX(f.sending_time) AS sending_time
  FROM `${dataset}.message_facts` AS f
  WHERE f.send_date >= DATE_SUB(@week_start, INTERVAL 1 DAY) AND f.sending_time < @planned_at
  GROUP BY f.page_name
)

SELECT
  q.page_name,
  q.send_time AS sending_time,
  q.message_type,
  q.caption_id,
  q.message,
  q.price_tier,
  q.content_category,
  q.price,
  q.note
FROM `${dataset}.whole_queue` AS q
LEFT JOIN newest AS n ON q.page_name = n.page_name
WHERE
  q.page_name IN UNNEST(@pages)
  AND (q.send_time >= @planned_at OR n.sending_time IS NULL OR q.send_time > n.sending_time)
  AND q.send_time
  >= TIMESTAMP(DATE_SUB(@week_start, INTERVAL 1 DAY), 'America/Los_Angeles')
  AND q.send_time
  < TIMESTAMP(DATE_ADD(@week_start, INTERVAL 8 DAY), 'America/Los_Angeles')
ORDER BY q.page_name, q.send_time, q.message_type, q.caption_id, q.message;
