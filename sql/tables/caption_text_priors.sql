-- What the text of a caption says of its rate before anybody has tried it: a fit of the words, pairs
-- of words and characters of captions to their first rates over what was usual on their page then,
-- judged on the first sends of later weeks. A caption's own sends are not in its prior.
-- Grain: one row per content of the bank whose message type's texts tell anything; none where they
-- do not, or text_prior_weight is 0.
-- Source: ridge regression on hashed features; slope on held-out weeks, clipped to 0 and 1.
-- Key: caption_id.
-- Values:
--   price_tier: budget, mid, premium, bump.
--   multiplier: 0.25 to 4.
--   variance: 0 or more.
--   explained_variance: 0 or more.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_text_priors` (
  caption_id INT64 OPTIONS (description = "Caption, the one used of all that say the same."),
  price_tier STRING OPTIONS (description = "Its tier when it was fitted: budget, mid, premium or bump."),
  multiplier FLOAT64 OPTIONS (description = "Conversion rate to expect over a page's mean of the tier; 1 is average."),
  variance FLOAT64 OPTIONS (description = "What stayed of the variance of held-out first rates about their multipliers, relative to the usual rate's square, the binomial's part left out; of the message type."),
  explained_variance FLOAT64 OPTIONS (description = "Variance of held-out captions' multipliers: what texts tell of how captions differ; of the message type."),
  stats_as_of DATE OPTIONS (description = "End of the window of the first sends, exclusive."),
  last_updated TIMESTAMP OPTIONS (description = "When the row was written.")
)
CLUSTER BY caption_id;
