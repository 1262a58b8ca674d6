-- When a page sends, where people know better than the tuning. Optional input: EROS never changes it.
-- A row without hours closes its dates. Of the rows that concern one date, the narrowest holds: that
-- with the fewest dates, then that with the fewest hours.
-- Grain: one row per page and span of dates.
CREATE TABLE IF NOT EXISTS `${dataset}.creator_availability` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  first_date DATE OPTIONS (description = "First LA date of the span."),
  last_date DATE OPTIONS (description = "Last LA date of the span, included."),
  first_hour INT64 OPTIONS (description = "First hour at which a message may go out; NULL: as in the tuning. Unit: LA hour."),
  last_hour INT64 OPTIONS (description = "Last full hour at which a message may go out; NULL: as in the tuning; below first_hour: on the next date. Unit: LA hour."),
  reason STRING OPTIONS (description = "Why, for people.")
);
