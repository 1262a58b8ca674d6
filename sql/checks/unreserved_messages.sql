-- Planned messages of schedules in force whose caption their schedule doesn't hold. A reservation that has
-- expired was held long enough.
-- Grain: one row per message of a page in @pages, or of any page when @pages is empty; none is
-- right.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
SELECT
  r.page_name,
  r.schedule_id,
  r.message_number,
  r.caption_id
FROM `${dataset}.schedule_recommendations` AS r
WHERE
  r.week_start = @week_start
  AND r.status = 'active'
  AND (r.source IS NULL OR r.source = 'planned')
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
  AND NOT EXISTS (
    SELECT 1
    FROM `${dataset}.active_caption_assignments` AS a
    WHERE
      a.schedule_id = r.schedule_id
      AND a.caption_id = r.caption_id
      AND (a.is_active OR a.deactivation_reason = 'expired')
  )
ORDER BY r.schedule_id, r.message_number;
