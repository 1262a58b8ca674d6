-- The dates of a week on which pages are closed or send at hours of their own.
-- Grain: one row per page in @pages and such date, the narrowest span's; of equally narrow ones the
-- spreadsheet's.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT
  a.meant_page AS page_name,
  open_date,
  a.is_closed,
  a.first_hour,
  a.last_hour
FROM `${dataset}.judged_availability` AS a
CROSS JOIN
  UNNEST(GENERATE_DATE_ARRAY(@week_start, DATE_ADD(@week_start, INTERVAL 6 DAY))) AS open_date
WHERE
  a.reason IS NULL
  AND a.meant_page IN UNNEST(@pages)
  AND open_date BETWEEN a.first_date AND a.last_date
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY a.meant_page, open_date
    ORDER BY
      DATE_DIFF(a.last_date, a.first_date, DAY),
      IF(
        a.is_closed,
        -1,
        MOD(COALESCE(a.last_hour, 23) - COALESCE(a.first_hour, 0) + 24, 24)
      ),
      a.in_sheet DESC,
      a.first_date DESC,
      COALESCE(a.first_hour, -1),
      COALESCE(a.last_hour, -1)
  ) = 1
ORDER BY a.meant_page, open_date;
