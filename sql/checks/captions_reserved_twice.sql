-- Pairs of active reservations of one caption, on any page, that lie too close together.
-- Grain: one row per pair; none is right.
SELECT
  a.caption_id,
  a.schedule_id,
  b.schedule_id AS other_schedule_id,
  a.scheduled_send_date,
  b.scheduled_send_date AS other_send_date
FROM `${dataset}.active_caption_assignments` AS a
INNER JOIN `${dataset}.active_caption_assignments` AS b ON a.caption_id = b.caption_id
CROSS JOIN `${dataset}.tuning` AS t
WHERE
  a.is_active
  AND b.is_active
  AND CONCAT(a.assignment_key, a.schedule_id) < CONCAT(b.assignment_key, b.schedule_id)
  AND ABS(DATE_DIFF(a.scheduled_send_date, b.scheduled_send_date, DAY)) <= t.reservation_days
ORDER BY a.caption_id, a.schedule_id, b.schedule_id;
