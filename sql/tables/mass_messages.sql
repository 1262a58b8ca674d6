-- Every message sent to a page's fans, as the platform reported it. Input: EROS never changes it.
-- Grain: one row per sent message; bad rows are possible and go to quarantined_messages.
CREATE TABLE IF NOT EXISTS `${dataset}.mass_messages` (
  row_id INT64 OPTIONS (description = "Identifies the message."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  message STRING OPTIONS (description = "Text as sent."),
  sending_time TIMESTAMP OPTIONS (description = "Instant of sending."),
  price FLOAT64 OPTIONS (description = "Price of a PPV, USD; NULL or 0 for a Bump."),
  sent_count INT64 OPTIONS (description = "Recipients."),
  viewed_count INT64 OPTIONS (description = "Recipients who viewed it."),
  purchased_count INT64 OPTIONS (description = "Viewers who bought it."),
  earnings FLOAT64 OPTIONS (description = "What it earned, USD."),
  message_type STRING OPTIONS (description = "PPV (has a price) or Bump (free)."),
  caption_id INT64 OPTIONS (description = "Caption it was made from; NULL when unknown.")
)
PARTITION BY TIMESTAMP_TRUNC(sending_time, MONTH)
CLUSTER BY page_name;
