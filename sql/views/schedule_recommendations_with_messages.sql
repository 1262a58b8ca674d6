-- Active schedules with the text to send and what is known of it.
-- Grain: one row per message of an active schedule, in order of page and time.
-- Columns:
--   schedule_id (STRING): Schedule.
--   page_name (STRING): Creator's page.
--   week_start (DATE): Monday that names the week.
--   message_number (INT64): Place in the week, 1 the first.
--   scheduled_send_time (TIMESTAMP): Instant at which to send.
--   send_time_local (STRING): The same as ISO 8601 with the LA offset.
--   send_date (DATE): LA date.
--   send_hour (INT64): LA hour.
--   day_of_week (STRING): English name of the LA day.
--   message_type (STRING): PPV or Bump.
--   caption_id (INT64): Caption.
--   caption_text (STRING): Text to send.
--   content_category (STRING): Category.
--   has_urgency (BOOL): Whether it presses for time.
--   price_tier (STRING): Tier.
--   arm (STRING): treatment or control; NULL of a queued message.
--   performance_score (FLOAT64): final_score of the caption.
--   slot_value (FLOAT64): Worth of the slot over the page's mean.
--   suggested_price (FLOAT64): Price to ask, USD; NULL for a Bump.
--   expected_value (FLOAT64): Earnings to expect, USD.
--   expected_value_lower (FLOAT64): Lower end by the 95 % interval of the conversion rate, USD.
--   expected_value_upper (FLOAT64): Upper end, USD.
--   reason (STRING): Why this caption and this slot, as a sentence.
--   source (STRING): planned, or queued: people set it.
--   explanation (STRING): Why this caption and this slot, as JSON.
--   total_observations (INT64): Trials of the caption on the page in the window.
--   confidence_lower_bound (FLOAT64): Lower 95 % Wilson bound of its conversion rate.
--   confidence_upper_bound (FLOAT64): Upper 95 % Wilson bound.
--   status (STRING): active.
--   is_active (BOOL): TRUE.
--   planned_at (TIMESTAMP): Instant as of which it was planned.
--   is_forced (BOOL): Whether it could replace a schedule whose week had begun.
--   created_at (TIMESTAMP): When the row was written.
--   run_id (STRING): Dagster run that wrote it.
CREATE OR REPLACE VIEW `${dataset}.schedule_recommendations_with_messages`
AS
SELECT
  r.schedule_id,
  r.page_name,
  r.week_start,
  r.message_number,
  r.scheduled_send_time,
  FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S%Ez', r.scheduled_send_time, 'America/Los_Angeles')
    AS send_time_local,
  r.send_date,
  r.send_hour,
  r.day_of_week,
  r.message_type,
  r.caption_id,
  COALESCE(r.caption_text, b.caption_text) AS caption_text,
  b.content_category,
  b.has_urgency,
  r.price_tier,
  r.arm,
  r.performance_score,
  r.slot_value,
  r.suggested_price,
  r.expected_value,
  r.expected_value_lower,
  r.expected_value_upper,
  r.reason,
  COALESCE(r.source, 'planned') AS source,
  r.explanation,
  COALESCE(s.total_observations, 0) AS total_observations,
  s.confidence_lower_bound,
  s.confidence_upper_bound,
  r.status,
  r.is_active,
  r.planned_at,
  r.is_forced,
  r.created_at,
  r.run_id
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN `${dataset}.usable_captions` AS b ON r.caption_id = b.caption_id
LEFT JOIN `${dataset}.caption_bandit_stats` AS s
  ON r.page_name = s.page_name AND r.caption_id = s.caption_id
WHERE r.is_active
ORDER BY r.page_name, r.week_start, r.scheduled_send_time, r.message_number;
