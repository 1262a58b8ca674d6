-- The messages of a week that are in quarantine, by reason, and what they earned by their own account.
-- Older counts of a message that newer ones replace are not lost and are left out. A row without a
-- readable sending time counts in the week in which it was first rejected.
-- Grain: one row per reason.
-- Parameters:
--   first_date (DATE): first date of the week.
--   last_date (DATE): last date.
-- Columns:
--   reason: The first rule that they break.
--   messages: Messages.
--   earnings: Sum of their earnings, USD; what is no number counts nothing.
SELECT
  q.reason,
  COUNT(*) AS messages,
  COALESCE(
    SUM(SAFE_CAST(REGEXP_EXTRACT(q.payload, r'"earnings":([0-9]+(?:\.[0-9]+)?)') AS FLOAT64)), 0.0
  ) AS earnings
FROM `${dataset}.quarantined_messages` AS q
WHERE
  q.reason != 'replaced by newer counts'
  AND COALESCE(
    SAFE_CAST(
      REGEXP_EXTRACT(q.payload, r'"sending_time":"([0-9]{4}-[0-9]{2}-[0-9]{2})') AS DATE
    ),
    DATE(q.quarantined_at, 'America/Los_Angeles')
  )
  BETWEEN @first_date AND @last_date
GROUP BY q.reason
ORDER BY messages DESC, q.reason;
