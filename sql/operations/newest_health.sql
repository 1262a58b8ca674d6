-- The last check of the system.
-- Grain: one row, or none before the first check.
SELECT
  h.checked_at,
  h.health_score,
  h.health_status,
  h.decision,
  h.reasons,
  h.observations
FROM `${dataset}.system_health` AS h
ORDER BY h.checked_at DESC
LIMIT 1;
