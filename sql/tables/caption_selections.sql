-- The captions chosen for each page's week.
-- Grain: one row per page, week and caption; a caption is chosen by one page a week at most.
-- Key: page_name, week_start, caption_id.
-- Values:
--   price_tier: budget, mid, premium, bump.
--   arm: treatment, control.
--   tier_rank: 1 or more.
--   successes: 0 or more.
--   failures: 0 or more.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_selections` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  caption_id INT64 OPTIONS (description = "Caption."),
  price_tier STRING OPTIONS (description = "budget, mid, premium or bump."),
  content_category STRING OPTIONS (description = "Category; NULL without one."),
  has_urgency BOOL OPTIONS (description = "Whether it presses for time."),
  tier_rank INT64 OPTIONS (description = "Rank by final_score among the page's chosen of the tier, 1 the best."),
  thompson_score FLOAT64 OPTIONS (description = "The draw from the posterior."),
  final_score FLOAT64 OPTIONS (description = "Percentile of the draw x segment multiplier + diversity."),
  successes INT64 OPTIONS (description = "Successes of the pair in the window."),
  failures INT64 OPTIONS (description = "Failures of the pair in the window."),
  selection_probability FLOAT64 OPTIONS (description = "Chance of the caption to be among the page's chosen of the tier in treatment, by replays of the draw; NULL: not worked out."),
  control_probability FLOAT64 OPTIONS (description = "Chance to be in the control arm: its places over the eligible of the tier."),
  prior_successes FLOAT64 OPTIONS (description = "Beta alpha of the pair's prior."),
  prior_failures FLOAT64 OPTIONS (description = "Beta beta."),
  posterior_successes FLOAT64 OPTIONS (description = "Beta alpha of the pair's posterior, effective trials; the draw is from it, sharpened."),
  posterior_failures FLOAT64 OPTIONS (description = "Beta beta."),
  other_pages INT64 OPTIONS (description = "Other pages whose trials of the caption are in the prior."),
  arm STRING OPTIONS (description = "treatment or control."),
  selection_seed STRING OPTIONS (description = "Seed of the draws."),
  selected_at TIMESTAMP OPTIONS (description = "When it was chosen."),
  suggested_price FLOAT64 OPTIONS (description = "What is asked for it, USD: its own price, else the page's of the tier; NULL for a Bump."),
  expected_value FLOAT64 OPTIONS (description = "Earnings of its message to expect, USD: mean conversion rate x trials x earnings of a success; NULL without a history.")
)
PARTITION BY week_start
CLUSTER BY page_name, price_tier
OPTIONS (partition_expiration_days = 4000);
