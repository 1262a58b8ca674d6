-- What is known of each valid message.
-- Grain: one row per valid sent message; facts + scheduled_messages + quarantine = input.
-- Key: row_id.
-- Values:
--   message_type: PPV, Bump.
--   send_hour: 0 to 23.
--   day_of_week: 1 to 7.
--   sent_count: 1 or more.
--   viewed_count: 0 or more.
--   purchased_count: 0 or more.
--   earnings: 0 or more.
--   view_rate: 0 to 1.
--   purchase_rate: 0 to 1.
--   age_hours: 0 to 720.
--   maturity: 0 to 1.
CREATE TABLE IF NOT EXISTS `${dataset}.message_facts` (
  row_id INT64 OPTIONS (description = "The message's row_id in mass_messages."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  caption_id INT64 OPTIONS (description = "Its caption, given or matched by normalised text; NULL when neither."),
  message_type STRING OPTIONS (description = "PPV or Bump."),
  sending_time TIMESTAMP OPTIONS (description = "Instant of sending."),
  send_date DATE OPTIONS (description = "LA date of sending."),
  send_hour INT64 OPTIONS (description = "LA hour of sending, 0 to 23."),
  day_of_week INT64 OPTIONS (description = "ISO day of week, LA: 1 Monday to 7 Sunday."),
  price FLOAT64 OPTIONS (description = "Price, USD; NULL for a Bump."),
  sent_count INT64 OPTIONS (description = "Recipients."),
  viewed_count INT64 OPTIONS (description = "Recipients who viewed it."),
  purchased_count INT64 OPTIONS (description = "Viewers who bought it."),
  earnings FLOAT64 OPTIONS (description = "What it earned, USD."),
  view_rate FLOAT64 OPTIONS (description = "viewed / sent."),
  purchase_rate FLOAT64 OPTIONS (description = "purchased / viewed; NULL without a view."),
  emv FLOAT64 OPTIONS (description = "Earnings per 1,000 recipients, USD."),
  age_hours FLOAT64 OPTIONS (description = "Hours from sending to when its counts were read, at most 720."),
  maturity FLOAT64 OPTIONS (description = "Share of its final views to expect at that age, over 0 to 1.")
)
PARTITION BY send_date
CLUSTER BY page_name, caption_id;
