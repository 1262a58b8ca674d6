-- What other settings of the selection would have earned, estimated from the log of this one.
-- Grain: one row per as_of and candidate setting; the newest as_of counts.
-- Source: inverse propensity, self-normalised and doubly robust estimates; jackknife over creators.
CREATE TABLE IF NOT EXISTS `${dataset}.policy_evaluation` (
  as_of DATE OPTIONS (description = "Monday as of which it was estimated; sends before it count."),
  policy STRING OPTIONS (description = "Name of the candidate; current is the setting in force."),
  posterior_sharpening FLOAT64 OPTIONS (description = "Its sharpening."),
  draw_optimism FLOAT64 OPTIONS (description = "Its optimism, standard deviations of the posterior."),
  exploration_sharing FLOAT64 OPTIONS (description = "How much its pages explore together, share."),
  prior_weight FLOAT64 OPTIONS (description = "Factor on both counts of every prior."),
  diversity_weight FLOAT64 OPTIONS (description = "Its diversity weight."),
  is_uniform BOOL OPTIONS (description = "Whether it draws uniformly from the eligible: evaluated by the control arm alone."),
  messages INT64 OPTIONS (description = "Sent PPVs of the log."),
  weeks INT64 OPTIONS (description = "Their weeks."),
  logged_emv FLOAT64 OPTIONS (description = "What they earned, mean USD per 1,000 recipients of a message."),
  effective_messages FLOAT64 OPTIONS (description = "Kish's effective number of messages under the weights."),
  mean_weight FLOAT64 OPTIONS (description = "About 1 where the log covers what the candidate chooses."),
  greatest_weight FLOAT64 OPTIONS (description = "Greatest weight of a message, before weights over 20 are cut off."),
  overlap STRING OPTIONS (description = "enough, or thin: then the estimates say nothing."),
  ips_emv FLOAT64 OPTIONS (description = "Inverse-propensity estimate, USD per 1,000 recipients."),
  ips_lower FLOAT64 OPTIONS (description = "Lower 95 % bound."),
  ips_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  snips_emv FLOAT64 OPTIONS (description = "Self-normalised estimate."),
  snips_lower FLOAT64 OPTIONS (description = "Lower 95 % bound."),
  snips_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  dr_emv FLOAT64 OPTIONS (description = "Doubly robust estimate."),
  dr_lower FLOAT64 OPTIONS (description = "Lower 95 % bound."),
  dr_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  gain FLOAT64 OPTIONS (description = "Doubly robust estimate less logged_emv."),
  gain_lower FLOAT64 OPTIONS (description = "Lower 95 % bound."),
  gain_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  weeks_until_detectable INT64 OPTIONS (description = "Further weeks like these until a gain of 10 % would be seen with 80 % power at 5 %; 0: now; NULL: never by this log."),
  evaluated_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY as_of
CLUSTER BY policy
OPTIONS (partition_expiration_days = 4000);
