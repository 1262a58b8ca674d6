-- Reserves every caption of a draft schedule and makes the schedule active, superseding the page's
-- earlier schedule of that week and releasing its reservations: all in one transaction, or not at
-- all. Raises an error that names the captions when another schedule holds any within 7 days, and
-- one when the page's week has begun and the draft isn't forced. Calling it again for an active
-- schedule changes nothing.
-- Given the beginning that several schedules share (`sched_20251103_`: a week), it locks all of
-- their drafts that can be, at once; those that can't stay drafts, as draft_obstacles shows. Of two
-- drafts that ask for one caption the first by id is locked. A caption may then pass from one of
-- their pages to another, if both pages' drafts are locked: a draft that can't be keeps from locking
-- those that wait for its captions, and so on. Three such steps are followed; should more be needed,
-- no draft is locked that waits for another.
-- Parameters:
--   p_schedule_id: schedule, or the beginning that several share.
--   p_locked: captions reserved by this call.
CREATE OR REPLACE PROCEDURE `${dataset}.lock_caption_assignments`(
  IN p_schedule_id STRING, OUT p_locked INT64
)
BEGIN
  DECLARE v_is_schedule BOOL;
  DECLARE v_is_known BOOL;
  DECLARE v_obstacles STRING;

  SET p_locked = 0;
  SET (v_is_schedule, v_is_known) = (
    SELECT AS STRUCT
      COALESCE(LOGICAL_OR(r.schedule_id = p_schedule_id), FALSE) AS is_schedule,
      COUNT(*) > 0 AS is_known
    FROM `${dataset}.schedule_recommendations` AS r
    WHERE
      r.schedule_id = p_schedule_id
      OR (
        STARTS_WITH(r.schedule_id, p_schedule_id)
        AND STARTS_WITH(p_schedule_id, 'sched_')
      )
  );
  IF NOT v_is_known THEN
    RAISE USING MESSAGE = CONCAT(
      'lock_caption_assignments: there is no schedule ', COALESCE(p_schedule_id, 'NULL')
    );
  END IF;

  BEGIN TRANSACTION;

  -- Two runs that planned the same content at once: one has locked it, the other loaded it again.
  DELETE FROM `${dataset}.schedule_recommendations` AS r
  WHERE
    r.status = 'draft'
    AND STARTS_WITH(r.schedule_id, p_schedule_id)
    AND r.schedule_id IN (
      SELECT s.schedule_id
      FROM `${dataset}.schedule_recommendations` AS s
      WHERE s.status = 'active'
    );

  IF v_is_schedule THEN
    SET v_obstacles = (
      SELECT STRING_AGG(
        CASE o.reason
          WHEN 'refused' THEN o.refusal
          WHEN 'begun' THEN
            CONCAT(
              'its week has begun with ', o.other_schedule_id,
              ' active; plan it with force to supersede that'
            )
          ELSE
            CONCAT(
              'caption ', CAST(o.caption_id AS STRING), ' is reserved by ', o.other_schedule_id
            )
        END,
        ', ' ORDER BY o.reason, o.caption_id, o.other_schedule_id, o.refusal
      )
      FROM `${dataset}.draft_obstacles` AS o
      WHERE o.schedule_id = p_schedule_id AND o.reason != 'drafted'
    );
    IF v_obstacles IS NOT NULL THEN
      RAISE USING MESSAGE = CONCAT(
        'lock_caption_assignments: ', p_schedule_id, ' was not locked: ', v_obstacles
      );
    END IF;
  END IF;

  CREATE OR REPLACE TEMP TABLE obstacles AS
  SELECT
    o.schedule_id,
    IF(STARTS_WITH(o.rival_draft_id, p_schedule_id), o.rival_draft_id, NULL) AS rival_draft_id
  FROM `${dataset}.draft_obstacles` AS o
  WHERE
    STARTS_WITH(o.schedule_id, p_schedule_id)
    AND (o.reason != 'drafted' OR STARTS_WITH(o.other_schedule_id, p_schedule_id));

  CREATE OR REPLACE TEMP TABLE locked_reservations AS
  WITH never_locked AS (
    SELECT DISTINCT o.schedule_id
    FROM obstacles AS o
    WHERE o.rival_draft_id IS NULL
  ),

  -- Those that wait for one of these.
  waiting AS (
    SELECT n.schedule_id FROM never_locked AS n
    UNION DISTINCT
    SELECT o.schedule_id
    FROM obstacles AS o
    INNER JOIN never_locked AS n ON o.rival_draft_id = n.schedule_id
  ),

  -- And those that wait for one of those.
  still_waiting AS (
    SELECT w.schedule_id FROM waiting AS w
    UNION DISTINCT
    SELECT o.schedule_id
    FROM obstacles AS o
    INNER JOIN waiting AS w ON o.rival_draft_id = w.schedule_id
  ),

  -- Should that not be all, whatever waits.
  blocked AS (
    SELECT s.schedule_id FROM still_waiting AS s
    UNION DISTINCT
    SELECT o.schedule_id
    FROM obstacles AS o
    WHERE EXISTS (
      SELECT 1
      FROM obstacles AS x
      INNER JOIN still_waiting AS s ON x.rival_draft_id = s.schedule_id
      WHERE x.schedule_id NOT IN (SELECT y.schedule_id FROM still_waiting AS y)
    )
  )

  SELECT d.*
  FROM `${dataset}.draft_reservations` AS d
  WHERE
    STARTS_WITH(d.schedule_id, p_schedule_id)
    AND d.schedule_id NOT IN (SELECT b.schedule_id FROM blocked AS b);

  UPDATE `${dataset}.active_caption_assignments` AS a
  SET
    is_active = FALSE,
    deactivated_at = CURRENT_TIMESTAMP(),
    deactivation_reason = 'superseded'
  WHERE
    a.is_active
    AND a.schedule_id IN (
      SELECT r.schedule_id
      FROM `${dataset}.schedule_recommendations` AS r
      INNER JOIN locked_reservations AS k
        ON r.page_name = k.page_name AND r.week_start = k.week_start
      WHERE r.status = 'active'
    );

  INSERT INTO `${dataset}.active_caption_assignments` (
    assignment_key, schedule_id, page_name, caption_id, scheduled_send_date, scheduled_send_hour,
    price_tier, is_active, assigned_at, expires_at
  )
  SELECT
    k.assignment_key,
    k.schedule_id,
    k.page_name,
    k.caption_id,
    k.scheduled_send_date,
    k.scheduled_send_hour,
    k.price_tier,
    TRUE AS is_active,
    CURRENT_TIMESTAMP() AS assigned_at,
    k.expires_at
  FROM locked_reservations AS k;

  -- The same content planned again after it was superseded has the same id: one copy stays.
  DELETE FROM `${dataset}.schedule_recommendations` AS r
  WHERE
    r.status = 'superseded'
    AND r.schedule_id IN (SELECT k.schedule_id FROM locked_reservations AS k);

  UPDATE `${dataset}.schedule_recommendations` AS r
  SET
    status = IF(r.status = 'draft', 'active', 'superseded'),
    is_active = r.status = 'draft'
  WHERE
    (
      r.status = 'draft'
      AND r.schedule_id IN (SELECT k.schedule_id FROM locked_reservations AS k)
    )
    OR (
      r.status = 'active'
      AND EXISTS (
        SELECT 1
        FROM locked_reservations AS k
        WHERE r.page_name = k.page_name AND r.week_start = k.week_start
      )
    );

  SET p_locked = (SELECT COUNT(*) FROM locked_reservations);
  COMMIT TRANSACTION;
END;
