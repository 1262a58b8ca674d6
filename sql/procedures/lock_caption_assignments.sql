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
  DECLARE v_is_known BOOL;
  DECLARE v_obstacles STRING;

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

  CREATE OR REPLACE TEMP TABLE obstacles AS
  SELECT
    o.schedule_id,
    o.reason,
    o.caption_id,
    o.other_schedule_id,
    o.refusal,
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

  SELECT d.* EXCEPT (content_id)
  FROM `${dataset}.draft_reservations` AS d
  WHERE
    STARTS_WITH(d.schedule_id, p_schedule_id)
    AND d.schedule_id NOT IN (SELECT b.schedule_id FROM blocked AS b);

  SET (v_is_known, v_obstacles, p_locked) = (
    SELECT AS STRUCT
      EXISTS (
        SELECT 1
        FROM `${dataset}.schedule_recommendations` AS r
        WHERE
          r.schedule_id = p_schedule_id
          OR (
            STARTS_WITH(r.schedule_id, p_schedule_id)
            AND STARTS_WITH(p_schedule_id, 'sched_')
          )
      ) AS is_known,
      (
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
        FROM obstacles AS o
        WHERE o.schedule_id = p_schedule_id AND o.reason != 'drafted'
      ) AS obstacles,
      (SELECT COUNT(*) FROM locked_reservations) AS locked
  );
  IF NOT v_is_known THEN
    RAISE USING MESSAGE = CONCAT(
      'lock_caption_assignments: there is no schedule ', COALESCE(p_schedule_id, 'NULL')
    );
  END IF;
  IF v_obstacles IS NOT NULL THEN
    RAISE USING MESSAGE = CONCAT(
      'lock_caption_assignments: ', p_schedule_id, ' was not locked: ', v_obstacles
    );
  END IF;

  -- Reservations of the schedules that are superseded are released, and the drafts' own are made.
  MERGE INTO `${dataset}.active_caption_assignments` AS a
  USING (
    SELECT
      r.schedule_id AS superseded_id,
      CAST(NULL AS STRING) AS assignment_key,
      CAST(NULL AS STRING) AS schedule_id,
      CAST(NULL AS STRING) AS page_name,
      CAST(NULL AS INT64) AS caption_id,
      CAST(NULL AS DATE) AS scheduled_send_date,
      CAST(NULL AS INT64) AS scheduled_send_hour,
      CAST(NULL AS STRING) AS price_tier,
      CAST(NULL AS TIMESTAMP) AS expires_at
    FROM `${dataset}.schedule_recommendations` AS r
    INNER JOIN locked_reservations AS k
      ON r.page_name = k.page_name AND r.week_start = k.week_start
    WHERE r.status = 'active'
    GROUP BY r.schedule_id
    UNION ALL
    SELECT
      CAST(NULL AS STRING) AS superseded_id,
      k.assignment_key,
      k.schedule_id,
      k.page_name,
      k.caption_id,
      k.scheduled_send_date,
      k.scheduled_send_hour,
      k.price_tier,
      k.expires_at
    FROM locked_reservations AS k
  ) AS f
  ON a.schedule_id = f.superseded_id
  WHEN MATCHED AND a.is_active THEN
    UPDATE SET
      is_active = FALSE,
      deactivated_at = CURRENT_TIMESTAMP(),
      deactivation_reason = 'superseded'
  WHEN NOT MATCHED AND f.superseded_id IS NULL THEN
    INSERT (
      assignment_key, schedule_id, page_name, caption_id, scheduled_send_date,
      scheduled_send_hour, price_tier, is_active, assigned_at, expires_at
    )
    VALUES (
      f.assignment_key, f.schedule_id, f.page_name, f.caption_id, f.scheduled_send_date,
      f.scheduled_send_hour, f.price_tier, TRUE, CURRENT_TIMESTAMP(), f.expires_at
    );

  -- The same content planned again after it was superseded has the same id: one copy stays.
  MERGE INTO `${dataset}.schedule_recommendations` AS r
  USING (
    SELECT
      d.page_name,
      d.week_start,
      ARRAY_AGG(d.schedule_id IGNORE NULLS ORDER BY d.schedule_id) AS drafts
    FROM (SELECT DISTINCT page_name, week_start, schedule_id FROM locked_reservations) AS d
    GROUP BY d.page_name, d.week_start
  ) AS k
  ON r.page_name = k.page_name AND r.week_start = k.week_start
  WHEN MATCHED AND r.status = 'superseded' AND r.schedule_id IN UNNEST(k.drafts) THEN DELETE
  WHEN MATCHED
    AND (r.status = 'active' OR (r.status = 'draft' AND r.schedule_id IN UNNEST(k.drafts)))
    THEN
      UPDATE SET
        status = IF(r.status = 'draft', 'active', 'superseded'),
        is_active = r.status = 'draft';

  COMMIT TRANSACTION;
END;
