-- The targets of a week, and what they were computed from: the account's size, its revenue, its
-- saturation, the holidays, and what people decided.
-- Grain: one row per page in @pages with targets of the week, by page.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT
  t.page_name,
  t.size_tier,
  t.behavioral_segment,
  t.ppv_count,
  t.bump_count,
  t.num_budget,
  t.num_mid,
  t.num_premium,
  t.min_gap_minutes,
  t.max_messages_per_day,
  t.cooling_days,
  t.holiday_factor,
  t.set_by_people,
  t.sending_hours,
  a.weekly_ppv_min,
  a.weekly_ppv_max,
  a.weekly_bump_min,
  a.weekly_bump_max,
  t.saturation_status,
  t.saturation_score,
  s.ppv_multiplier,
  s.bump_multiplier,
  s.recommended_action,
  p.revenue,
  p.message_count
FROM `${dataset}.weekly_volume_targets` AS t
LEFT JOIN `${dataset}.account_size_tiers` AS a ON t.size_tier = a.size_tier
LEFT JOIN `${dataset}.saturation_responses` AS s ON t.saturation_status = s.saturation_status
LEFT JOIN `${dataset}.creator_performance` AS p
  ON t.page_name = p.page_name AND t.week_start = p.week_start
WHERE t.week_start = @week_start AND t.page_name IN UNNEST(@pages)
ORDER BY t.page_name;
