-- Messages that break a rule of the input, kept with the reason; and rows of the input that newer
-- counts of the same message replace.
-- Grain: one row per rejected input row.
CREATE TABLE IF NOT EXISTS `${dataset}.quarantined_messages` (
  row_id INT64 OPTIONS (description = "row_id in mass_messages; may be NULL."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  send_date DATE OPTIONS (description = "LA date of its sending_time; NULL without one from 2000 to 2099."),
  reason STRING OPTIONS (description = "The first rule that it breaks."),
  payload STRING OPTIONS (description = "The input row as JSON."),
  occurrence INT64 OPTIONS (description = "Which of the input rows with this very payload it is, from 1."),
  quarantined_at TIMESTAMP OPTIONS (description = "When it was first rejected.")
)
CLUSTER BY page_name;
