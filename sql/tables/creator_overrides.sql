-- Numbers that people set for a page in the place of the computed ones; NULL: as computed. Optional
-- input: EROS never changes it.
-- A row holds for the weeks whose Monday lies in its span. Of several, the narrowest holds.
-- Grain: one row per page and span of dates.
CREATE TABLE IF NOT EXISTS `${dataset}.creator_overrides` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  weekly_ppv INT64 OPTIONS (description = "PPVs a week."),
  weekly_bump INT64 OPTIONS (description = "Bumps a week."),
  min_gap_minutes INT64 OPTIONS (description = "Least time between two PPVs, minutes."),
  max_messages_per_day INT64 OPTIONS (description = "Most messages a day."),
  valid_from DATE OPTIONS (description = "First LA date on which it holds; NULL: since ever."),
  valid_until DATE OPTIONS (description = "Last LA date on which it holds; NULL: until further notice."),
  note STRING OPTIONS (description = "Why, for people.")
);
