-- What 24 hours cost on each day, as the health checks saw it.
-- Grain: one row per LA date with a check, oldest first.
-- Parameters:
--   since (DATE): LA date from which days count.
SELECT
  h.check_date,
  MAX(h.query_cost_usd_24h) AS cost_usd
FROM `${dataset}.system_health` AS h
WHERE h.check_date >= @since
GROUP BY h.check_date
ORDER BY h.check_date;
