-- What each page likes of each category: what its PPVs of the category sold lately, over what was
-- believed of each just before it was sent, and over what the page's PPVs of all categories sold.
-- Grain: one row per page and category that it sent PPVs of in the window; no rows where tastes
-- predict nothing, or taste_weight is 0.
-- Source: see update_caption_performance, the part on tastes.
CREATE TABLE IF NOT EXISTS `${dataset}.page_tastes` (
  page_name STRING OPTIONS (description = "Creator's page."),
  content_category STRING OPTIONS (description = "Content category."),
  taste FLOAT64 OPTIONS (description = "Multiplies the odds that a view of a PPV of the category buys; 1 is as usual."),
  sends INT64 OPTIONS (description = "PPVs of the window that tell it."),
  half_life_days INT64 OPTIONS (description = "What a send tells of tastes counts half after so long; of all pages. Unit: days."),
  variance FLOAT64 OPTIONS (description = "How much tastes vary about 1, of all pages."),
  stats_as_of DATE OPTIONS (description = "End of the window, exclusive."),
  last_updated TIMESTAMP OPTIONS (description = "When the row was written.")
)
CLUSTER BY page_name;
