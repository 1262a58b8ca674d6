-- How new the caption statistics are, and what history there is for a week.
-- Grain: one row.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   stats_as_of: LA date after the last one that the statistics count; NULL before the first ones.
--   newest_before: LA date of the newest message facts before the week; NULL without any.
SELECT
  p.stats_as_of,
  f.newest_before
FROM (SELECT MAX(c.stats_as_of) AS stats_as_of FROM `${dataset}.caption_priors` AS c) AS p
CROSS JOIN (
  SELECT MAX(m.send_date) AS newest_before
  FROM `${dataset}.message_facts` AS m
  WHERE m.send_date < @week_start
) AS f;
