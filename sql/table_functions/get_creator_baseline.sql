-- What is usual for a page: its prices, its EMV, its weekly volume, its price segment.
-- EMV is that of ripe messages, their recipients scaled by maturity, see comparable_facts.
-- Grain: one row per page, every known page; a page without messages is EXPLORATORY.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   behavioral_segment (STRING): EXPLORATORY under 20 priced PPVs, else by mean price BUDGET to LUXURY.
--   median_emv (FLOAT64): Median of the messages' EMV, USD per 1,000 recipients; NULL without messages.
--   emv_p25 (FLOAT64): First quartile of the messages' EMV.
--   emv_p75 (FLOAT64): Third quartile of the messages' EMV.
--   avg_price (FLOAT64): Mean price of the priced PPVs, USD; NULL without any.
--   weekly_ppv_avg (FLOAT64): PPVs per 7 dates of the window.
--   weekly_bump_avg (FLOAT64): Bumps per 7 dates of the window.
--   message_count (INT64): Messages in the window.
--   first_send_date (DATE): First LA date with a message in the window.
--   last_send_date (DATE): Last LA date with a message in the window.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.get_creator_baseline`(
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
      f.message_type,
      IF(f.message_type = 'PPV' AND f.price > 0, f.price, NULL) AS ppv_price,
      PERCENTILE_CONT(f.ripe_emv, 0.25) OVER (PARTITION BY f.page_name) AS emv_p25,
      PERCENTILE_CONT(f.ripe_emv, 0.5) OVER (PARTITION BY f.page_name) AS median_emv,
      PERCENTILE_CONT(f.ripe_emv, 0.75) OVER (PARTITION BY f.page_name) AS emv_p75
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
      MAX(s.median_emv) AS median_emv,
      MAX(s.emv_p25) AS emv_p25,
      MAX(s.emv_p75) AS emv_p75,
      AVG(s.ppv_price) AS avg_price,
      COUNT(s.ppv_price) AS priced_ppvs,
      SAFE_DIVIDE(7.0 * COUNTIF(s.message_type = 'PPV'), p_lookback_days) AS weekly_ppv_avg,
      SAFE_DIVIDE(7.0 * COUNTIF(s.message_type = 'Bump'), p_lookback_days) AS weekly_bump_avg,
      COUNT(s.page_name) AS message_count,
      MIN(s.send_date) AS first_send_date,
      MAX(s.send_date) AS last_send_date
    FROM pages AS p
    LEFT JOIN sends AS s ON p.page_name = s.page_name
    GROUP BY p.page_name
  ),

  segments AS (
    SELECT
      b.page_name,
      g.behavioral_segment
    FROM totals AS b
    INNER JOIN `${dataset}.segment_rules` AS g ON ROUND(b.avg_price, 9) >= g.min_avg_price
    QUALIFY ROW_NUMBER() OVER (PARTITION BY b.page_name ORDER BY g.min_avg_price DESC) = 1
  )

  SELECT
    b.page_name,
    IF(b.priced_ppvs < t.segment_min_ppvs, 'EXPLORATORY', g.behavioral_segment)
      AS behavioral_segment,
    b.median_emv,
    b.emv_p25,
    b.emv_p75,
    b.avg_price,
    b.weekly_ppv_avg,
    b.weekly_bump_avg,
    b.message_count,
    b.first_send_date,
    b.last_send_date
  FROM totals AS b
  CROSS JOIN `${dataset}.tuning` AS t
  LEFT JOIN segments AS g ON b.page_name = g.page_name
);
