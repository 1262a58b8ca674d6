-- Releases the reservations that no active schedule holds, as after a rollback: those of the
-- schedules that it took back. Running it again changes nothing.
-- Parameters:
--   released_at (TIMESTAMP): When they are released.
UPDATE `${dataset}.active_caption_assignments` AS a
SET
  a.is_active = FALSE,
  a.deactivated_at = @released_at,
  a.deactivation_reason = 'rolled back'
WHERE
  a.is_active
  AND NOT EXISTS (
    SELECT 1
    FROM `${dataset}.schedule_recommendations` AS r
    WHERE r.schedule_id = a.schedule_id AND r.is_active
  );
