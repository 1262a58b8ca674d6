-- Forgets what message_facts were made from, so that the next refresh sorts the whole history again.
-- For facts that a rollback has taken from a backup without message_days.
DELETE FROM `${dataset}.message_days` WHERE send_date IS NOT NULL;
