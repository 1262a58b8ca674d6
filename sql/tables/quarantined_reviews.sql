-- Lines of the Review tab whose decision or note can't be read, with the reason; without a row, a
-- spreadsheet that could not be read. The week is planned on the reviews in schedule_review.
-- Grain: one row per week, line and reason.
CREATE TABLE IF NOT EXISTS `${dataset}.quarantined_reviews` (
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  tab_row INT64 OPTIONS (description = "Row of the tab when it was last read, 1 the header; NULL: the whole spreadsheet."),
  reason STRING OPTIONS (description = "What is wrong, and what to do."),
  decision STRING OPTIONS (description = "The Decision as people wrote it."),
  note STRING OPTIONS (description = "The Note as people wrote it."),
  payload STRING OPTIONS (description = "The line as JSON, by title."),
  read_at TIMESTAMP OPTIONS (description = "When it was first read."),
  run_id STRING OPTIONS (description = "Dagster run that read it first."),
  is_open BOOL OPTIONS (description = "Whether the tab still said so when it was last read.")
)
PARTITION BY week_start;
