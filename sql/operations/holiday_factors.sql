-- The holidays of a week.
-- Grain: one row per LA date of the week that is in the holiday calendar.
-- Parameters:
--   week_start (DATE): Monday that names the week.
SELECT
  h.holiday_date,
  h.holiday_name,
  h.volume_factor
FROM `${dataset}.holiday_calendar` AS h
WHERE h.holiday_date >= @week_start AND h.holiday_date < DATE_ADD(@week_start, INTERVAL 7 DAY)
ORDER BY h.holiday_date;
