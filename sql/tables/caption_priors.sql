-- The empirical-Bayes prior that captions of a page and tier start from, and what a success of
-- theirs is worth: earnings of a message = conversion rate x trials_per_recipient x recipients x
-- earnings_per_success.
-- Grain: one row per active page and price tier.
-- Source: method of moments on each caption's first send; dispersion by Pearson's chi-square.
-- Key: page_name, price_tier.
-- Values:
--   price_tier: budget, mid, premium, bump.
--   prior_successes: 0 or more.
--   prior_failures: 0 or more.
--   dispersion: 1 or more.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_priors` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  price_tier STRING OPTIONS (description = "budget, mid, premium or bump."),
  prior_successes FLOAT64 OPTIONS (description = "Beta alpha, effective trials."),
  prior_failures FLOAT64 OPTIONS (description = "Beta beta, effective trials."),
  dispersion FLOAT64 OPTIONS (description = "Variance of a send's successes over the binomial's, 1 or more."),
  fitted_on STRING OPTIONS (description = "Pool of the prior: page, tier, message_type or default."),
  fitted_captions INT64 OPTIONS (description = "Captions in that pool."),
  dispersion_fitted_on STRING OPTIONS (description = "Pool of the dispersion: page, message_type or default."),
  appeal_variance FLOAT64 OPTIONS (description = "Variance between captions of the part of their rates that pages have in common, relative to the mean, beyond what texts tell; 0: nothing is borrowed."),
  pair_variance FLOAT64 OPTIONS (description = "Variance of the part that is the page's own, relative to the mean."),
  appeal_pairs INT64 OPTIONS (description = "Pairs of first sends on two pages that appeal_variance was fitted on."),
  appeal_fitted_on STRING OPTIONS (description = "Their pool: tier, message_type or default."),
  stats_as_of DATE OPTIONS (description = "End of the window, exclusive."),
  last_updated TIMESTAMP OPTIONS (description = "When the row was written."),
  rate FLOAT64 OPTIONS (description = "Mean of the prior: successes per trial."),
  variation FLOAT64 OPTIONS (description = "Squared coefficient of variation of the prior."),
  send_noise FLOAT64 OPTIONS (description = "Variance of a send's rate about its caption's, relative to the square, beyond the dispersion; of all pages."),
  wear_effect FLOAT64 OPTIONS (description = "A send sells e^(-wear_effect x wear) of what the caption would sell unworn; of all pages."),
  wear_days INT64 OPTIONS (description = "In so many days the wear of a send falls to 1 / e of what it was. Unit: days."),
  suggested_price FLOAT64 OPTIONS (description = "Median price that the page asked for the tier, USD; NULL for a Bump."),
  recipients INT64 OPTIONS (description = "Median recipients of the page's messages of the type; NULL without one."),
  trials_per_recipient FLOAT64 OPTIONS (description = "Views per recipient of a PPV; 1 for a Bump."),
  earnings_per_success FLOAT64 OPTIONS (description = "The price of a PPV; earnings per view of the Bumps, USD.")
)
CLUSTER BY page_name, price_tier;
