-- When the newest message of the history was sent. A message that is scheduled, withdrawn before it
-- was sent, or dated after @until, was not sent, or its date is wrong.
-- Grain: one row.
-- Parameters:
--   until (TIMESTAMP): present instant.
-- Columns:
--   newest: Instant of sending; NULL when there is no message.
SELECT MAX(m.sending_time) AS newest
FROM `${dataset}.mass_messages` AS m
WHERE
  m.sending_time >= TIMESTAMP '2000-01-01 00:00:00+00'
  AND m.sending_time <= @until
  AND COALESCE(LOWER(TRIM(m.status)), 'sent') != 'scheduled'
  AND NOT (COALESCE(LOWER(TRIM(m.status)) = 'withdrawn', FALSE) AND COALESCE(m.sent_count, 0) = 0);
