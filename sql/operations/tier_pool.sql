-- The pool that a page's PPVs of a week and tier were chosen from, as it was logged: how many captions
-- were eligible, and for how many places.
-- Grain: one row, or none where nothing is logged.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   page (STRING): page.
--   price_tier (STRING): tier.
SELECT
  SUM(p.captions) AS captions,
  SAFE_DIVIDE(
    SUM(
      p.captions
      * SAFE_DIVIDE(
        p.prior_successes + p.effective_successes,
        p.prior_successes
        + p.effective_successes
        + p.prior_failures
        + p.effective_failures
      )
    ),
    SUM(p.captions)
  ) AS mean_rate,
  MAX(p.treatment_places) AS treatment_places,
  MAX(p.control_places) AS control_places,
  MAX(p.multiplier) AS multiplier
FROM `${dataset}.selection_pools` AS p
WHERE p.week_start = @week_start AND p.page_name = @page AND p.price_tier = @price_tier
HAVING SUM(p.captions) > 0;
