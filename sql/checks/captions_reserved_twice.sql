-- Pairs of active reservations of one caption, or of two that say the same (caption_contents), on any
-- page, that lie too close together.
-- Grain: one row per pair; none is right.
WITH held AS (
  SELECT
    a.assignment_key,
    a.schedule_id,
    a.caption_id,
    a.scheduled_send_date,
    COALESCE(c.content_id, a.caption_id) AS content_id
  FROM `${dataset}.active_caption_assignments` AS a
  LEFT JOIN `${dataset}.caption_contents` AS c ON a.caption_id = c.caption_id
  WHERE a.is_active
)

SELECT
  a.caption_id,
  a.schedule_id,
  b.schedule_id AS other_schedule_id,
  a.scheduled_send_date,
  b.scheduled_send_date AS other_send_date
FROM held AS a
INNER JOIN held AS b ON a.content_id = b.content_id
CROSS JOIN `${dataset}.tuning` AS t
WHERE
  CONCAT(a.assignment_key, a.schedule_id) < CONCAT(b.assignment_key, b.schedule_id)
  AND ABS(DATE_DIFF(a.scheduled_send_date, b.scheduled_send_date, DAY)) <= t.reservation_days
ORDER BY a.caption_id, a.schedule_id, b.schedule_id;
