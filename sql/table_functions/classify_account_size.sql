-- The size tier of each page by its revenue, with the volume and spacing that go with the tier.
-- Grain: one row per page, every known page; a page without messages is of the smallest tier.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   size_tier (STRING): MICRO, SMALL, MEDIUM, LARGE or MEGA, by revenue_90d.
--   revenue_90d (FLOAT64): Revenue of the window, scaled to 90 days, USD.
--   total_revenue (FLOAT64): Revenue of the window, USD.
--   message_count (INT64): Messages in the window.
--   active_days (INT64): LA dates with a message.
--   daily_revenue_avg (FLOAT64): Revenue per date of the window, USD.
--   median_audience (FLOAT64): Median of recipients per message; NULL without messages.
--   weekly_ppv_base (INT64): Middle of the tier's weekly PPVs, rounded half up.
--   weekly_bump_base (INT64): Middle of the tier's weekly Bumps, rounded half up.
--   weekly_ppv_max (INT64): Most PPVs a week of the tier.
--   weekly_bump_max (INT64): Most Bumps a week of the tier.
--   min_gap_minutes (INT64): Least time between two PPVs, minutes.
--   max_messages_per_day (INT64): Most messages on one LA date.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.classify_account_size`(
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
      f.send_date,
      f.earnings,
      PERCENTILE_CONT(f.sent_count, 0.5) OVER (PARTITION BY f.page_name) AS median_audience
    FROM `${dataset}.message_facts` AS f
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
      COALESCE(SUM(s.earnings), 0.0) AS total_revenue,
      COUNT(s.page_name) AS message_count,
      COUNT(DISTINCT s.send_date) AS active_days,
      MAX(s.median_audience) AS median_audience
    FROM pages AS p
    LEFT JOIN sends AS s ON p.page_name = s.page_name
    GROUP BY p.page_name
  ),

  revenues AS (
    SELECT
      t.*,
      SAFE_DIVIDE(t.total_revenue, p_lookback_days) AS daily_revenue_avg,
      SAFE_DIVIDE(t.total_revenue * 90.0, p_lookback_days) AS revenue_90d
    FROM totals AS t
  )

  SELECT
    r.page_name,
    a.size_tier,
    r.revenue_90d,
    r.total_revenue,
    r.message_count,
    r.active_days,
    r.daily_revenue_avg,
    r.median_audience,
    DIV(a.weekly_ppv_min + a.weekly_ppv_max + 1, 2) AS weekly_ppv_base,
    DIV(a.weekly_bump_min + a.weekly_bump_max + 1, 2) AS weekly_bump_base,
    a.weekly_ppv_max,
    a.weekly_bump_max,
    a.min_gap_minutes,
    a.max_messages_per_day
  FROM revenues AS r
  INNER JOIN `${dataset}.account_size_tiers` AS a
    -- A sum of amounts differs in its last digits from run to run; the tier does not.
    ON ROUND(r.revenue_90d, 6) >= a.min_revenue_90d
  QUALIFY ROW_NUMBER() OVER (PARTITION BY r.page_name ORDER BY a.min_revenue_90d DESC) = 1
);
