-- Configuration: volume and spacing by the size of an account, from account_size_tiers.csv.
-- Grain: one row per size tier.
CREATE TABLE IF NOT EXISTS `${dataset}.account_size_tiers` (
  size_tier STRING OPTIONS (description = "MICRO, SMALL, MEDIUM, LARGE or MEGA."),
  min_revenue_90d FLOAT64 OPTIONS (description = "Revenue of 90 days from which the tier applies, USD."),
  weekly_ppv_min INT64 OPTIONS (description = "Fewest PPVs a week."),
  weekly_ppv_max INT64 OPTIONS (description = "Most PPVs a week."),
  weekly_bump_min INT64 OPTIONS (description = "Fewest Bumps a week."),
  weekly_bump_max INT64 OPTIONS (description = "Most Bumps a week."),
  min_gap_minutes INT64 OPTIONS (description = "Least time between two PPVs, minutes."),
  max_messages_per_day INT64 OPTIONS (description = "Most messages of any type on one LA date.")
);
