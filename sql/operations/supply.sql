-- What is there for people to work with.
-- Grain: exactly one row.
-- Parameters:
--   planned_at (TIMESTAMP): the business's instant; messages after it don't count.
--   overdue_at (TIMESTAMP): reservations that expired until then should have been released.
SELECT
  (
    SELECT MAX(m.sending_time)
    FROM `${dataset}.mass_messages` AS m
    WHERE
      m.sending_time >= TIMESTAMP '2000-01-01 00:00:00+00'
      AND m.sending_time <= @planned_at
      AND COALESCE(LOWER(TRIM(m.status)), 'sent') != 'scheduled'
  ) AS newest_message,
  (SELECT COUNT(*) FROM `${dataset}.usable_creators` AS c WHERE c.is_active) AS active_creators,
  (
    SELECT COUNT(*)
    FROM `${dataset}.active_caption_assignments` AS a
    WHERE a.is_active AND a.expires_at <= @overdue_at
  ) AS expired_reservations;
