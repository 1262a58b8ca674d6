-- What people decide in the tabs of the spreadsheet: the lines as they were last read, each with the
-- values that it means, or with the reason why it can't be read. Those that can stand beside the rows
-- of queued_messages, creator_availability and creator_overrides.
-- A row without tab_row is a tab, or the spreadsheet, that could not be read: what was read of it
-- before holds.
-- Grain: one row per line of a tab, and per tab that could not be read.
-- Values:
--   tab: Queued messages, Days off and hours, Overrides, the spreadsheet.
CREATE TABLE IF NOT EXISTS `${dataset}.sheet_decisions` (
  tab STRING OPTIONS (description = "The tab, as EROS named it; the spreadsheet: none of them could be read."),
  tab_row INT64 OPTIONS (description = "Row of the tab when it was last read, 1 the titles; NULL: the whole tab."),
  page_name STRING OPTIONS (description = "Creator's page."),
  send_time TIMESTAMP OPTIONS (description = "Queued messages: instant at which it goes out."),
  message_type STRING OPTIONS (description = "Queued messages: PPV or Bump."),
  price FLOAT64 OPTIONS (description = "Queued messages: price of a PPV, USD."),
  caption_id INT64 OPTIONS (description = "Queued messages: caption; NULL: it has its own text."),
  message STRING OPTIONS (description = "Queued messages: its own text; NULL: the caption's."),
  first_date DATE OPTIONS (description = "Days off and hours: first LA date of the span."),
  last_date DATE OPTIONS (description = "Days off and hours: last LA date of the span, included."),
  first_hour INT64 OPTIONS (description = "Days off and hours: first hour at which a message may go out. Unit: LA hour."),
  last_hour INT64 OPTIONS (description = "Days off and hours: last full hour at which a message may go out. Unit: LA hour."),
  weekly_ppv INT64 OPTIONS (description = "Overrides: PPVs a week."),
  weekly_bump INT64 OPTIONS (description = "Overrides: Bumps a week."),
  min_gap_minutes INT64 OPTIONS (description = "Overrides: least time between two PPVs, minutes."),
  max_messages_per_day INT64 OPTIONS (description = "Overrides: most messages a day."),
  valid_from DATE OPTIONS (description = "Overrides: first LA date on which it holds; NULL: since ever."),
  valid_until DATE OPTIONS (description = "Overrides: last LA date on which it holds; NULL: until further notice."),
  note STRING OPTIONS (description = "Why, for people."),
  fault STRING OPTIONS (description = "Why the line can't be read; NULL: it is in force while is_open."),
  payload STRING OPTIONS (description = "The line's cells as JSON, by title."),
  is_open BOOL OPTIONS (description = "Whether the tab still said so when it was last read."),
  read_at TIMESTAMP OPTIONS (description = "When it was first read."),
  run_id STRING OPTIONS (description = "Dagster run that read it first.")
);
