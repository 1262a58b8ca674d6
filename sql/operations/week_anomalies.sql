-- The days before a week on which a page did unlike itself.
-- Grain: one row per page, LA date and metric that is anomalous, newest first.
-- Parameters:
--   week_start (DATE): Monday that names the week; the window ends before it.
--   account_lookback_days (INT64): dates in the window.
SELECT
  a.page_name,
  @week_start AS week_start,
  a.send_date,
  a.metric,
  a.value,
  a.expected,
  a.robust_z,
  a.direction,
  a.severity
FROM `${dataset}.detect_anomalies`(NULL, @week_start, @account_lookback_days) AS a
ORDER BY a.page_name, a.send_date DESC, a.metric;
