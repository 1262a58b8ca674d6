-- How EROS is doing: scores, what they rest on, and the decision that follows.
-- Grain: one row per check.
CREATE TABLE IF NOT EXISTS `${dataset}.system_health` (
  check_date DATE OPTIONS (description = "LA date of the check."),
  checked_at TIMESTAMP OPTIONS (description = "When it was made."),
  health_score FLOAT64 OPTIONS (description = "0 to 100, over the applicable components."),
  health_status STRING OPTIONS (description = "HEALTHY, DEGRADED or CRITICAL."),
  decision STRING OPTIONS (description = "OK, INVESTIGATE or ROLLBACK."),
  reasons ARRAY<STRING> OPTIONS (description = "Why, in words; empty when all is well."),
  integrity_score FLOAT64 OPTIONS (description = "0 or 20: data corruption."),
  performance_score FLOAT64 OPTIONS (description = "0 to 20: speed of jobs and of the selector."),
  error_score FLOAT64 OPTIONS (description = "0 to 20: failed operations; NULL: too few to tell."),
  emv_score FLOAT64 OPTIONS (description = "0 or 20: treatment against control; NULL: undecided."),
  availability_score FLOAT64 OPTIONS (description = "0 to 20: history, schedules, reservations."),
  evidence STRING OPTIONS (description = "What each component rests on, as JSON."),
  query_cost_usd_24h FLOAT64 OPTIONS (description = "Cost of the bytes processed in 24 hours, USD."),
  error_rate_24h FLOAT64 OPTIONS (description = "Failed operations over all in 24 hours; NULL: none."),
  p95_seconds_24h FLOAT64 OPTIONS (description = "95th percentile of job durations in 24 hours, seconds."),
  slowdown FLOAT64 OPTIONS (description = "Time over what the same statements took before, minus 1; NULL: can't be told."),
  state STRING OPTIONS (description = "SHA-256 of the state of the tables that were looked at; while it stays, the next check need not read them again."),
  observations STRING OPTIONS (description = "What was seen in them, as JSON."),
  run_id STRING OPTIONS (description = "Dagster run.")
)
PARTITION BY check_date
CLUSTER BY health_status
OPTIONS (partition_expiration_days = 4000);
