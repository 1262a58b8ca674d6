-- What people ask about a creator before a week is planned; analyze_creator_performance has more.
-- Grain: one row per active creator and week.
-- Key: page_name, week_start.
CREATE TABLE IF NOT EXISTS `${dataset}.creator_performance` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  account_size STRING OPTIONS (description = "Size tier of the account."),
  behavioral_segment STRING OPTIONS (description = "Price segment."),
  saturation_status STRING OPTIONS (description = "GREEN, YELLOW or RED."),
  saturation_score FLOAT64 OPTIONS (description = "0 (fresh) to 1 (saturated)."),
  recommended_action STRING OPTIONS (description = "What to do, for people."),
  recommended_ppv INT64 OPTIONS (description = "PPVs a week, holidays aside."),
  recommended_bump INT64 OPTIONS (description = "Bumps a week, holidays aside."),
  message_count INT64 OPTIONS (description = "Messages in the window."),
  revenue FLOAT64 OPTIONS (description = "Revenue of the window, USD."),
  view_rate FLOAT64 OPTIONS (description = "views / recipients."),
  purchase_rate FLOAT64 OPTIONS (description = "purchases / views."),
  avg_emv FLOAT64 OPTIONS (description = "Recipient-weighted EMV of the window, USD per 1,000 recipients."),
  median_emv FLOAT64 OPTIONS (description = "Median of the messages' EMV."),
  anomalies INT64 OPTIONS (description = "Anomalous days and metrics in the window."),
  reported_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY week_start
CLUSTER BY page_name
OPTIONS (partition_expiration_days = 4000);
