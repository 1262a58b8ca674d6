-- The messages that were taken out of schedules in force one by one, and what came in their place:
-- was, is, and why. The caption of a row is not selected again for its page and week.
-- Grain: one row per replaced message; in a schedule a number is replaced once.
-- Key: schedule_id, message_number.
-- Values:
--   asked_by: person, review.
--   outcome: open, replaced, moved, removed.
CREATE TABLE IF NOT EXISTS `${dataset}.message_replacements` (
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  week_start DATE OPTIONS (description = "Monday that names the week, LA time."),
  schedule_id STRING OPTIONS (description = "Schedule that was in force."),
  message_number INT64 OPTIONS (description = "Number of the message, in this schedule and the new one."),
  caption_id INT64 OPTIONS (description = "Caption that was taken out."),
  scheduled_send_time TIMESTAMP OPTIONS (description = "Instant at which it was to be sent."),
  price_tier STRING OPTIONS (description = "Tier."),
  arm STRING OPTIONS (description = "treatment or control: the place's, which what comes into it keeps."),
  asked_by STRING OPTIONS (description = "person (a command, or the run config of a run) or review (the Review tab)."),
  note STRING OPTIONS (description = "What the reviewer wrote, or NULL."),
  outcome STRING OPTIONS (description = "open (not decided yet), replaced (at the same time), moved (at another time) or removed."),
  reason STRING OPTIONS (description = "Why it was moved or removed."),
  new_schedule_id STRING OPTIONS (description = "Schedule that was made by it; NULL when nothing was left of the week."),
  new_caption_id INT64 OPTIONS (description = "Caption that came in its place; NULL when none did."),
  new_send_time TIMESTAMP OPTIONS (description = "Instant at which that one is to be sent."),
  decided_at TIMESTAMP OPTIONS (description = "Instant as of which it was decided."),
  run_id STRING OPTIONS (description = "Dagster run that decided it.")
)
PARTITION BY week_start
CLUSTER BY page_name, schedule_id
OPTIONS (partition_expiration_days = 4000);
