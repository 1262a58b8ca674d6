-- What each caption did over all pages that tried it, relative to those pages' means, and what its
-- text says of it: what an untried page may borrow.
-- Grain: one row per caption that was tried in the window, unless there is nothing to borrow, or of
-- whose text there is a prior.
-- Source: Gamma posterior of the part of a caption's rate that pages have in common.
CREATE TABLE IF NOT EXISTS `${dataset}.caption_appeal` (
  caption_id INT64 OPTIONS (description = "Caption."),
  price_tier STRING OPTIONS (description = "Its tier."),
  pages INT64 OPTIONS (description = "Pages that tried it in the window; 0: its text is all that is known."),
  appeal FLOAT64 OPTIONS (description = "Mean of its conversion rate over a page's mean of the tier; 1 is average."),
  appeal_shape FLOAT64 OPTIONS (description = "Shape of the Gamma posterior: the squared coefficient of variation is 1 / shape."),
  stats_as_of DATE OPTIONS (description = "End of the window, exclusive."),
  last_updated TIMESTAMP OPTIONS (description = "When the row was written."),
  appeal_rate FLOAT64 OPTIONS (description = "Rate of the Gamma posterior: appeal is shape / rate."),
  text_multiplier FLOAT64 OPTIONS (description = "Mean of the prior of its appeal, by its text; NULL: 1, for texts tell nothing of it.")
)
CLUSTER BY caption_id;
