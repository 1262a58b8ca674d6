-- Days on which a page did unlike itself, as seen before a week.
-- Grain: one row per page, week, LA date and metric.
CREATE TABLE IF NOT EXISTS `${dataset}.creator_anomalies` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  send_date DATE OPTIONS (description = "LA date."),
  metric STRING OPTIONS (description = "view_rate, purchase_rate, emv or revenue."),
  value FLOAT64 OPTIONS (description = "The day's value."),
  expected FLOAT64 OPTIONS (description = "Median of the window's days."),
  robust_z FLOAT64 OPTIONS (description = "Modified z-score."),
  direction STRING OPTIONS (description = "HIGH or LOW."),
  severity STRING OPTIONS (description = "WARN or CRITICAL."),
  reported_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY week_start
CLUSTER BY page_name
OPTIONS (partition_expiration_days = 4000);
