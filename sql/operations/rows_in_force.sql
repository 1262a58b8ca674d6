-- The rows of the schedules in force of some pages, as they are stored, with the texts that people
-- are shown: what a schedule is made from that differs in a few messages.
-- Grain: one row per message of an active schedule of a page in @pages.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT
  r.*,
  COALESCE(r.caption_text, b.caption_text) AS shown_text,
  b.content_category AS shown_category
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN `${dataset}.usable_captions` AS b ON r.caption_id = b.caption_id
WHERE r.week_start = @week_start AND r.status = 'active' AND r.page_name IN UNNEST(@pages)
ORDER BY r.page_name, r.message_number;
