-- Every message sent to a page's fans, as the platform reported it. Input: EROS never changes it.
-- Grain: one row per message and time of counting; of several of one message the newest counts. Bad
-- rows are possible and go to quarantined_messages.
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
  caption_id INT64 OPTIONS (description = "Caption it was made from; NULL when unknown."),
  status STRING OPTIONS (description = "sent, scheduled (not sent yet) or withdrawn (taken back); NULL: sent."),
  counted_at TIMESTAMP OPTIONS (description = "When its counts were read; NULL: at the newest load."),
  text_id STRING OPTIONS (description = "The platform's id of the message where that is a text, which row_id is made from.")
)
PARTITION BY TIMESTAMP_TRUNC(sending_time, MONTH)
CLUSTER BY page_name;
