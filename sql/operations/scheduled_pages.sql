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
--   is_unknown: Whether the table creators has no such page.
WITH
  known AS (
    SELECT
      c.page_name,
      LOGICAL_AND(c.is_active IS FALSE) AS is_inactive
    FROM `${dataset}.creators` AS c
    GROUP BY c.page_name
  )

SELECT
  r.page_name,
  r.week_start,
  COUNT(*) AS messages,
  COALESCE(LOGICAL_OR(k.is_inactive), FALSE) AS is_inactive,
  MAX(k.page_name) IS NULL AS is_unknown
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN known AS k ON r.page_name = k.page_name
WHERE r.week_start BETWEEN @first_week AND @last_week AND r.status IN ('draft', 'active')
GROUP BY r.page_name, r.week_start
ORDER BY r.page_name, r.week_start;
