-- The PPVs chosen for past weeks, with what their draws came from.
-- Grain: one row per page, week and chosen PPV.
-- Parameters:
--   as_of (DATE): LA date; weeks that began before it are looked at.
--   lookback_days (INT64): days before as_of in which those weeks begin.
SELECT
  s.page_name,
  s.week_start,
  s.caption_id,
  s.price_tier,
  COALESCE(s.content_category, 'uncategorised') AS content_category,
  s.has_urgency,
  s.prior_successes,
  s.prior_failures,
  s.posterior_successes,
  s.posterior_failures
FROM `${dataset}.caption_selections` AS s
WHERE
  s.week_start >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY)
  AND s.week_start < @as_of
  AND s.price_tier != 'bump'
  AND s.posterior_successes IS NOT NULL
ORDER BY s.page_name, s.week_start, s.caption_id;
