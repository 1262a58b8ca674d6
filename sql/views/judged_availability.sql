-- The rows of creator_availability and the lines of the spreadsheet's tab Days off and hours, and for
-- each that can't be used the first rule that it breaks.
-- Grain: one row per row of creator_availability, and per line that could be read.
-- Columns:
--   page_name (STRING): Page as the row has it.
--   meant_page (STRING): The page that is meant: without white space around it, in lower case.
--   first_date (DATE): First LA date of the span.
--   last_date (DATE): Last LA date of the span, included.
--   first_hour (INT64): First LA hour; NULL: as in the tuning.
--   last_hour (INT64): Last LA hour; NULL: as in the tuning.
--   is_closed (BOOL): Whether nothing is sent on the dates.
--   in_sheet (BOOL): Whether it is a line of the spreadsheet.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
CREATE OR REPLACE VIEW `${dataset}.judged_availability`
AS
WITH gathered AS (
  SELECT
    t.page_name, t.first_date, t.last_date, t.first_hour, t.last_hour, FALSE AS in_sheet
  FROM `${dataset}.creator_availability` AS t
  UNION ALL
  SELECT
    s.page_name, s.first_date, s.last_date, s.first_hour, s.last_hour, TRUE AS in_sheet
  FROM `${dataset}.sheet_decisions` AS s
  WHERE s.tab = 'Days off and hours' AND s.is_open AND s.fault IS NULL
)

SELECT
  a.page_name,
  LOWER(TRIM(a.page_name)) AS meant_page,
  a.first_date,
  a.last_date,
  a.first_hour,
  a.last_hour,
  a.first_hour IS NULL AND a.last_hour IS NULL AS is_closed,
  a.in_sheet,
  CASE
    WHEN a.page_name IS NULL OR TRIM(a.page_name) = '' THEN 'missing page_name'
    WHEN c.page_name IS NULL THEN 'the page is not in creators'
    WHEN a.first_date IS NULL THEN 'missing first_date'
    WHEN a.last_date IS NULL THEN 'missing last_date'
    WHEN a.last_date < a.first_date THEN 'last_date is before first_date'
    WHEN NOT a.first_hour BETWEEN 0 AND 23 THEN 'first_hour is not 0 to 23'
    WHEN NOT a.last_hour BETWEEN 0 AND 23 THEN 'last_hour is not 0 to 23'
  END AS reason
FROM gathered AS a
LEFT JOIN `${dataset}.usable_creators` AS c ON LOWER(TRIM(a.page_name)) = c.page_name;
