-- The pages whose schedules of a week are judged.
-- Grain: one row per page that has a draft or a schedule in force.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   page_name (STRING): Creator's page.
--   is_in_force (BOOL): Whether it has a schedule in force; else it has a draft alone.
SELECT
  r.page_name,
  LOGICAL_OR(r.status = 'active' OR COALESCE(r.is_active, FALSE)) AS is_in_force
FROM `${dataset}.schedule_recommendations` AS r
WHERE
  r.week_start = @week_start
  AND (r.status IN ('draft', 'active') OR r.is_active)
  AND r.page_name IS NOT NULL
GROUP BY r.page_name
ORDER BY r.page_name;
