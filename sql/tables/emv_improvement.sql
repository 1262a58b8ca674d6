-- What EROS earns beyond chance: EMV of the treatment arm against the control arm of sent PPVs.
-- Grain: one row per as_of and scope: all, a week, a page, a page's week, before; the newest as_of counts.
-- Source: differences within page and tier, weighted by the smaller arm's information; jackknife over creators.
CREATE TABLE IF NOT EXISTS `${dataset}.emv_improvement` (
  as_of DATE OPTIONS (description = "Monday as of which it was measured; sends before it count."),
  scope STRING OPTIONS (description = "overall, week, page, page_week, or before: there the control arm is what the pages sent in as many days before their first plan, so season and growth count too."),
  page_name STRING OPTIONS (description = "Creator's page; NULL: all pages."),
  week_start DATE OPTIONS (description = "Monday of the measured week; NULL: all weeks of the window."),
  treatment_planned INT64 OPTIONS (description = "PPVs of the treatment arm in schedules in force, and superseded ones that were sent."),
  control_planned INT64 OPTIONS (description = "The same of the control arm."),
  treatment_messages INT64 OPTIONS (description = "Of those, sent."),
  control_messages INT64 OPTIONS (description = "Of those, sent."),
  treatment_emv FLOAT64 OPTIONS (description = "USD per 1,000 recipients, standardised to the weights of the strata that both arms share."),
  control_emv FLOAT64 OPTIONS (description = "The same of the control arm."),
  difference FLOAT64 OPTIONS (description = "treatment_emv - control_emv; NULL without a stratum that has both arms."),
  difference_lower FLOAT64 OPTIONS (description = "Lower 95 % bound; NULL when there are too few to tell."),
  difference_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  relative_improvement FLOAT64 OPTIONS (description = "treatment_emv / control_emv - 1, less what the error of few messages adds to it on average."),
  relative_lower FLOAT64 OPTIONS (description = "Lower 95 % bound, by the logarithm of the ratio."),
  relative_upper FLOAT64 OPTIONS (description = "Upper 95 % bound."),
  strata INT64 OPTIONS (description = "Pairs of page and tier that have both arms."),
  clusters INT64 OPTIONS (description = "What the interval is robust over: creators of overall and week, weeks of a page, messages of a page's week."),
  weeks_measured INT64 OPTIONS (description = "Weeks with sent PPVs of both arms."),
  weeks_until_detectable INT64 OPTIONS (description = "Further weeks like these until 10 % would be seen with 80 % power at 5 %; 0: now; NULL: can't be told. Overall only."),
  control_share_needed FLOAT64 OPTIONS (description = "Share of control PPVs with which 10 % would be seen so; the coming weeks have no more. NULL: can't be told. Overall only."),
  measured_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it.")
)
PARTITION BY as_of
CLUSTER BY scope, page_name
OPTIONS (partition_expiration_days = 4000);
