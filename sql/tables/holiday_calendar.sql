-- Configuration: US holidays and commercial days with their effect on volume.
-- Grain: one row per date; where several fall on one date, the strongest.
CREATE TABLE IF NOT EXISTS `${dataset}.holiday_calendar` (
  holiday_date DATE OPTIONS (description = "LA date."),
  holiday_name STRING OPTIONS (description = "Name."),
  volume_factor FLOAT64 OPTIONS (description = "Factor on the day's volume; the week takes the mean of its dates.")
);
