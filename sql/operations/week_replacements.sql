-- What was replaced in a week, with the texts: was, is, why.
-- Grain: one row per replaced message, by page, time and schedule.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   is_pending (BOOL): Whether its schedule is in force still: what was asked is not done yet.
WITH
  active AS (
    SELECT DISTINCT s.schedule_id
    FROM `${dataset}.schedule_recommendations` AS s
    WHERE s.week_start = @week_start AND s.status = 'active'
  )

SELECT
  p.page_name,
  p.week_start,
  p.schedule_id,
  p.message_number,
  p.caption_id,
  p.scheduled_send_time,
  p.price_tier,
  p.arm,
  p.asked_by,
  p.note,
  p.outcome,
  p.reason,
  p.new_schedule_id,
  p.new_caption_id,
  p.new_send_time,
  p.decided_at,
  p.run_id,
  b.caption_text,
  n.caption_text AS new_caption_text,
  a.schedule_id IS NOT NULL AS is_pending
FROM `${dataset}.message_replacements` AS p
LEFT JOIN `${dataset}.usable_captions` AS b ON p.caption_id = b.caption_id
LEFT JOIN `${dataset}.usable_captions` AS n ON p.new_caption_id = n.caption_id
LEFT JOIN active AS a ON p.schedule_id = a.schedule_id
WHERE p.week_start = @week_start
ORDER BY p.page_name, p.decided_at, p.message_number, p.schedule_id;
