-- How many messages of each kind a page's week holds, and how they are spaced.
-- Grain: one row per page and week.
-- Key: page_name, week_start.
-- Values:
--   size_tier: MICRO, SMALL, MEDIUM, LARGE, MEGA.
--   behavioral_segment: EXPLORATORY, BUDGET, STANDARD, PREMIUM, LUXURY.
--   saturation_status: GREEN, YELLOW, RED.
--   saturation_score: 0 to 1.
--   ppv_count: 0 or more.
--   bump_count: 0 or more.
--   cooling_days: 0 to 7.
CREATE TABLE IF NOT EXISTS `${dataset}.weekly_volume_targets` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  size_tier STRING OPTIONS (description = "Size tier of the account."),
  behavioral_segment STRING OPTIONS (description = "Price segment."),
  saturation_status STRING OPTIONS (description = "GREEN, YELLOW or RED."),
  saturation_score FLOAT64 OPTIONS (description = "0 (fresh) to 1 (saturated)."),
  ppv_count INT64 OPTIONS (description = "PPVs of the whole week."),
  bump_count INT64 OPTIONS (description = "Bumps of the whole week."),
  num_budget INT64 OPTIONS (description = "PPVs of tier budget to plan, less what people have queued; in a week that has begun, for the time that is left."),
  num_mid INT64 OPTIONS (description = "PPVs of tier mid to plan."),
  num_premium INT64 OPTIONS (description = "PPVs of tier premium to plan."),
  num_bump INT64 OPTIONS (description = "Bumps to plan; bump_count, unless the week has begun or people have queued some."),
  min_gap_minutes INT64 OPTIONS (description = "Least time between two PPVs, saturation's extension included, minutes."),
  max_messages_per_day INT64 OPTIONS (description = "Most messages a day."),
  cooling_days INT64 OPTIONS (description = "First days of the week without a PPV."),
  holiday_factor FLOAT64 OPTIONS (description = "Mean volume factor of the week's open dates."),
  closed_days INT64 OPTIONS (description = "Dates of the week on which the page sends nothing."),
  sending_hours STRING OPTIONS (description = "Dates with hours of their own, as JSON: LA date to [first, last hour], null where closed; NULL when there is none."),
  set_by_people STRING OPTIONS (description = "Numbers that people set, by name; NULL when all are computed."),
  computed_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY week_start
CLUSTER BY page_name
OPTIONS (partition_expiration_days = 4000);
