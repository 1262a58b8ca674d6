-- What the id of a schedule in force is made of.
-- Grain: one row per message of a page in @pages, or of any page when @pages is empty.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at; empty for all.
-- Columns:
--   page_name (STRING): Creator's page.
--   schedule_id (STRING): Schedule.
--   scheduled_send_time (TIMESTAMP): Instant at which to send.
--   message_type (STRING): PPV or Bump.
--   caption_id (INT64): Caption.
--   price_tier (STRING): Tier.
--   arm (STRING): treatment or control.
--   source (STRING): planned or queued.
--   suggested_price (FLOAT64): Price to ask, USD.
--   reason (STRING): Why this caption and this slot.
--   is_exported (BOOL): Whether exports show it; FALSE where only one of the two columns that say
--     what is in force says so.
SELECT
  r.page_name,
  r.schedule_id,
  r.scheduled_send_time,
  r.message_type,
  r.caption_id,
  r.price_tier,
  r.arm,
  r.source,
  r.suggested_price,
  r.reason,
  COALESCE(r.is_active AND r.status = 'active', FALSE) AS is_exported
FROM `${dataset}.schedule_recommendations` AS r
WHERE
  r.week_start = @week_start
  AND (r.status = 'active' OR r.is_active)
  AND (r.page_name IN UNNEST(@pages) OR ARRAY_LENGTH(@pages) = 0)
ORDER BY r.page_name, r.schedule_id, r.message_number;
