-- What each caption earned on each page that has sent it.
-- Grain: one row per page and caption that was ever sent; pairs outside the window have zero counts.
-- Key: page_name, caption_id.
-- Values:
--   price_tier: budget, mid, premium, bump.
--   send_count: 0 or more.
--   successes: 0 or more.
--   failures: 0 or more.
--   confidence_lower_bound: 0 to 1.
--   confidence_upper_bound: 0 to 1.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_bandit_stats` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  caption_id INT64 OPTIONS (description = "Caption."),
  price_tier STRING OPTIONS (description = "Its tier in the bank; without one, bump for a Bump and mid for a PPV."),
  send_count INT64 OPTIONS (description = "Sends in the window."),
  successes INT64 OPTIONS (description = "Purchases (PPV) or views (Bump)."),
  failures INT64 OPTIONS (description = "Trials without success."),
  total_observations INT64 OPTIONS (description = "Trials: views (PPV) or recipients (Bump)."),
  total_revenue FLOAT64 OPTIONS (description = "Earnings, USD."),
  avg_conversion_rate FLOAT64 OPTIONS (description = "successes / total_observations."),
  avg_emv FLOAT64 OPTIONS (description = "Recipient-weighted EMV, USD per 1,000 recipients."),
  last_emv_observed FLOAT64 OPTIONS (description = "EMV of the last send."),
  confidence_lower_bound FLOAT64 OPTIONS (description = "Lower 95 % Wilson bound of the conversion rate."),
  confidence_upper_bound FLOAT64 OPTIONS (description = "Upper 95 % Wilson bound."),
  exploration_score FLOAT64 OPTIONS (description = "1 / sqrt(observations + 1)."),
  prior_successes FLOAT64 OPTIONS (description = "Beta alpha of the pair: of its page and tier, moved by what other pages saw of the caption; effective trials."),
  prior_failures FLOAT64 OPTIONS (description = "Beta beta, effective trials."),
  dispersion FLOAT64 OPTIONS (description = "Trials are divided by it, and by what a send's noise adds, to be effective."),
  effective_successes FLOAT64 OPTIONS (description = "Successes times what they are worth: 1 over the dispersion and the send's noise, faded by age."),
  effective_failures FLOAT64 OPTIONS (description = "Trials of an unworn, usually viewed caption, times what they are worth, less effective_successes."),
  performance_percentile INT64 OPTIONS (description = "Rank of the posterior mean among the page's captions of the tier, 0 to 100."),
  last_used TIMESTAMP OPTIONS (description = "Last send, whenever it was."),
  stats_as_of DATE OPTIONS (description = "End of the window, exclusive."),
  last_updated TIMESTAMP OPTIONS (description = "When the row was written."),
  chi_square FLOAT64 OPTIONS (description = "Pearson's chi-square of its sends in the window having one rate, which the dispersion is fitted from; 0 without two sends that tell."),
  degrees INT64 OPTIONS (description = "Degrees of freedom of chi_square."),
  appeal_successes FLOAT64 OPTIONS (description = "What the page adds to the shape of caption_appeal."),
  appeal_exposure FLOAT64 OPTIONS (description = "What the page adds to the rate of caption_appeal."),
  wear FLOAT64 OPTIONS (description = "Sum over its sends of e^(-days since / wear_days), as of the middle of the week after stats_as_of.")
)
CLUSTER BY page_name, caption_id;
