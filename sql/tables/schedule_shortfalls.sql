-- What a page's week lacks of its targets, and why.
-- Grain: one row per page, week, price tier and stage, where something is missing.
CREATE TABLE IF NOT EXISTS `${dataset}.schedule_shortfalls` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  stage STRING OPTIONS (description = "targets, selection, placement, creator, replacement, lock or files."),
  price_tier STRING OPTIONS (description = "Tier; NULL for the page as a whole."),
  wanted INT64 OPTIONS (description = "Captions wanted."),
  got INT64 OPTIONS (description = "Captions had."),
  reason STRING OPTIONS (description = "Which rule bound, or what failed."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY week_start
CLUSTER BY page_name
OPTIONS (partition_expiration_days = 4000);
