-- What people queued for no week that a plan may still take in: the page's history has reached its
-- time and has no message within an hour of it, or it lies after the weeks that can be planned yet.
-- Grain: one row per page and instant at which something is queued, in order.
-- Parameters:
--   week_start (DATE): Monday that names the week; earlier and far later instants are looked at.
--   weeks_ahead (INT64): weeks after this one that can be planned.
WITH queue AS (
  SELECT DISTINCT
    q.meant_page AS page_name,
    q.send_time
  FROM `${dataset}.judged_queue` AS q
  WHERE q.reason IS NULL
),

reached AS (
  SELECT
    f.page_name,
    MAX(f.sending_time) AS sending_time
  FROM `${dataset}.message_facts` AS f
  WHERE f.page_name IN (SELECT q.page_name FROM queue AS q)
  GROUP BY f.page_name
),

sent AS (
  SELECT DISTINCT
    q.page_name,
    q.send_time
  FROM queue AS q
  INNER JOIN `${dataset}.message_facts` AS f
    ON
      q.page_name = f.page_name
      AND f.sending_time BETWEEN TIMESTAMP_SUB(q.send_time, INTERVAL 1 HOUR)
      AND TIMESTAMP_ADD(q.send_time, INTERVAL 1 HOUR)
)

SELECT
  q.page_name,
  q.send_time,
  q.send_time < TIMESTAMP(@week_start, 'America/Los_Angeles') AS has_passed
FROM queue AS q
LEFT JOIN reached AS r ON q.page_name = r.page_name
LEFT JOIN sent AS s ON q.page_name = s.page_name AND q.send_time = s.send_time
WHERE
  (
    q.send_time < TIMESTAMP(@week_start, 'America/Los_Angeles')
    AND q.send_time <= r.sending_time
    AND s.page_name IS NULL
  )
  OR q.send_time >= TIMESTAMP(
    DATE_ADD(@week_start, INTERVAL 7 * (@weeks_ahead + 1) DAY), 'America/Los_Angeles'
  )
ORDER BY q.page_name, q.send_time;
