-- The gate's verdict on one state of a week, when there is one.
-- Grain: one row per condition, in order.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   state (STRING): what was judged.
SELECT
  v.condition,
  v.meaning,
  v.observed,
  v.threshold,
  v.offenders,
  v.pages,
  v.run_id
FROM `${dataset}.gate_verdicts` AS v
WHERE v.week_start = @week_start AND v.state = @state
ORDER BY v.position;
