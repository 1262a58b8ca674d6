-- When the captions with terms may be sent, and how often they were. Selection leaves a caption out
-- of a week whose seven dates are not all among its dates, or when no send is left.
-- Grain: one row per caption of caption_terms.
-- Columns:
--   caption_id (INT64): Caption.
--   active_from (DATE): First LA date; NULL: any.
--   active_until (DATE): Last LA date; NULL: any.
--   max_sends (INT64): Messages that may be made from it; NULL: any number.
--   sends (INT64): Messages that were made from it, on all pages together.
CREATE OR REPLACE VIEW `${dataset}.caption_availability`
AS
WITH sent AS (
  SELECT
    f.caption_id,
    COUNT(*) AS sends
  FROM `${dataset}.message_facts` AS f
  WHERE f.caption_id IS NOT NULL
  GROUP BY f.caption_id
)

SELECT
  t.caption_id,
  MAX(t.active_from) AS active_from,
  MIN(t.active_until) AS active_until,
  MIN(t.max_sends) AS max_sends,
  COALESCE(MAX(s.sends), 0) AS sends
FROM `${dataset}.caption_terms` AS t
LEFT JOIN sent AS s ON t.caption_id = s.caption_id
WHERE t.caption_id IS NOT NULL
GROUP BY t.caption_id;
