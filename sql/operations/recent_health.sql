-- The newest checks.
-- Grain: one row per check, newest first.
-- Parameters:
--   since (DATE): LA date from which they count.
SELECT
  h.checked_at,
  h.health_score,
  h.health_status,
  h.decision,
  h.integrity_score,
  h.performance_score,
  h.error_score,
  h.emv_score,
  h.availability_score,
  h.state,
  h.observations
FROM `${dataset}.system_health` AS h
WHERE h.check_date >= @since
ORDER BY h.checked_at DESC
LIMIT 200;
