-- What the hard rules ask of the messages of a week's schedules: a page's draft where it has one,
-- else its active schedule. A page that could not be planned is left out, its targets being newer
-- than its schedule; so is one whose targets could not be set, having none, and a draft that may not
-- be locked.
-- Grain: one row per message of a page in @pages, or of any page when @pages is empty.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
SELECT
  r.schedule_id,
  r.page_name,
  r.status,
  r.planned_at,
  r.caption_id,
  r.source,
  r.message_type,
  r.scheduled_send_time
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN `${dataset}.schedule_shortfalls` AS s
  ON
    r.page_name = s.page_name
    AND r.week_start = s.week_start
    AND s.stage IN ('creator', 'targets')
WHERE
  r.week_start = @week_start
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
  AND r.status IN ('draft', 'active')
  AND s.page_name IS NULL
  AND r.refusal IS NULL
QUALIFY r.status = 'draft' OR COUNTIF(r.status = 'draft') OVER (PARTITION BY r.page_name) = 0
ORDER BY r.schedule_id, r.message_number;
