-- Captions that are not free in a week: reserved within the reservation days around it, or queued by
-- people in that time.
-- Grain: one row per caption, and page that has it.
-- Parameters:
--   p_week_start: Monday that names the week.
-- Columns:
--   page_name (STRING): Page that has it; NULL when people queued it.
--   caption_id (INT64): Caption, any of its content.
--   is_reserved_in_week (BOOL): Whether the page has it for the week itself.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.taken_captions`(p_week_start DATE)
AS (
  SELECT
    a.page_name,
    a.caption_id,
    a.scheduled_send_date >= p_week_start
    AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL 6 DAY) AS is_reserved_in_week
  FROM `${dataset}.active_caption_assignments` AS a
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    a.is_active
    AND a.caption_id IS NOT NULL
    AND a.scheduled_send_date >= DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
    AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
  UNION ALL
  SELECT
    NULL AS page_name,
    q.caption_id,
    FALSE AS is_reserved_in_week
  FROM `${dataset}.whole_queue` AS q
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    q.caption_id IS NOT NULL
    AND DATE(q.send_time, 'America/Los_Angeles')
    BETWEEN DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
    AND DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
);
