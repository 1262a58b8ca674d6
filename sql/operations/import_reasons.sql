-- Why rows of mass_messages are in quarantine, the most frequent reason first. Newer counts that
-- replace a row, and a withdrawal before the time of sending, are reasons and no faults.
-- Grain: one row per reason.
-- Columns:
--   reason: The rule that the rows break, or why they do not count.
--   messages: How many rows.
--   first_row_id: The smallest row_id among them; NULL without any.
SELECT
  q.reason,
  COUNT(*) AS messages,
  MIN(q.row_id) AS first_row_id
FROM `${dataset}.quarantined_messages` AS q
GROUP BY q.reason
ORDER BY messages DESC, q.reason;
