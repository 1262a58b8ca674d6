-- Configuration: price segments of pages, from segment_rules.csv.
-- Grain: one row per behavioral segment.
CREATE TABLE IF NOT EXISTS `${dataset}.segment_rules` (
  behavioral_segment STRING OPTIONS (description = "EXPLORATORY, BUDGET, STANDARD, PREMIUM or LUXURY."),
  min_avg_price FLOAT64 OPTIONS (description = "Mean PPV price from which the segment applies, USD; NULL: by message count alone."),
  budget_share FLOAT64 OPTIONS (description = "Share of PPVs in tier budget."),
  mid_share FLOAT64 OPTIONS (description = "Share of PPVs in tier mid."),
  premium_share FLOAT64 OPTIONS (description = "Share of PPVs in tier premium."),
  budget_multiplier FLOAT64 OPTIONS (description = "Factor on the percentile of a budget caption's draw."),
  mid_multiplier FLOAT64 OPTIONS (description = "Factor on the percentile of a mid caption's draw."),
  premium_multiplier FLOAT64 OPTIONS (description = "Factor on the percentile of a premium caption's draw."),
  bump_multiplier FLOAT64 OPTIONS (description = "Factor on the percentile of a bump caption's draw.")
);
