-- Every attempt to export a schedule.
-- Grain: one row per attempt.
CREATE TABLE IF NOT EXISTS `${dataset}.schedule_export_log` (
  schedule_id STRING OPTIONS (description = "Schedule; NULL for a week without one, and for a week that was withdrawn."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  destination STRING OPTIONS (description = "csv, sheets or bucket."),
  location STRING OPTIONS (description = "File, sheet or object of the bucket."),
  row_count INT64 OPTIONS (description = "Messages written."),
  checksum STRING OPTIONS (description = "SHA-256 of what was written."),
  status STRING OPTIONS (description = "succeeded, unchanged, failed, or withdrawn: what was there is there no more."),
  error_message STRING OPTIONS (description = "What went wrong, or why it was withdrawn."),
  duration_seconds FLOAT64 OPTIONS (description = "Seconds."),
  exported_at TIMESTAMP OPTIONS (description = "When."),
  run_id STRING OPTIONS (description = "Dagster run."),
  publication_id STRING OPTIONS (description = "What was published, the same in files, sheet and bucket; NULL for a failed attempt.")
)
PARTITION BY week_start
CLUSTER BY page_name
OPTIONS (partition_expiration_days = 4000);
