-- Active creators whose week may be planned: all of them, but for those with an active schedule
-- of a week that has begun, which are left alone unless forced. Where single messages are replaced,
-- every page keeps its schedule.
-- Grain: one row per active creator in @pages, or per active creator when @pages is empty.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   has_begun (BOOL): whether it has begun.
--   pages (ARRAY<STRING>): pages to narrow to; empty for all.
--   force (BOOL): whether a week that has begun is planned again.
--   is_replacing (BOOL): whether single messages are replaced, and nothing is planned.
-- Columns:
--   page_name: Creator's page.
--   left_alone_schedule_id: Active schedule that stays; NULL when the page is to be planned.
SELECT
  c.page_name,
  MAX(r.schedule_id) AS left_alone_schedule_id
FROM `${dataset}.usable_creators` AS c
LEFT JOIN `${dataset}.schedule_recommendations` AS r
  ON
    c.page_name = r.page_name
    AND r.week_start = @week_start
    AND r.status = 'active'
    AND (
      @is_replacing
      OR (@has_begun AND NOT @force)
    )
WHERE c.is_active AND (c.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
GROUP BY c.page_name
ORDER BY c.page_name;
