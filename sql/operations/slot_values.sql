-- What a slot is worth to a page, its mean over slots being 1: shrunk EMV for a PPV, shrunk view
-- rate for a Bump. Slots that aren't here are worth 1.
-- Grain: one row per page in @pages, ISO day of week, LA hour and message type with history.
-- Parameters:
--   week_start (DATE): Monday that names the week; the window ends before it.
--   account_lookback_days (INT64): dates in the window.
--   pages (ARRAY<STRING>): pages to plan.
SELECT
  e.page_name,
  e.day_of_week,
  e.send_hour,
  e.message_type,
  COALESCE(
    IF(
      e.message_type = 'PPV',
      SAFE_DIVIDE(e.shrunk_emv, e.page_emv),
      SAFE_DIVIDE(e.shrunk_view_rate, e.page_view_rate)
    ),
    1.0
  ) AS slot_value
FROM `${dataset}.calculate_engagement_rates`(NULL, @week_start, @account_lookback_days) AS e
WHERE e.page_name IN UNNEST(@pages)
ORDER BY e.page_name, e.day_of_week, e.send_hour, e.message_type;
