-- Messages that people have queued or pinned by hand. Optional input: EROS never changes it.
-- Weeks are planned around them: gaps, a day's maximum and the week's volume count them, and their
-- captions are taken.
-- Grain: one row per message.
CREATE TABLE IF NOT EXISTS `${dataset}.queued_messages` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  send_time TIMESTAMP OPTIONS (description = "Instant at which it goes out."),
  message_type STRING OPTIONS (description = "PPV (has a price) or Bump (free)."),
  caption_id INT64 OPTIONS (description = "Caption; NULL: it has its own text."),
  message STRING OPTIONS (description = "Its own text; NULL: the caption's."),
  price FLOAT64 OPTIONS (description = "Price of a PPV, USD."),
  note STRING OPTIONS (description = "Why, for people.")
)
PARTITION BY TIMESTAMP_TRUNC(send_time, MONTH)
CLUSTER BY page_name;
