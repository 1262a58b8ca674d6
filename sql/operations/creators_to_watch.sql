-- Creators whose page does unlike itself or has had too much: days with a CRITICAL anomaly, and
-- pages that are RED, as last reported.
-- Grain: one row per page and trouble.
-- Parameters:
--   since (DATE): LA date from which anomalies count.
SELECT
  a.page_name,
  CONCAT(
    'CRITICAL: ', a.metric, ' ', a.direction, ' on ', CAST(a.send_date AS STRING)
  ) AS trouble
FROM `${dataset}.creator_anomalies` AS a
WHERE
  a.severity = 'CRITICAL'
  AND a.send_date >= @since
  AND a.week_start = (SELECT MAX(n.week_start) FROM `${dataset}.creator_anomalies` AS n)
UNION ALL
SELECT
  p.page_name,
  CONCAT('RED: ', p.recommended_action) AS trouble
FROM `${dataset}.creator_performance` AS p
WHERE
  p.saturation_status = 'RED'
  AND p.week_start = (SELECT MAX(n.week_start) FROM `${dataset}.creator_performance` AS n)
ORDER BY page_name, trouble;
