-- Why rows of mass_messages were rejected, the most frequent reason first.
-- Grain: one row per reason.
-- Columns:
--   reason: The rule that the rows break.
--   messages: How many rows.
SELECT
  q.reason,
  COUNT(*) AS messages
FROM `${dataset}.quarantined_messages` AS q
WHERE q.reason NOT IN ('replaced by newer counts', 'withdrawn before it was sent')
GROUP BY q.reason
ORDER BY messages DESC, q.reason;
