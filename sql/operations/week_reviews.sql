-- What people said of a week's messages, for lines and columns that the Review tab gets.
-- Of a message in force it is what they said of it or, where they said nothing, an approval of the
-- same caption in another schedule of the week, which stays where the time moved by at most
-- approval_moves_minutes and no line of the week rejects it.
-- Grain: one row per message of the week's schedules about which something is known.
-- Parameters:
--   week_start (DATE): Monday that names the week.
WITH
  active AS (
    SELECT
      r.schedule_id,
      r.message_number,
      r.page_name,
      r.caption_id,
      r.scheduled_send_time
    FROM `${dataset}.schedule_recommendations` AS r
    WHERE r.week_start = @week_start AND r.status = 'active'
  ),

  approved AS (
    SELECT
      a.schedule_id,
      a.message_number,
      v.decision,
      v.note
    FROM active AS a
    INNER JOIN `${dataset}.schedule_review` AS v
      ON
        a.page_name = v.page_name
        AND a.caption_id = v.caption_id
        AND v.week_start = @week_start
        AND v.decision = 'approve'
    INNER JOIN `${dataset}.schedule_recommendations` AS o
      ON
        v.schedule_id = o.schedule_id
        AND v.message_number = o.message_number
        AND o.week_start = @week_start
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN `${dataset}.schedule_review` AS x
      ON
        a.page_name = x.page_name
        AND a.caption_id = x.caption_id
        AND x.week_start = @week_start
        AND x.decision = 'reject'
    WHERE
      x.caption_id IS NULL
      AND ABS(TIMESTAMP_DIFF(a.scheduled_send_time, o.scheduled_send_time, MINUTE))
      <= t.approval_moves_minutes
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY a.schedule_id, a.message_number
        ORDER BY v.read_at DESC, v.schedule_id, v.message_number
      ) = 1
  )

SELECT
  a.schedule_id,
  a.message_number,
  IF(own.schedule_id IS NULL, p.decision, own.decision) AS decision,
  IF(own.schedule_id IS NULL, p.note, own.note) AS note
FROM active AS a
LEFT JOIN `${dataset}.schedule_review` AS own
  ON
    a.schedule_id = own.schedule_id
    AND a.message_number = own.message_number
    AND own.week_start = @week_start
LEFT JOIN approved AS p ON a.schedule_id = p.schedule_id AND a.message_number = p.message_number
WHERE own.schedule_id IS NOT NULL OR p.schedule_id IS NOT NULL
UNION ALL
SELECT
  v.schedule_id,
  v.message_number,
  v.decision,
  v.note
FROM `${dataset}.schedule_review` AS v
LEFT JOIN active AS a ON v.schedule_id = a.schedule_id AND v.message_number = a.message_number
WHERE v.week_start = @week_start AND a.schedule_id IS NULL
ORDER BY schedule_id, message_number;
