-- The active creator's page that the line is rehearsed with: the one with the most messages of
-- schedules in force, the first by name among equals. A page whose restrictions can't be applied
-- has no selection to rehearse.
-- Grain: one row, or none when no page of @pages, or no page at all, is an active creator's.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to choose from; empty for all.
SELECT
  c.page_name,
  COUNT(r.schedule_id) AS messages
FROM `${dataset}.usable_creators` AS c
LEFT JOIN `${dataset}.schedule_recommendations` AS r
  ON c.page_name = r.page_name AND r.week_start = @week_start AND r.status = 'active'
WHERE
  c.is_active
  AND (c.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
  AND c.page_name NOT IN (SELECT x.page_name FROM `${dataset}.pages_without_selection` AS x)
GROUP BY c.page_name
ORDER BY messages DESC, c.page_name
LIMIT 1;
