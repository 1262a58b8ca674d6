-- What the pages of a week lack of their targets.
-- Grain: one row per page, stage and price tier.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  s.page_name,
  s.stage,
  s.price_tier,
  s.wanted,
  s.got,
  s.reason
FROM `${dataset}.schedule_shortfalls` AS s
WHERE s.week_start = @week_start
ORDER BY s.page_name, s.stage, s.price_tier;
