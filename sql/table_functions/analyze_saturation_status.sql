-- Whether a page's fans are tired of its messages, from how its last dates compare with the rest
-- of the window, beyond what happened to all other pages.
-- Recent is the last 14 dates (tuning), baseline the rest of the window. A deviation is
-- recent / baseline - 1; an excess is the page's deviation minus that of all other pages together,
-- none where the page's own is unknown.
-- Recipients are scaled by the maturity of the counts, and messages that are not ripe count as volume
-- only, see comparable_facts: a steady page is as fresh on a Tuesday as on a Sunday.
-- EMV here is that of PPVs: with Bumps in it, the Bumps that a tired page is given instead of PPVs
-- would lower its EMV and keep it tired.
-- Grain: one row per page, every known page.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, more than the recent ones to have a baseline.
-- Columns:
--   page_name (STRING): Creator's page.
--   saturation_status (STRING): GREEN, YELLOW or RED.
--   saturation_score (FLOAT64): 0 (fresh) to 1 (saturated).
--   view_rate_deviation (FLOAT64): Recent view rate over the baseline's, minus 1.
--   emv_deviation (FLOAT64): Recent PPV EMV over the baseline's, minus 1.
--   platform_emv_deviation (FLOAT64): The same of all other pages together; NULL without others.
--   consecutive_underperform_days (INT64): Latest dates with PPVs in a row under 80 % of the baseline's EMV.
--   recent_volume_ratio (FLOAT64): Recent PPVs a date over the baseline's.
--   ppv_multiplier (FLOAT64): Factor on the week's PPVs.
--   bump_multiplier (FLOAT64): Factor on the week's Bumps.
--   gap_extension_minutes (INT64): Added to the PPV gap, minutes.
--   cooling_days (INT64): First days of the week without a PPV.
--   recommended_action (STRING): What to do, for people.
--   exclusion_reason (STRING): HOLIDAY or PLATFORM_HEADWIND where that caps the status at YELLOW, else NULL.
--   confidence (STRING): LOW with too few messages to say (then GREEN), else HIGH.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.analyze_saturation_status`(
  p_page_name STRING, p_as_of DATE, p_lookback_days INT64
)
AS (
  WITH pages AS (
    SELECT c.page_name FROM `${dataset}.usable_creators` AS c
    UNION DISTINCT
    SELECT f.page_name FROM `${dataset}.message_facts` AS f
  ),

  sends AS (
    SELECT
      f.page_name,
      f.send_date,
      f.message_type,
      f.is_ripe,
      IF(f.is_ripe, f.exposure, 0) AS sent_count,
      IF(f.is_ripe, f.viewed_count, 0) AS viewed_count,
      IF(f.is_ripe, f.earnings, 0.0) AS earnings,
      f.send_date >= DATE_SUB(p_as_of, INTERVAL t.saturation_recent_days DAY) AS is_recent
    FROM `${dataset}.comparable_facts` AS f
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      f.send_date >= DATE_SUB(
        p_as_of,
        INTERVAL IF(p_lookback_days > 0, p_lookback_days, ERROR('p_lookback_days must be 1 or more')) DAY
      )
      AND f.send_date < p_as_of
  ),

  page_sums AS (
    SELECT
      p.page_name,
      COUNTIF(s.is_recent) AS recent_messages,
      COUNTIF(NOT s.is_recent) AS baseline_messages,
      COUNTIF(s.is_recent AND s.message_type = 'PPV') AS recent_ppvs,
      COUNTIF(NOT s.is_recent AND s.message_type = 'PPV') AS baseline_ppvs,
      COALESCE(SUM(IF(s.is_recent, s.sent_count, 0)), 0) AS recent_sent,
      COALESCE(SUM(IF(s.is_recent, 0, s.sent_count)), 0) AS baseline_sent,
      COALESCE(SUM(IF(s.is_recent, s.viewed_count, 0)), 0) AS recent_viewed,
      COALESCE(SUM(IF(s.is_recent, 0, s.viewed_count)), 0) AS baseline_viewed,
      COALESCE(SUM(IF(s.is_recent AND s.message_type = 'PPV', s.sent_count, 0)), 0)
        AS recent_ppv_sent,
      COALESCE(SUM(IF(NOT s.is_recent AND s.message_type = 'PPV', s.sent_count, 0)), 0)
        AS baseline_ppv_sent,
      COALESCE(SUM(IF(s.is_recent AND s.message_type = 'PPV', s.earnings, 0.0)), 0.0)
        AS recent_ppv_earnings,
      COALESCE(SUM(IF(NOT s.is_recent AND s.message_type = 'PPV', s.earnings, 0.0)), 0.0)
        AS baseline_ppv_earnings
    FROM pages AS p
    LEFT JOIN sends AS s ON p.page_name = s.page_name
    GROUP BY p.page_name
  ),

  other_sums AS (
    SELECT
      page_name,
      SUM(recent_sent) OVER () - recent_sent AS recent_sent,
      SUM(baseline_sent) OVER () - baseline_sent AS baseline_sent,
      SUM(recent_viewed) OVER () - recent_viewed AS recent_viewed,
      SUM(baseline_viewed) OVER () - baseline_viewed AS baseline_viewed,
      SUM(recent_ppv_sent) OVER () - recent_ppv_sent AS recent_ppv_sent,
      SUM(baseline_ppv_sent) OVER () - baseline_ppv_sent AS baseline_ppv_sent,
      SUM(recent_ppv_earnings) OVER () - recent_ppv_earnings AS recent_ppv_earnings,
      SUM(baseline_ppv_earnings) OVER () - baseline_ppv_earnings AS baseline_ppv_earnings
    FROM page_sums
  ),

  deviations AS (
    SELECT
      p.page_name,
      p.recent_messages,
      p.baseline_messages,
      SAFE_DIVIDE(
        SAFE_DIVIDE(p.recent_ppv_earnings, p.recent_ppv_sent),
        SAFE_DIVIDE(p.baseline_ppv_earnings, p.baseline_ppv_sent)
      ) - 1.0 AS emv_deviation,
      SAFE_DIVIDE(
        SAFE_DIVIDE(p.recent_viewed, p.recent_sent),
        SAFE_DIVIDE(p.baseline_viewed, p.baseline_sent)
      ) - 1.0 AS view_rate_deviation,
      SAFE_DIVIDE(
        SAFE_DIVIDE(o.recent_ppv_earnings, o.recent_ppv_sent),
        SAFE_DIVIDE(o.baseline_ppv_earnings, o.baseline_ppv_sent)
      ) - 1.0 AS platform_emv_deviation,
      SAFE_DIVIDE(
        SAFE_DIVIDE(o.recent_viewed, o.recent_sent),
        SAFE_DIVIDE(o.baseline_viewed, o.baseline_sent)
      ) - 1.0 AS platform_view_rate_deviation,
      SAFE_DIVIDE(
        SAFE_DIVIDE(p.recent_ppvs, t.saturation_recent_days),
        SAFE_DIVIDE(p.baseline_ppvs, p_lookback_days - t.saturation_recent_days)
      ) AS recent_volume_ratio,
      SAFE_DIVIDE(p.baseline_ppv_earnings, p.baseline_ppv_sent) AS baseline_ppv_earnings_per_recipient
    FROM page_sums AS p
    INNER JOIN other_sums AS o ON p.page_name = o.page_name
    CROSS JOIN `${dataset}.tuning` AS t
  ),

  recent_ppv_days AS (
    SELECT
      s.page_name,
      s.send_date,
      ROUND(SAFE_DIVIDE(SUM(s.earnings), SUM(s.sent_count)), 9)
      < ROUND(t.underperform_share * d.baseline_ppv_earnings_per_recipient, 9) AS underperforms
    FROM sends AS s
    INNER JOIN deviations AS d ON s.page_name = d.page_name
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE s.is_recent AND s.message_type = 'PPV' AND s.is_ripe
    GROUP BY
      s.page_name, s.send_date, t.underperform_share, d.baseline_ppv_earnings_per_recipient
  ),

  streaks AS (
    SELECT
      page_name,
      COUNTIF(last_good_date IS NULL OR send_date > last_good_date) AS underperform_days
    FROM (
      SELECT
        page_name,
        send_date,
        MAX(IF(COALESCE(underperforms, FALSE), NULL, send_date)) OVER (PARTITION BY page_name)
          AS last_good_date
      FROM recent_ppv_days
    )
    GROUP BY page_name
  ),

  recent_holidays AS (
    SELECT COUNT(DISTINCT h.holiday_date) AS holiday_dates
    FROM `${dataset}.holiday_calendar` AS h
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      h.holiday_date >= DATE_SUB(p_as_of, INTERVAL t.saturation_recent_days DAY)
      AND h.holiday_date < p_as_of
  ),

  scores AS (
    SELECT
      d.*,
      COALESCE(s.underperform_days, 0) AS consecutive_underperform_days,
      LEAST(
        t.saturation_emv_weight * LEAST(GREATEST(SAFE_DIVIDE(
          COALESCE(COALESCE(d.platform_emv_deviation, 0.0) - d.emv_deviation, 0.0),
          t.saturation_ramp
        ), 0.0), 1.0)
        + t.saturation_view_weight * LEAST(GREATEST(SAFE_DIVIDE(
          COALESCE(COALESCE(d.platform_view_rate_deviation, 0.0) - d.view_rate_deviation, 0.0),
          t.saturation_ramp
        ), 0.0), 1.0)
        + t.saturation_streak_weight * LEAST(SAFE_DIVIDE(
          COALESCE(s.underperform_days, 0), t.saturation_streak_days
        ), 1.0)
        + t.saturation_volume_weight
        * LEAST(GREATEST(COALESCE(d.recent_volume_ratio, 0.0) - 1.0, 0.0), 1.0),
        1.0
      ) AS saturation_score,
      d.recent_messages < t.saturation_min_recent_messages
      OR d.baseline_messages < t.saturation_min_baseline_messages AS is_thin,
      CASE
        WHEN h.holiday_dates >= t.holiday_exclusion_dates THEN 'HOLIDAY'
        WHEN ROUND(d.platform_emv_deviation, 9) < t.platform_headwind THEN 'PLATFORM_HEADWIND'
      END AS exclusion_reason
    FROM deviations AS d
    LEFT JOIN streaks AS s ON d.page_name = s.page_name
    CROSS JOIN recent_holidays AS h
    CROSS JOIN `${dataset}.tuning` AS t
  ),

  statuses AS (
    SELECT
      s.*,
      CASE
        WHEN s.is_thin THEN 'GREEN'
        WHEN r.saturation_status = 'RED' AND s.exclusion_reason IS NOT NULL THEN 'YELLOW'
        ELSE r.saturation_status
      END AS saturation_status
    FROM scores AS s
    INNER JOIN `${dataset}.saturation_responses` AS r
      ON ROUND(s.saturation_score, 9) >= r.min_score
    QUALIFY ROW_NUMBER() OVER (PARTITION BY s.page_name ORDER BY r.min_score DESC) = 1
  )

  SELECT
    s.page_name,
    s.saturation_status,
    s.saturation_score,
    s.view_rate_deviation,
    s.emv_deviation,
    s.platform_emv_deviation,
    s.consecutive_underperform_days,
    s.recent_volume_ratio,
    r.ppv_multiplier,
    r.bump_multiplier,
    r.gap_extension_minutes,
    r.cooling_days,
    r.recommended_action,
    s.exclusion_reason,
    IF(s.is_thin, 'LOW', 'HIGH') AS confidence
  FROM statuses AS s
  INNER JOIN `${dataset}.saturation_responses` AS r ON s.saturation_status = r.saturation_status
  WHERE p_page_name IS NULL OR s.page_name = p_page_name
);
