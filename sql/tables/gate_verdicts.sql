-- The gate's verdicts: each condition as it was evaluated on one state of a week.
-- Grain: one row per verdict and condition.
-- Key: verdict_id, condition.
CREATE TABLE IF NOT EXISTS `${dataset}.gate_verdicts` (
  verdict_id STRING OPTIONS (description = "Week and the first digits of the state."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  state STRING OPTIONS (description = "SHA-256 of all that was judged: messages, reservations, routines, tuning."),
  condition STRING OPTIONS (description = "Name of the condition."),
  position INT64 OPTIONS (description = "Its place among the conditions, 1 the first."),
  meaning STRING OPTIONS (description = "What it observes."),
  passed BOOL OPTIONS (description = "Whether it holds."),
  observed FLOAT64 OPTIONS (description = "What was observed."),
  threshold FLOAT64 OPTIONS (description = "What is allowed."),
  offenders ARRAY<STRING> OPTIONS (description = "What broke it, one line each."),
  judged_at TIMESTAMP OPTIONS (description = "When it was evaluated."),
  run_id STRING OPTIONS (description = "Dagster run that evaluated it."),
  pages ARRAY<STRING> OPTIONS (description = "The page that each of `offenders` is about, in their order; empty where the whole agency is concerned.")
)
PARTITION BY week_start
CLUSTER BY verdict_id
OPTIONS (partition_expiration_days = 4000);
