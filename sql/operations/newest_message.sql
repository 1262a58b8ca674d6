-- When the newest message of the history was sent.
-- Grain: one row.
-- Columns:
--   newest: Instant of sending; NULL when there is no message.
SELECT MAX(m.sending_time) AS newest
FROM `${dataset}.mass_messages` AS m;
