-- The rows of creator_availability, and for each that can't be used the first rule that it breaks.
-- Grain: one row per row of creator_availability.
-- Columns:
--   page_name (STRING): Page as the row has it.
--   meant_page (STRING): The page that is meant: without white space around it, in lower case.
--   first_date (DATE): First LA date of the span.
--   last_date (DATE): Last LA date of the span, included.
--   first_hour (INT64): First LA hour; NULL: as in the tuning.
--   last_hour (INT64): Last LA hour; NULL: as in the tuning.
--   is_closed (BOOL): Whether nothing is sent on the dates.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
CREATE OR REPLACE VIEW `${dataset}.judged_availability`
AS
SELECT
  a.page_name,
  LOWER(TRIM(a.page_name)) AS meant_page,
  a.first_date,
  a.last_date,
  a.first_hour,
  a.last_hour,
  a.first_hour IS NULL AND a.last_hour IS NULL AS is_closed,
  CASE
    WHEN a.page_name IS NULL OR TRIM(a.page_name) = '' THEN 'missing page_name'
    WHEN c.page_name IS NULL THEN 'the page is not in creators'
    WHEN a.first_date IS NULL THEN 'missing first_date'
    WHEN a.last_date IS NULL THEN 'missing last_date'
    WHEN a.last_date < a.first_date THEN 'last_date is before first_date'
    WHEN NOT a.first_hour BETWEEN 0 AND 23 THEN 'first_hour is not 0 to 23'
    WHEN NOT a.last_hour BETWEEN 0 AND 23 THEN 'last_hour is not 0 to 23'
  END AS reason
FROM `${dataset}.creator_availability` AS a
LEFT JOIN `${dataset}.usable_creators` AS c ON LOWER(TRIM(a.page_name)) = c.page_name;
