-- What each page's PPVs of a week were chosen from: the log that other settings are judged by.
-- Captions that another page got in that week are left out. Weeks older than selection_log_days are
-- deleted.
-- Grain: one row per page, week, tier, category, urgency and group of captions whose posterior
-- counts differ by less than a quarter.
CREATE TABLE IF NOT EXISTS `${dataset}.selection_pools` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  price_tier STRING OPTIONS (description = "budget, mid or premium."),
  content_category STRING OPTIONS (description = "Category; uncategorised without one."),
  captions INT64 OPTIONS (description = "Eligible captions in the group."),
  prior_successes FLOAT64 OPTIONS (description = "Mean Beta alpha of their priors, effective trials."),
  prior_failures FLOAT64 OPTIONS (description = "Mean Beta beta of their priors."),
  effective_successes FLOAT64 OPTIONS (description = "Mean successes on the page, effective trials."),
  effective_failures FLOAT64 OPTIONS (description = "Mean failures on the page."),
  relative_use FLOAT64 OPTIONS (description = "Use of the category in the days before, over that of the most used one."),
  multiplier FLOAT64 OPTIONS (description = "The segment's multiplier of the tier."),
  treatment_places INT64 OPTIONS (description = "Captions wanted of the treatment arm."),
  control_places INT64 OPTIONS (description = "Captions wanted of the control arm."),
  has_urgency BOOL OPTIONS (description = "Whether they press for time."),
  pages INT64 OPTIONS (description = "Pages that the captions are for: 1 when they are the page's own."),
  pair_variance FLOAT64 OPTIONS (description = "Relative variance of a caption's rate from page to page (B); NULL without a history."),
  category_room INT64 OPTIONS (description = "Captions of the category that the tier's treatment arm may take: the page's limit less what the rest of its week took."),
  urgent_room INT64 OPTIONS (description = "Urgent captions that the tier's treatment arm may take, likewise.")
)
PARTITION BY week_start
CLUSTER BY page_name, price_tier
OPTIONS (partition_expiration_days = 4000);
