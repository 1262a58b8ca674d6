-- What a page's messages did day by day.
-- Grain: one row per page and LA date of the window that has messages.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   send_date (DATE): LA date.
--   message_count (INT64): Messages.
--   ppv_count (INT64): PPVs.
--   bump_count (INT64): Bumps.
--   recipients (INT64): Recipients, summed over messages.
--   views (INT64): Views.
--   purchases (INT64): Purchases.
--   revenue (FLOAT64): Earnings, USD.
--   view_rate (FLOAT64): views / recipients.
--   purchase_rate (FLOAT64): purchases / views; NULL without a view.
--   emv (FLOAT64): Recipient-weighted EMV, USD per 1,000 recipients.
--   emv_7d (FLOAT64): The same over the 7 dates that end there, as far as they lie in the window.
--   exposure (INT64): Recipients of ripe messages x maturity, see comparable_facts; rates and EMV are per exposure.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.get_recent_performance_window`(
  p_page_name STRING, p_as_of DATE, p_lookback_days INT64
)
AS (
  WITH days AS (
    SELECT
      f.page_name,
      f.send_date,
      COUNT(*) AS message_count,
      COUNTIF(f.message_type = 'PPV') AS ppv_count,
      COUNTIF(f.message_type = 'Bump') AS bump_count,
      SUM(f.sent_count) AS recipients,
      SUM(f.viewed_count) AS views,
      SUM(f.purchased_count) AS purchases,
      SUM(f.earnings) AS revenue,
      COALESCE(SUM(f.exposure), 0) AS exposure,
      SUM(IF(f.is_ripe, f.viewed_count, 0)) AS ripe_views,
      SUM(IF(f.is_ripe, f.earnings, 0.0)) AS ripe_revenue
    FROM `${dataset}.comparable_facts` AS f
    WHERE
      f.send_date >= DATE_SUB(
        p_as_of,
        INTERVAL IF(p_lookback_days > 0, p_lookback_days, ERROR('p_lookback_days must be 1 or more')) DAY
      )
      AND f.send_date < p_as_of
      AND (p_page_name IS NULL OR f.page_name = p_page_name)
    GROUP BY f.page_name, f.send_date
  )

  SELECT
    d.page_name,
    d.send_date,
    d.message_count,
    d.ppv_count,
    d.bump_count,
    d.recipients,
    d.views,
    d.purchases,
    d.revenue,
    SAFE_DIVIDE(d.ripe_views, d.exposure) AS view_rate,
    SAFE_DIVIDE(d.purchases, d.views) AS purchase_rate,
    SAFE_DIVIDE(1000.0 * d.ripe_revenue, d.exposure) AS emv,
    SAFE_DIVIDE(
      1000.0 * SUM(d.ripe_revenue) OVER (
        PARTITION BY d.page_name
        ORDER BY DATE_DIFF(d.send_date, p_as_of, DAY)
        RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
      ),
      SUM(d.exposure) OVER (
        PARTITION BY d.page_name
        ORDER BY DATE_DIFF(d.send_date, p_as_of, DAY)
        RANGE BETWEEN 6 PRECEDING AND CURRENT ROW
      )
    ) AS emv_7d,
    d.exposure
  FROM days AS d
);
