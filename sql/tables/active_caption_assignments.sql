-- Captions reserved by schedules.
-- Grain: one row per reservation.
-- Key: assignment_key, schedule_id.
-- Values:
--   scheduled_send_hour: 0 to 23.
--   price_tier: budget, mid, premium, bump.
CREATE TABLE IF NOT EXISTS `${dataset}.active_caption_assignments` (
  assignment_key STRING OPTIONS (description = "SHA-256 in hex of page|caption|date|hour."),
  schedule_id STRING OPTIONS (description = "Schedule that holds it."),
  page_name STRING OPTIONS (description = "Creator's page: lower case, [a-z0-9_]+."),
  caption_id INT64 OPTIONS (description = "Caption."),
  scheduled_send_date DATE OPTIONS (description = "LA date of sending."),
  scheduled_send_hour INT64 OPTIONS (description = "LA hour of sending."),
  price_tier STRING OPTIONS (description = "Tier."),
  is_active BOOL OPTIONS (description = "Whether the reservation is in force."),
  assigned_at TIMESTAMP OPTIONS (description = "When it was made."),
  expires_at TIMESTAMP OPTIONS (description = "End of the LA send date plus 7 days."),
  deactivated_at TIMESTAMP OPTIONS (description = "When it was released."),
  deactivation_reason STRING OPTIONS (description = "superseded, expired or rolled back.")
)
PARTITION BY scheduled_send_date
CLUSTER BY page_name, caption_id;
