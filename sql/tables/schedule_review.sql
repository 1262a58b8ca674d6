-- What people said of scheduled messages in the Review tab, as it was read last.
-- Grain: one row per schedule and message number that has, or had, a decision or a note. A row
-- stays when its line leaves the tab.
CREATE TABLE IF NOT EXISTS `${dataset}.schedule_review` (
  schedule_id STRING OPTIONS (description = "Schedule."),
  message_number INT64 OPTIONS (description = "Place in the week, 1 the first."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  caption_id INT64 OPTIONS (description = "Caption that the message had when it was reviewed."),
  decision STRING OPTIONS (description = "approve, reject, or NULL: none."),
  note STRING OPTIONS (description = "What the reviewer wrote, or NULL."),
  read_at TIMESTAMP OPTIONS (description = "When a change of the row was read."),
  run_id STRING OPTIONS (description = "Dagster run that read it.")
)
PARTITION BY week_start
CLUSTER BY page_name, schedule_id
OPTIONS (partition_expiration_days = 4000);
