-- Releases the reservations that have expired. Run again for the same instant, it changes nothing.
-- Parameters:
--   now (TIMESTAMP): instant; what expired until then is released.
UPDATE `${dataset}.active_caption_assignments` AS a
SET
  is_active = FALSE,
  deactivated_at = @now,
  deactivation_reason = 'expired'
WHERE a.is_active AND a.expires_at <= @now;
