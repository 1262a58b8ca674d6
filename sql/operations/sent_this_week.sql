-- What pages have sent in a week.
-- Grain: one row per message of a page in @pages and the week.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to plan.
SELECT
  f.page_name,
  f.sending_time,
  f.message_type,
  COALESCE(c.content_id, f.caption_id) AS caption_id,
  b.price_tier,
  b.content_category
FROM `${dataset}.message_facts` AS f
LEFT JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
LEFT JOIN `${dataset}.usable_captions` AS b ON c.content_id = b.caption_id
WHERE
  f.send_date >= @week_start
  AND f.send_date < DATE_ADD(@week_start, INTERVAL 7 DAY)
  AND f.page_name IN UNNEST(@pages)
ORDER BY f.page_name, f.sending_time, f.row_id;
