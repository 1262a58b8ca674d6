-- Withdraws the drafts and the schedules in force of pages in some weeks, and releases what they
-- reserve. Rows that somebody has given another page or week are withdrawn with their schedule.
-- Running it again changes nothing.
-- Parameters:
--   pages (ARRAY<STRING>): pages to withdraw.
--   first_week (DATE): Monday of the first week.
--   last_week (DATE): Monday of the last week.
--   withdrawn_at (TIMESTAMP): when they are withdrawn.
BEGIN TRANSACTION;

UPDATE `${dataset}.active_caption_assignments` AS a
SET
  is_active = FALSE,
  deactivated_at = @withdrawn_at,
  deactivation_reason = 'withdrawn'
WHERE
  a.is_active
  AND EXISTS (
    SELECT 1
    FROM `${dataset}.schedule_recommendations` AS r
    WHERE
      r.schedule_id = a.schedule_id
      AND r.page_name IN UNNEST(@pages)
      AND r.week_start BETWEEN @first_week AND @last_week
  );

UPDATE `${dataset}.schedule_recommendations` AS r
SET
  status = 'superseded',
  is_active = FALSE
WHERE
  (r.status IN ('draft', 'active') OR r.is_active)
  AND (
    (r.page_name IN UNNEST(@pages) AND r.week_start BETWEEN @first_week AND @last_week)
    OR r.schedule_id IN (
      SELECT s.schedule_id
      FROM `${dataset}.schedule_recommendations` AS s
      WHERE s.page_name IN UNNEST(@pages) AND s.week_start BETWEEN @first_week AND @last_week
    )
  );

COMMIT TRANSACTION;
