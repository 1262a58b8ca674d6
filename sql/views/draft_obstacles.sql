-- What keeps draft schedules from being locked: captions that another schedule holds within 7 days
-- (tuning), or others that say the same (caption_contents), and a week that has begun with a schedule in force, unless the draft is forced. And
-- what keeps drafts from being locked together: captions that an earlier draft, by id, asks for too.
-- A reservation of the draft's own page in its own week is no obstacle: locking releases it. One of
-- another page whose schedule a draft of the same week replaces (`rival_draft_id`) is none either
-- when both are locked together.
-- And what was planned but can't be published, as the planner found.
-- Grain: one row per draft schedule and reservation in its way, schedule in force, caption that an
-- earlier draft asks for, or refusal.
-- Columns:
--   schedule_id (STRING): Draft schedule.
--   page_name (STRING): Its page.
--   week_start (DATE): Its week.
--   reason (STRING): reserved, begun, refused (what was planned can't be published), or drafted (an
--     obstacle only where both drafts are locked at once).
--   caption_id (INT64): Caption of the other schedule; NULL for begun.
--   other_schedule_id (STRING): The schedule in the way.
--   rival_draft_id (STRING): Draft that would supersede the schedule in the way; NULL when there is none.
--   refusal (STRING): Why what was planned can't be published; NULL for the other reasons.
CREATE OR REPLACE VIEW `${dataset}.draft_obstacles`
AS
WITH held AS (
  SELECT
    a.schedule_id,
    a.page_name,
    a.scheduled_send_date,
    COALESCE(c.content_id, a.caption_id) AS content_id
  FROM `${dataset}.active_caption_assignments` AS a
  LEFT JOIN `${dataset}.caption_contents` AS c ON a.caption_id = c.caption_id
  WHERE a.is_active
),

schedules AS (
  SELECT DISTINCT
    schedule_id,
    page_name,
    week_start,
    status,
    planned_at,
    is_forced,
    refusal
  FROM `${dataset}.schedule_recommendations`
  WHERE status IN ('draft', 'active')
)

SELECT
  d.schedule_id,
  d.page_name,
  d.week_start,
  'reserved' AS reason,
  d.caption_id,
  a.schedule_id AS other_schedule_id,
  r.schedule_id AS rival_draft_id,
  CAST(NULL AS STRING) AS refusal
FROM `${dataset}.draft_reservations` AS d
CROSS JOIN `${dataset}.tuning` AS t
INNER JOIN held AS a
  ON
    d.content_id = a.content_id
    AND ABS(DATE_DIFF(a.scheduled_send_date, d.scheduled_send_date, DAY)) <= t.reservation_days
    AND NOT (
      a.page_name = d.page_name
      AND a.scheduled_send_date >= d.week_start
      AND a.scheduled_send_date <= DATE_ADD(d.week_start, INTERVAL 6 DAY)
    )
LEFT JOIN schedules AS r
  ON
    r.status = 'draft'
    AND a.page_name = r.page_name
    AND d.week_start = r.week_start
    AND a.scheduled_send_date >= r.week_start
    AND a.scheduled_send_date <= DATE_ADD(r.week_start, INTERVAL 6 DAY)
UNION ALL
SELECT
  d.schedule_id,
  d.page_name,
  d.week_start,
  'begun' AS reason,
  CAST(NULL AS INT64) AS caption_id,
  s.schedule_id AS other_schedule_id,
  CAST(NULL AS STRING) AS rival_draft_id,
  CAST(NULL AS STRING) AS refusal
FROM schedules AS d
INNER JOIN schedules AS s
  ON d.page_name = s.page_name AND d.week_start = s.week_start AND s.status = 'active'
WHERE
  d.status = 'draft'
  AND NOT d.is_forced
  AND d.planned_at > TIMESTAMP(d.week_start, 'America/Los_Angeles')
UNION ALL
SELECT
  d.schedule_id,
  d.page_name,
  d.week_start,
  'drafted' AS reason,
  d.caption_id,
  e.schedule_id AS other_schedule_id,
  CAST(NULL AS STRING) AS rival_draft_id,
  CAST(NULL AS STRING) AS refusal
FROM `${dataset}.draft_reservations` AS d
CROSS JOIN `${dataset}.tuning` AS t
INNER JOIN `${dataset}.draft_reservations` AS e
  ON
    d.content_id = e.content_id
    AND d.schedule_id > e.schedule_id
    AND ABS(DATE_DIFF(e.scheduled_send_date, d.scheduled_send_date, DAY)) <= t.reservation_days
UNION ALL
SELECT
  d.schedule_id,
  d.page_name,
  d.week_start,
  'refused' AS reason,
  CAST(NULL AS INT64) AS caption_id,
  CAST(NULL AS STRING) AS other_schedule_id,
  CAST(NULL AS STRING) AS rival_draft_id,
  d.refusal
FROM schedules AS d
WHERE d.status = 'draft' AND d.refusal IS NOT NULL;
