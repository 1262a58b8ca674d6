-- The messages of each page's week: those that are planned, and those that people have queued in it.
-- Grain: one row per scheduled message.
-- Key: schedule_id, message_number.
-- Values:
--   message_number: 1 or more.
--   send_hour: 0 to 23.
--   day_of_week: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday.
--   message_type: PPV, Bump.
--   price_tier: budget, mid, premium, bump.
--   arm: treatment, control.
--   source: planned, queued.
--   status: draft, active, superseded.
CREATE TABLE IF NOT EXISTS `${dataset}.schedule_recommendations` (
  schedule_id STRING OPTIONS (description = "`sched_YYYYMMDD_page_hash`: the Monday, the page, 8 hex digits of the content's SHA-256."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  message_number INT64 OPTIONS (description = "Place in the week, 1 the first."),
  scheduled_send_time TIMESTAMP OPTIONS (description = "Instant at which to send."),
  send_date DATE OPTIONS (description = "LA date."),
  send_hour INT64 OPTIONS (description = "LA hour."),
  day_of_week STRING OPTIONS (description = "English name of the LA day."),
  message_type STRING OPTIONS (description = "PPV or Bump."),
  caption_id INT64 OPTIONS (description = "Caption; of a queued message with a text of its own, a number made from it."),
  caption_text STRING OPTIONS (description = "Text of a queued message; NULL: the caption's."),
  price_tier STRING OPTIONS (description = "Tier."),
  arm STRING OPTIONS (description = "treatment or control; NULL of a queued message."),
  performance_score FLOAT64 OPTIONS (description = "final_score of the caption."),
  slot_value FLOAT64 OPTIONS (description = "Worth of the slot over the page's mean."),
  suggested_price FLOAT64 OPTIONS (description = "Price to ask, USD: the caption's own, else the median that the page asked for the tier; NULL for a Bump."),
  expected_value FLOAT64 OPTIONS (description = "Earnings to expect, USD: mean conversion rate x views per recipient x price x recipients."),
  expected_value_lower FLOAT64 OPTIONS (description = "Lower end by the 95 % interval of the conversion rate, USD."),
  expected_value_upper FLOAT64 OPTIONS (description = "Upper end, USD."),
  reason STRING OPTIONS (description = "Why this caption and this slot, as a sentence."),
  source STRING OPTIONS (description = "planned, or queued: people set it."),
  explanation STRING OPTIONS (description = "Why this caption and this slot, as JSON."),
  status STRING OPTIONS (description = "draft, active or superseded."),
  is_active BOOL OPTIONS (description = "Whether the schedule is in force."),
  planned_at TIMESTAMP OPTIONS (description = "Instant as of which it was planned."),
  is_forced BOOL OPTIONS (description = "Whether it may replace a schedule whose week has begun."),
  created_at TIMESTAMP OPTIONS (description = "When the row was written."),
  run_id STRING OPTIONS (description = "Dagster run that wrote it."),
  refusal STRING OPTIONS (description = "Why the page\'s draft may not be locked; NULL where nothing speaks against it.")
)
PARTITION BY week_start
CLUSTER BY page_name, schedule_id
OPTIONS (partition_expiration_days = 4000);
