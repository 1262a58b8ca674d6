-- Configuration: how a week answers a page's saturation, from saturation_responses.csv.
-- Grain: one row per saturation status.
CREATE TABLE IF NOT EXISTS `${dataset}.saturation_responses` (
  saturation_status STRING OPTIONS (description = "GREEN, YELLOW or RED."),
  min_score FLOAT64 OPTIONS (description = "Saturation score from which the status applies, 0 to 1."),
  ppv_multiplier FLOAT64 OPTIONS (description = "Factor on the week's PPVs."),
  bump_multiplier FLOAT64 OPTIONS (description = "Factor on the week's Bumps."),
  gap_extension_minutes INT64 OPTIONS (description = "Added to the tier's PPV gap, minutes."),
  cooling_days INT64 OPTIONS (description = "First days of the week without a PPV."),
  recommended_action STRING OPTIONS (description = "What to do, for people.")
);
