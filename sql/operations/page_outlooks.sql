-- What the volume of each page's week is decided from: size, segment, saturation, holidays.
-- Grain: one row per page in @pages, by page.
-- Parameters:
--   week_start (DATE): Monday that names the week; windows end before it.
--   account_lookback_days (INT64): dates in the window.
--   pages (ARRAY<STRING>): pages to plan.
SELECT
  a.page_name,
  a.size_tier,
  a.weekly_ppv_base,
  a.weekly_bump_base,
  a.weekly_ppv_max,
  a.weekly_bump_max,
  a.min_gap_minutes,
  a.max_messages_per_day,
  b.behavioral_segment,
  g.budget_share,
  g.mid_share,
  g.premium_share,
  s.saturation_status,
  s.saturation_score,
  s.ppv_multiplier,
  s.bump_multiplier,
  s.gap_extension_minutes,
  s.cooling_days
FROM `${dataset}.classify_account_size`(NULL, @week_start, @account_lookback_days) AS a
INNER JOIN `${dataset}.get_creator_baseline`(NULL, @week_start, @account_lookback_days) AS b
  ON a.page_name = b.page_name
INNER JOIN `${dataset}.analyze_saturation_status`(NULL, @week_start, @account_lookback_days) AS s
  ON a.page_name = s.page_name
INNER JOIN `${dataset}.segment_rules` AS g ON b.behavioral_segment = g.behavioral_segment
WHERE a.page_name IN UNNEST(@pages)
ORDER BY a.page_name;
