-- Messages of the history that were not sent when it was read: scheduled, or of the future. They are
-- what people have queued.
-- Grain: one row per such message.
-- Key: row_id.
-- Values:
--   message_type: PPV, Bump.
CREATE TABLE IF NOT EXISTS `${dataset}.scheduled_messages` (
  row_id INT64 OPTIONS (description = "The message's row_id in mass_messages."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  send_time TIMESTAMP OPTIONS (description = "Instant at which it is to be sent."),
  message_type STRING OPTIONS (description = "PPV or Bump."),
  caption_id INT64 OPTIONS (description = "Its caption, given or matched by normalised text; NULL when neither."),
  message STRING OPTIONS (description = "Text."),
  price FLOAT64 OPTIONS (description = "Price of a PPV, USD; NULL or 0 for a Bump.")
)
CLUSTER BY page_name;
