-- What is in force for a week, as one digest: the messages of its active schedules with their texts,
-- and the reservations within 7 days of it. New history and new statistics do not change it.
-- Grain: one row.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   state (STRING): SHA-256 in hex; `empty` when there is nothing.
WITH parts AS (
  SELECT
    TO_HEX(SHA256(CONCAT(
      COALESCE(r.schedule_id, ''), '|', COALESCE(r.page_name, ''), '|',
      COALESCE(CAST(r.message_number AS STRING), ''), '|',
      COALESCE(r.send_time_local, ''), '|', COALESCE(CAST(r.send_date AS STRING), ''), '|',
      COALESCE(CAST(r.send_hour AS STRING), ''), '|', COALESCE(r.day_of_week, ''), '|',
      COALESCE(r.message_type, ''), '|',
      COALESCE(CAST(r.caption_id AS STRING), ''), '|', COALESCE(r.price_tier, ''), '|',
      COALESCE(r.arm, ''), '|', COALESCE(r.caption_text, ''), '|',
      COALESCE(CAST(r.suggested_price AS STRING), ''), '|', COALESCE(r.reason, ''), '|',
      COALESCE(r.source, ''), '|', COALESCE(r.status, '')
    ))) AS digest
  FROM `${dataset}.schedule_recommendations_with_messages` AS r
  WHERE r.week_start = @week_start
  UNION ALL
  SELECT TO_HEX(SHA256(CONCAT(a.assignment_key, '|', a.schedule_id))) AS digest
  FROM `${dataset}.active_caption_assignments` AS a
  WHERE
    a.is_active
    AND a.scheduled_send_date >= DATE_SUB(@week_start, INTERVAL 7 DAY)
    AND a.scheduled_send_date <= DATE_ADD(@week_start, INTERVAL 13 DAY)
)

SELECT COALESCE(TO_HEX(SHA256(STRING_AGG(p.digest, '' ORDER BY p.digest))), 'empty') AS state
FROM parts AS p;
