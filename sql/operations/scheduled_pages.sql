-- The pages that have drafts or schedules in force in some weeks, with what they have.
-- Grain: one row per page and week.
-- Parameters:
--   first_week (DATE): Monday of the first week.
--   last_week (DATE): Monday of the last week.
-- Columns:
--   page_name: Creator's page.
--   week_start: Monday that names the week.
--   messages: Messages of its drafts and of its schedule in force.
--   is_inactive: Whether the table creators says that the page is not active.
WITH
  inactive AS (
    SELECT c.page_name
    FROM `${dataset}.creators` AS c
    GROUP BY c.page_name
    HAVING LOGICAL_AND(c.is_active IS FALSE)
  )

SELECT
  r.page_name,
  r.week_start,
  COUNT(*) AS messages,
  MAX(i.page_name) IS NOT NULL AS is_inactive
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN inactive AS i ON r.page_name = i.page_name
WHERE r.week_start BETWEEN @first_week AND @last_week AND r.status IN ('draft', 'active')
GROUP BY r.page_name, r.week_start
ORDER BY r.page_name, r.week_start;
