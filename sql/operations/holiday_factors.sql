-- The holidays of a week. A factor that is no number above 0, or above 10, counts as none.
-- Grain: one row per LA date of the week that is in the holiday calendar.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  h.holiday_date,
  MIN(h.holiday_name) AS holiday_name,
  MIN(h.volume_factor) AS volume_factor
FROM `${dataset}.holiday_calendar` AS h
WHERE
  h.holiday_date >= @week_start
  AND h.holiday_date < DATE_ADD(@week_start, INTERVAL 7 DAY)
  AND h.volume_factor > 0
  AND h.volume_factor <= 10
GROUP BY h.holiday_date
ORDER BY h.holiday_date;
