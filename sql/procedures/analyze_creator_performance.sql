-- A report on one page as JSON: size, segment, saturation, what it earns and when, what to send.
-- Raises an error that names the page when it is not known.
-- Parameters:
--   p_page_name: page.
--   p_as_of: LA date after the last one of the window (tuning: account_lookback_days).
--   p_report: JSON with page_name, as_of, account_size, behavioral_segment, saturation_status,
--     saturation_score, avg_emv, recommended_ppv, recommended_bump, metrics, baseline, engagement
--     (by weekday, hour and type), anomalies (newest first).
CREATE OR REPLACE PROCEDURE `${dataset}.analyze_creator_performance`(
  IN p_page_name STRING, IN p_as_of DATE, OUT p_report STRING
)
BEGIN
  DECLARE v_lookback_days INT64;

  IF p_as_of IS NULL THEN
    RAISE USING MESSAGE = 'analyze_creator_performance: p_as_of is NULL; give an LA date';
  END IF;
  IF p_page_name IS NULL OR (
    NOT EXISTS (
      SELECT 1 FROM `${dataset}.usable_creators` AS c WHERE c.page_name = p_page_name
    )
    AND NOT EXISTS (
      SELECT 1 FROM `${dataset}.message_facts` AS f WHERE f.page_name = p_page_name
    )
  ) THEN
    RAISE USING MESSAGE = CONCAT(
      'analyze_creator_performance: page ', COALESCE(p_page_name, 'NULL'),
      ' is neither in creators nor in message_facts'
    );
  END IF;
  SET v_lookback_days = (SELECT t.account_lookback_days FROM `${dataset}.tuning` AS t);

  SET p_report = (
    SELECT
      TO_JSON_STRING(STRUCT(
        z.page_name AS page_name,
        p_as_of AS as_of,
        z.size_tier AS account_size,
        b.behavioral_segment AS behavioral_segment,
        s.saturation_status AS saturation_status,
        s.saturation_score AS saturation_score,
        m.avg_emv AS avg_emv,
        LEAST(
          CAST(ROUND(z.weekly_ppv_base * s.ppv_multiplier) AS INT64), z.weekly_ppv_max
        ) AS recommended_ppv,
        LEAST(
          CAST(ROUND(z.weekly_bump_base * s.bump_multiplier) AS INT64),
          IF(s.saturation_status = 'RED', 7 * z.max_messages_per_day, z.weekly_bump_max)
        ) AS recommended_bump,
        STRUCT(
          m.message_count AS message_count,
          m.ppv_count AS ppv_count,
          m.bump_count AS bump_count,
          m.recipients AS recipients,
          m.views AS views,
          m.purchases AS purchases,
          m.revenue AS revenue,
          m.view_rate AS view_rate,
          m.purchase_rate AS purchase_rate,
          m.purchase_rate_lower AS purchase_rate_lower,
          m.purchase_rate_upper AS purchase_rate_upper,
          m.avg_emv AS avg_emv,
          m.median_emv AS median_emv,
          m.stddev_emv AS stddev_emv,
          m.revenue_per_message AS revenue_per_message
        ) AS metrics,
        STRUCT(
          b.median_emv AS median_emv,
          b.emv_p25 AS emv_p25,
          b.emv_p75 AS emv_p75,
          b.avg_price AS avg_price,
          b.weekly_ppv_avg AS weekly_ppv_avg,
          b.weekly_bump_avg AS weekly_bump_avg,
          b.message_count AS message_count,
          b.first_send_date AS first_send_date,
          b.last_send_date AS last_send_date
        ) AS baseline,
        ARRAY(
          SELECT AS STRUCT
            e.day_of_week AS day_of_week,
            e.send_hour AS send_hour,
            e.message_type AS message_type,
            e.message_count AS message_count,
            e.view_rate AS view_rate,
            e.purchase_rate AS purchase_rate,
            e.emv AS emv,
            e.shrunk_emv AS shrunk_emv,
            e.confidence AS confidence
          FROM
            `${dataset}.calculate_engagement_rates`(p_page_name, p_as_of, v_lookback_days) AS e
          ORDER BY e.day_of_week, e.send_hour, e.message_type
        ) AS engagement,
        ARRAY(
          SELECT AS STRUCT
            a.send_date AS send_date,
            a.metric AS metric,
            a.value AS value,
            a.expected AS expected,
            a.robust_z AS robust_z,
            a.direction AS direction,
            a.severity AS severity
          FROM `${dataset}.detect_anomalies`(p_page_name, p_as_of, v_lookback_days) AS a
          ORDER BY a.send_date DESC, a.metric
        ) AS anomalies
      ))
    FROM
      `${dataset}.classify_account_size`(p_page_name, p_as_of, v_lookback_days) AS z
    INNER JOIN
      `${dataset}.get_creator_baseline`(p_page_name, p_as_of, v_lookback_days) AS b
      ON z.page_name = b.page_name
    INNER JOIN
      `${dataset}.analyze_saturation_status`(p_page_name, p_as_of, v_lookback_days) AS s
      ON z.page_name = s.page_name
    INNER JOIN
      `${dataset}.calculate_performance_metrics`(p_page_name, p_as_of, v_lookback_days) AS m
      ON z.page_name = m.page_name
  );
END;
