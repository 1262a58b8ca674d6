-- What a page's messages did in the window, in totals and rates.
-- Rates per recipient and EMV take ripe messages, their recipients scaled by maturity, see
-- comparable_facts.
-- Grain: one row per page, every known page; one without messages has zero counts and NULL rates.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   message_count (INT64): Messages.
--   ppv_count (INT64): PPVs.
--   bump_count (INT64): Bumps.
--   recipients (INT64): Recipients, summed over messages.
--   views (INT64): Views.
--   purchases (INT64): Purchases.
--   revenue (FLOAT64): Earnings, USD.
--   view_rate (FLOAT64): views / recipients.
--   purchase_rate (FLOAT64): purchases / views.
--   purchase_rate_lower (FLOAT64): Lower 95 % Wilson bound of the purchase rate.
--   purchase_rate_upper (FLOAT64): Upper 95 % Wilson bound of the purchase rate.
--   avg_emv (FLOAT64): Recipient-weighted EMV, USD per 1,000 recipients.
--   median_emv (FLOAT64): Median of the messages' EMV.
--   stddev_emv (FLOAT64): Sample standard deviation of the messages' EMV; NULL under two messages.
--   revenue_per_message (FLOAT64): Earnings per message, USD.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.calculate_performance_metrics`(
  p_page_name STRING, p_as_of DATE, p_lookback_days INT64
)
AS (
  WITH pages AS (
    SELECT c.page_name
    FROM `${dataset}.usable_creators` AS c
    WHERE p_page_name IS NULL OR c.page_name = p_page_name
    UNION DISTINCT
    SELECT f.page_name
    FROM `${dataset}.message_facts` AS f
    WHERE p_page_name IS NULL OR f.page_name = p_page_name
  ),

  sends AS (
    SELECT
      f.page_name,
      f.message_type,
      f.sent_count,
      f.viewed_count,
      f.purchased_count,
      f.earnings,
      f.is_ripe,
      f.exposure,
      f.ripe_emv,
      PERCENTILE_CONT(f.ripe_emv, 0.5) OVER (PARTITION BY f.page_name) AS median_emv
    FROM `${dataset}.comparable_facts` AS f
    WHERE
      f.send_date >= DATE_SUB(
        p_as_of,
        INTERVAL IF(p_lookback_days > 0, p_lookback_days, ERROR('p_lookback_days must be 1 or more')) DAY
      )
      AND f.send_date < p_as_of
      AND (p_page_name IS NULL OR f.page_name = p_page_name)
  ),

  totals AS (
    SELECT
      p.page_name,
      COUNT(s.page_name) AS message_count,
      COUNTIF(s.message_type = 'PPV') AS ppv_count,
      COUNTIF(s.message_type = 'Bump') AS bump_count,
      COALESCE(SUM(s.sent_count), 0) AS recipients,
      COALESCE(SUM(s.viewed_count), 0) AS views,
      COALESCE(SUM(s.purchased_count), 0) AS purchases,
      COALESCE(SUM(s.earnings), 0.0) AS revenue,
      SUM(s.exposure) AS exposure,
      SUM(IF(s.is_ripe, s.viewed_count, 0)) AS ripe_views,
      SUM(IF(s.is_ripe, s.earnings, 0.0)) AS ripe_revenue,
      MAX(s.median_emv) AS median_emv,
      STDDEV(s.ripe_emv) AS stddev_emv
    FROM pages AS p
    LEFT JOIN sends AS s ON p.page_name = s.page_name
    GROUP BY p.page_name
  )

  SELECT
    t.page_name,
    t.message_count,
    t.ppv_count,
    t.bump_count,
    t.recipients,
    t.views,
    t.purchases,
    t.revenue,
    SAFE_DIVIDE(t.ripe_views, t.exposure) AS view_rate,
    SAFE_DIVIDE(t.purchases, t.views) AS purchase_rate,
    `${dataset}.wilson_score_bounds`(
      CAST(t.purchases AS FLOAT64), CAST(t.views - t.purchases AS FLOAT64)
    ).lower_bound AS purchase_rate_lower,
    `${dataset}.wilson_score_bounds`(
      CAST(t.purchases AS FLOAT64), CAST(t.views - t.purchases AS FLOAT64)
    ).upper_bound AS purchase_rate_upper,
    SAFE_DIVIDE(1000.0 * t.ripe_revenue, t.exposure) AS avg_emv,
    t.median_emv,
    t.stddev_emv,
    SAFE_DIVIDE(t.revenue, t.message_count) AS revenue_per_message
  FROM totals AS t
);
