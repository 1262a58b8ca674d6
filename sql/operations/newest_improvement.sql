-- The newest measurement of treatment against control, over all creators and weeks.
-- Grain: one row, or none before the first measurement.
SELECT
  e.as_of,
  e.relative_improvement,
  e.relative_lower,
  e.relative_upper,
  e.weeks_measured,
  e.weeks_until_detectable
FROM `${dataset}.emv_improvement` AS e
WHERE e.scope = 'overall'
ORDER BY e.as_of DESC
LIMIT 1;
