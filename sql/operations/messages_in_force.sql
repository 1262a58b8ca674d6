-- The messages in force in a week, with what reviewers said of their captions: what a request to
-- replace one is held against.
-- Grain: one row per message of an active schedule of a page in @pages, or of any page when @pages
-- is empty.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
-- Columns:
--   page_name: Creator's page.
--   schedule_id: Schedule in force.
--   message_number: Number of the message.
--   scheduled_send_time: Instant at which it is to be sent.
--   source: planned or queued.
--   caption_id: Caption.
--   price_tier: Tier.
--   arm: treatment or control.
--   slot_value: Worth of the slot over the page's mean.
--   is_rejected: Whether a reviewer rejects the caption, or one that says the same, for the page
--     and week.
--   note: What the reviewer wrote.
--   is_new: Whether the message came in the place of another one.
--   is_published: Whether people were given the schedule.
WITH
  contents AS (
    SELECT
      c.caption_id,
      c.content_id
    FROM `${dataset}.caption_contents` AS c
  ),

  rejected AS (
    SELECT
      d.page_name,
      d.said_of,
      STRING_AGG(DISTINCT d.note, '; ' ORDER BY d.note) AS note
    FROM (
      SELECT
        v.page_name,
        COALESCE(c.content_id, v.caption_id) AS said_of,
        v.note
      FROM `${dataset}.schedule_review` AS v
      LEFT JOIN contents AS c ON v.caption_id = c.caption_id
      WHERE v.week_start = @week_start AND v.decision = 'reject'
    ) AS d
    GROUP BY d.page_name, d.said_of
  ),

  replaced AS (
    SELECT DISTINCT
      p.new_schedule_id,
      p.message_number
    FROM `${dataset}.message_replacements` AS p
    WHERE p.week_start = @week_start AND p.new_schedule_id IS NOT NULL
  ),

  published AS (
    SELECT DISTINCT l.schedule_id
    FROM `${dataset}.schedule_export_log` AS l
    WHERE l.week_start = @week_start AND l.status != 'failed' AND l.schedule_id IS NOT NULL
  )

SELECT
  r.page_name,
  r.schedule_id,
  r.message_number,
  r.scheduled_send_time,
  COALESCE(r.source, 'planned') AS source,
  r.caption_id,
  r.price_tier,
  r.arm,
  r.slot_value,
  v.page_name IS NOT NULL AS is_rejected,
  v.note,
  p.new_schedule_id IS NOT NULL AS is_new,
  l.schedule_id IS NOT NULL AS is_published
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN contents AS c ON r.caption_id = c.caption_id
LEFT JOIN rejected AS v
  ON r.page_name = v.page_name AND COALESCE(c.content_id, r.caption_id) = v.said_of
LEFT JOIN replaced AS p
  ON r.schedule_id = p.new_schedule_id AND r.message_number = p.message_number
LEFT JOIN published AS l ON r.schedule_id = l.schedule_id
WHERE
  r.week_start = @week_start
  AND r.status = 'active'
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
ORDER BY r.page_name, r.message_number;
