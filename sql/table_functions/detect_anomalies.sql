-- Days on which a page did unlike itself: modified z-scores over the window's days (Iglewicz and
-- Hoaglin 1993), robust_z = 0.6745 * (x - median) / MAD.
-- Days without a ripe message (comparable_facts) are left out; the others' counts are scaled by
-- maturity.
-- Grain: one row per page, LA date and metric that is anomalous, |robust_z| from 3.5; none where
-- the days don't differ (MAD 0).
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   send_date (DATE): LA date.
--   metric (STRING): view_rate, purchase_rate, emv or revenue.
--   value (FLOAT64): The day's value.
--   expected (FLOAT64): Median of the window's days.
--   robust_z (FLOAT64): Modified z-score.
--   direction (STRING): HIGH above the median, LOW below.
--   severity (STRING): WARN from 3.5, CRITICAL from 6.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.detect_anomalies`(
  p_page_name STRING, p_as_of DATE, p_lookback_days INT64
)
AS (
  WITH daily AS (
    SELECT
      w.page_name,
      w.send_date,
      metric,
      CASE
        WHEN metric = 'view_rate' THEN w.view_rate
        WHEN metric = 'purchase_rate' THEN w.purchase_rate
        WHEN metric = 'emv' THEN w.emv
        -- What the day will have earned, as far as its counts are ripe.
        WHEN w.exposure = w.recipients THEN w.revenue
        ELSE SAFE_DIVIDE(w.emv * w.recipients, 1000.0)
      END AS value
    FROM
      `${dataset}.get_recent_performance_window`(p_page_name, p_as_of, p_lookback_days) AS w
    CROSS JOIN UNNEST(['view_rate', 'purchase_rate', 'emv', 'revenue']) AS metric
  ),

  centred AS (
    SELECT
      d.*,
      PERCENTILE_CONT(d.value, 0.5) OVER (PARTITION BY d.page_name, d.metric) AS expected
    FROM daily AS d
    WHERE d.value IS NOT NULL
  ),

  spread AS (
    SELECT
      c.*,
      PERCENTILE_CONT(ABS(c.value - c.expected), 0.5) OVER (PARTITION BY c.page_name, c.metric)
        AS mad
    FROM centred AS c
  ),

  scored AS (
    SELECT
      s.*,
      ROUND(SAFE_DIVIDE(0.6745 * (s.value - s.expected), s.mad), 9) AS robust_z
    FROM spread AS s
  )

  SELECT
    z.page_name,
    z.send_date,
    z.metric,
    z.value,
    z.expected,
    z.robust_z,
    IF(z.robust_z > 0, 'HIGH', 'LOW') AS direction,
    IF(ABS(z.robust_z) >= 6.0, 'CRITICAL', 'WARN') AS severity
  FROM scored AS z
  WHERE ABS(z.robust_z) >= 3.5
);
