-- What dates the history spans. Messages that are scheduled, withdrawn before they were
-- sent, or dated after @until, are not among them.
-- Grain: one row.
-- Parameters:
--   until (TIMESTAMP): present instant.
-- Columns:
--   messages: Messages with a time.
--   oldest: LA date of the oldest message; NULL when there is no message.
--   newest: LA date of the newest message.
SELECT
  COUNT(m.sending_time) AS messages,
  DATE(MIN(m.sending_time), 'America/Los_Angeles') AS oldest,
  DATE(MAX(m.sending_time), 'America/Los_Angeles') AS newest
FROM `${dataset}.mass_messages` AS m
WHERE
  m.sending_time <= @until
  AND COALESCE(LOWER(TRIM(m.status)), 'sent') != 'scheduled'
  AND NOT (COALESCE(LOWER(TRIM(m.status)) = 'withdrawn', FALSE) AND COALESCE(m.sent_count, 0) = 0);
