-- What analyze_creator_performance reports of one page, of every active creator at once, without
-- the hours and days.
-- Grain: one row per active creator.
-- Parameters:
--   week_start (DATE): Monday that names the week; windows end before it.
--   account_lookback_days (INT64): dates in the window.
WITH anomalies AS (
  SELECT
    d.page_name,
    COUNT(*) AS anomalies
  FROM `${dataset}.detect_anomalies`(NULL, @week_start, @account_lookback_days) AS d
  GROUP BY d.page_name
)

SELECT
  c.page_name,
  @week_start AS week_start,
  z.size_tier AS account_size,
  b.behavioral_segment,
  s.saturation_status,
  s.saturation_score,
  s.recommended_action,
  LEAST(CAST(ROUND(z.weekly_ppv_base * s.ppv_multiplier) AS INT64), z.weekly_ppv_max)
    AS recommended_ppv,
  LEAST(
    CAST(ROUND(z.weekly_bump_base * s.bump_multiplier) AS INT64),
    IF(s.saturation_status = 'RED', 7 * z.max_messages_per_day, z.weekly_bump_max)
  ) AS recommended_bump,
  m.message_count,
  m.revenue,
  m.view_rate,
  m.purchase_rate,
  m.avg_emv,
  b.median_emv,
  COALESCE(a.anomalies, 0) AS anomalies
FROM `${dataset}.usable_creators` AS c
INNER JOIN `${dataset}.classify_account_size`(NULL, @week_start, @account_lookback_days) AS z
  ON c.page_name = z.page_name
INNER JOIN `${dataset}.get_creator_baseline`(NULL, @week_start, @account_lookback_days) AS b
  ON c.page_name = b.page_name
INNER JOIN `${dataset}.analyze_saturation_status`(NULL, @week_start, @account_lookback_days) AS s
  ON c.page_name = s.page_name
INNER JOIN
  `${dataset}.calculate_performance_metrics`(NULL, @week_start, @account_lookback_days) AS m
  ON c.page_name = m.page_name
LEFT JOIN anomalies AS a ON c.page_name = a.page_name
WHERE c.is_active
ORDER BY c.page_name;
