-- What the PPVs of some weeks were chosen from. Where limits were not logged there are none.
-- Grain: one row per page, week, tier, category, urgency and group of like captions.
-- Parameters:
--   first_week (DATE): Monday of the first week.
--   last_week (DATE): Monday of the last week.
--   pages (ARRAY<STRING>): pages; none means all.
SELECT
  p.page_name,
  p.week_start,
  p.price_tier,
  p.content_category,
  COALESCE(p.has_urgency, FALSE) AS has_urgency,
  p.captions,
  COALESCE(p.pages, 1) AS pages,
  p.pair_variance,
  p.prior_successes,
  p.prior_failures,
  p.effective_successes,
  p.effective_failures,
  p.relative_use,
  p.multiplier,
  p.treatment_places,
  p.control_places,
  COALESCE(p.category_room, p.treatment_places) AS category_room,
  COALESCE(p.urgent_room, p.treatment_places) AS urgent_room
FROM `${dataset}.selection_pools` AS p
WHERE
  p.week_start >= @first_week
  AND p.week_start <= @last_week
  AND (ARRAY_LENGTH(@pages) = 0 OR p.page_name IN UNNEST(@pages))
ORDER BY p.page_name, p.week_start, p.price_tier;
