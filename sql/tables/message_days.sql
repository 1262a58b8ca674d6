-- What message_facts, scheduled_messages and quarantined_messages were made from: refresh_message_facts
-- sorts the dates again whose messages, or what they depend on, differ from it.
-- Grain: one row per LA date of mass_messages.
-- Key: send_date.
CREATE TABLE IF NOT EXISTS `${dataset}.message_days` (
  send_date DATE OPTIONS (description = "LA date of sending; 1970-01-01 for rows without a time, or with one that is not from 2000 to 2099."),
  messages INT64 OPTIONS (description = "Rows of mass_messages of this date."),
  fingerprint INT64 OPTIONS (description = "Sum of 40 bits of the SHA-256 of each of them."),
  untimed INT64 OPTIONS (description = "Those without counted_at."),
  unnamed INT64 OPTIONS (description = "Those without caption_id."),
  unsent INT64 OPTIONS (description = "Those that are scheduled or withdrawn."),
  newest_untimed TIMESTAMP OPTIONS (description = "Newest sending_time of those without counted_at that were sent."),
  least_row_id INT64 OPTIONS (description = "Least row_id of them."),
  greatest_row_id INT64 OPTIONS (description = "Greatest row_id of them."),
  youngest_hours FLOAT64 OPTIONS (description = "No fact of this date has a smaller age_hours."),
  exported_at TIMESTAMP OPTIONS (description = "When counts without counted_at were taken to be read; the same on all rows."),
  captions_fingerprint INT64 OPTIONS (description = "That of the captions that messages were matched to; the same on all rows."),
  curve_fingerprint STRING OPTIONS (description = "That of the configuration of how counts ripen; the same on all rows."),
  loaded_at TIMESTAMP OPTIONS (description = "Load of mass_messages that they were made from; the same on all rows."),
  made_by STRING OPTIONS (description = "Fingerprint of the SQL that made them; the same on all rows.")
);
