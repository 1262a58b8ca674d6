-- The reservations that draft schedules ask for, each with a schedule that stands in its way.
-- Two reservations of a caption, on any page, must lie more than 7 days apart (tuning); those of
-- the schedule that the draft would supersede don't count.
-- Grain: one row per message of a draft schedule.
-- Columns:
--   assignment_key: SHA-256 in hex of page|caption|date|hour.
--   schedule_id: Draft schedule.
--   page_name: Creator's page.
--   week_start: Monday that names the week.
--   caption_id: Caption.
--   scheduled_send_date: LA date of sending.
--   scheduled_send_hour: LA hour of sending.
--   price_tier: Tier.
--   expires_at: End of the LA send date plus 7 days.
--   conflicting_schedule_id: A schedule that holds the caption within 7 days; NULL when free.
--   begun_schedule_id: The page's active schedule when its week has begun and the draft isn't forced.
CREATE OR REPLACE VIEW `${dataset}.draft_reservations`
AS
SELECT
  TO_HEX(SHA256(CONCAT(
    d.page_name, '|', CAST(d.caption_id AS STRING), '|', CAST(d.send_date AS STRING), '|',
    CAST(d.send_hour AS STRING)
  ))) AS assignment_key,
  d.schedule_id,
  d.page_name,
  d.week_start,
  d.caption_id,
  d.send_date AS scheduled_send_date,
  d.send_hour AS scheduled_send_hour,
  d.price_tier,
  TIMESTAMP(DATE_ADD(d.send_date, INTERVAL t.reservation_days + 1 DAY), 'America/Los_Angeles')
    AS expires_at,
  a.schedule_id AS conflicting_schedule_id,
  IF(
    d.planned_at > TIMESTAMP(d.week_start, 'America/Los_Angeles') AND NOT d.is_forced,
    s.schedule_id,
    NULL
  )
    AS begun_schedule_id
FROM `${dataset}.schedule_recommendations` AS d
CROSS JOIN `${dataset}.tuning` AS t
LEFT JOIN `${dataset}.active_caption_assignments` AS a
  ON
    d.caption_id = a.caption_id
    AND a.is_active
    AND ABS(DATE_DIFF(a.scheduled_send_date, d.send_date, DAY)) <= t.reservation_days
    AND NOT (
      a.page_name = d.page_name
      AND a.scheduled_send_date >= d.week_start
      AND a.scheduled_send_date <= DATE_ADD(d.week_start, INTERVAL 6 DAY)
    )
LEFT JOIN `${dataset}.schedule_recommendations` AS s
  ON
    d.page_name = s.page_name
    AND d.week_start = s.week_start
    AND s.status = 'active'
WHERE d.status = 'draft'
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY d.schedule_id, d.message_number ORDER BY a.schedule_id DESC, s.schedule_id DESC
  ) = 1;
