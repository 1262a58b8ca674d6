-- What people set for pages' weeks in the place of the computed numbers.
-- Grain: one row per page in @pages with a row in force on the week's Monday, the narrowest one;
-- of equally narrow ones the spreadsheet's.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT
  o.meant_page AS page_name,
  o.weekly_ppv,
  o.weekly_bump,
  o.min_gap_minutes,
  o.max_messages_per_day
FROM `${dataset}.judged_overrides` AS o
WHERE
  o.reason IS NULL
  AND o.meant_page IN UNNEST(@pages)
  AND (o.valid_from IS NULL OR o.valid_from <= @week_start)
  AND (o.valid_until IS NULL OR o.valid_until >= @week_start)
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY o.meant_page
    ORDER BY
      DATE_DIFF(o.valid_until, o.valid_from, DAY) NULLS LAST,
      o.in_sheet DESC,
      o.valid_from DESC NULLS LAST,
      o.valid_until NULLS LAST,
      o.weekly_ppv,
      o.weekly_bump,
      o.min_gap_minutes,
      o.max_messages_per_day
  ) = 1
ORDER BY o.meant_page;
