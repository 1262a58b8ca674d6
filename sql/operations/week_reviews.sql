-- What reviewers said of a week's captions, for lines of schedules that are new to the Review tab.
-- Grain: one row per page and caption that is approved in the week and nowhere in it rejected.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  v.page_name,
  v.caption_id,
  v.decision,
  v.note
FROM `${dataset}.schedule_review` AS v
LEFT JOIN `${dataset}.schedule_review` AS r
  ON
    v.page_name = r.page_name
    AND v.week_start = r.week_start
    AND v.caption_id = r.caption_id
    AND r.decision = 'reject'
WHERE v.week_start = @week_start AND v.decision = 'approve' AND r.caption_id IS NULL
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY v.page_name, v.caption_id
    ORDER BY v.read_at DESC, v.schedule_id, v.message_number
  ) = 1
ORDER BY v.page_name, v.caption_id;
