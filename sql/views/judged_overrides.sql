-- The rows of creator_overrides and the lines of the spreadsheet's tab Overrides, and for each that
-- can't be used the first rule that it breaks.
-- Grain: one row per row of creator_overrides, and per line that could be read.
-- Columns:
--   page_name (STRING): Page as the row has it.
--   meant_page (STRING): The page that is meant: without white space around it, in lower case.
--   weekly_ppv (INT64): PPVs a week; NULL: as computed.
--   weekly_bump (INT64): Bumps a week; NULL: as computed.
--   min_gap_minutes (INT64): Least time between two PPVs, minutes; NULL: as computed.
--   max_messages_per_day (INT64): Most messages a day; NULL: as computed.
--   valid_from (DATE): First LA date on which it holds; NULL: since ever.
--   valid_until (DATE): Last LA date on which it holds; NULL: until further notice.
--   in_sheet (BOOL): Whether it is a line of the spreadsheet.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
CREATE OR REPLACE VIEW `${dataset}.judged_overrides`
AS
WITH gathered AS (
  SELECT
    t.page_name, t.weekly_ppv, t.weekly_bump, t.min_gap_minutes, t.max_messages_per_day,
    t.valid_from, t.valid_until, FALSE AS in_sheet
  FROM `${dataset}.creator_overrides` AS t
  UNION ALL
  SELECT
    s.page_name, s.weekly_ppv, s.weekly_bump, s.min_gap_minutes, s.max_messages_per_day,
    s.valid_from, s.valid_until, TRUE AS in_sheet
  FROM `${dataset}.sheet_decisions` AS s
  WHERE s.tab = 'Overrides' AND s.is_open AND s.fault IS NULL
)

SELECT
  o.page_name,
  LOWER(TRIM(o.page_name)) AS meant_page,
  o.weekly_ppv,
  o.weekly_bump,
  o.min_gap_minutes,
  o.max_messages_per_day,
  o.valid_from,
  o.valid_until,
  o.in_sheet,
  CASE
    WHEN o.page_name IS NULL OR TRIM(o.page_name) = '' THEN 'missing page_name'
    WHEN c.page_name IS NULL THEN 'the page is not in creators'
    WHEN o.valid_until < o.valid_from THEN 'valid_until is before valid_from'
    WHEN NOT o.weekly_ppv BETWEEN 0 AND 200 THEN 'weekly_ppv is not 0 to 200'
    WHEN NOT o.weekly_bump BETWEEN 0 AND 200 THEN 'weekly_bump is not 0 to 200'
    WHEN NOT o.min_gap_minutes BETWEEN 0 AND 1320 THEN 'min_gap_minutes is not 0 to 1320'
    WHEN NOT o.max_messages_per_day BETWEEN 0 AND 60 THEN 'max_messages_per_day is not 0 to 60'
    WHEN
      COALESCE(o.weekly_ppv, o.weekly_bump, o.min_gap_minutes, o.max_messages_per_day) IS NULL
      THEN 'it sets nothing'
  END AS reason
FROM gathered AS o
LEFT JOIN `${dataset}.usable_creators` AS c ON LOWER(TRIM(o.page_name)) = c.page_name;
