-- The best-placed captions of each page, tier and arm that a week's selection is made from.
-- Weeks older than selection_log_days are deleted.
-- Grain: one row per page, week, arm and caption; some times as many as are wanted.
CREATE TABLE IF NOT EXISTS `${dataset}.selection_candidates` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  arm STRING OPTIONS (description = "treatment (ranked by final_score) or control (uniform)."),
  caption_id INT64 OPTIONS (description = "Caption."),
  price_tier STRING OPTIONS (description = "Tier."),
  content_category STRING OPTIONS (description = "Category; NULL without one."),
  has_urgency BOOL OPTIONS (description = "Whether it presses for time."),
  thompson_score FLOAT64 OPTIONS (description = "The draw from the posterior."),
  final_score FLOAT64 OPTIONS (description = "Percentile x segment multiplier + diversity."),
  successes INT64 OPTIONS (description = "Successes of the pair in the window."),
  failures INT64 OPTIONS (description = "Failures of the pair in the window."),
  offer_score FLOAT64 OPTIONS (description = "Order of the page's own wishes: final_score; for control 2 + a uniform draw."),
  arm_rank INT64 OPTIONS (description = "Rank by offer_score in page, tier and arm, 1 the best."),
  wanted INT64 OPTIONS (description = "Captions wanted of this page, tier and arm."),
  week_wanted INT64 OPTIONS (description = "Captions wanted of this page in all."),
  selection_seed STRING OPTIONS (description = "Seed of the draws."),
  prior_successes FLOAT64 OPTIONS (description = "Beta alpha of the pair's prior."),
  prior_failures FLOAT64 OPTIONS (description = "Beta beta."),
  posterior_successes FLOAT64 OPTIONS (description = "Beta alpha of the pair's posterior, effective trials."),
  posterior_failures FLOAT64 OPTIONS (description = "Beta beta."),
  other_pages INT64 OPTIONS (description = "Other pages whose trials of the caption are in the prior."),
  offer_value FLOAT64 OPTIONS (description = "What decides between pages: the draw over the page's mean rate, times the earnings of a mean message there to the power of offer_money_exponent; the uniform draw of a control caption."),
  suggested_price FLOAT64 OPTIONS (description = "What is asked for it, USD: its own price, else the page's of the tier; NULL for a Bump."),
  expected_value FLOAT64 OPTIONS (description = "Earnings of its message to expect, USD; NULL without a history.")
)
PARTITION BY week_start
CLUSTER BY page_name, price_tier
OPTIONS (partition_expiration_days = 4000);
