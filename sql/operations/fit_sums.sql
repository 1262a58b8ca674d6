-- What priors and dispersions are fitted from, in twenty folds of captions: leaving out one fold at
-- a time tells how sure the fits are. Dispersions' sums are those that update_caption_performance
-- kept of each page and caption of the bank. Trials are views as they were. Priors are fitted on the
-- first send that any page made of a caption, where a tier has enough of these.
-- Grain: one row per page, price tier and fold with a trial in the window; none when the statistics
-- are of another date.
-- Parameters:
--   as_of (DATE): LA date after the last one of the window; that of the statistics.
--   lookback_days (INT64): dates in the window; those of the statistics.
WITH introductions AS (
  SELECT
    page_name,
    caption_id,
    price_tier,
    trials,
    successes,
    send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY) AS in_window,
    send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY)
    AND sending_time = MIN(sending_time) OVER (PARTITION BY caption_id) AS is_introduction
  FROM `${dataset}.caption_trials`
  WHERE is_first AND send_date < @as_of
),

first_sends AS (
  SELECT
    i.*,
    COUNTIF(i.is_introduction) OVER (PARTITION BY i.price_tier) AS tier_introductions,
    t.prior_min_captions
  FROM introductions AS i
  CROSS JOIN `${dataset}.tuning` AS t
)

SELECT
  s.page_name,
  s.price_tier,
  MOD(s.caption_id, 20) AS fold,
  COUNT(f.caption_id) AS captions,
  COALESCE(SUM(f.trials), 0) AS trials,
  COALESCE(SUM(CAST(f.trials AS FLOAT64) * f.trials), 0.0) AS trials_squared,
  COALESCE(SUM(f.successes), 0) AS successes,
  COALESCE(SUM(SAFE_DIVIDE(f.successes * f.successes, f.trials)), 0.0) AS squares,
  SUM(s.chi_square) AS chi_square,
  SUM(s.degrees) AS degrees,
  MAX(r.send_noise) AS send_noise
FROM `${dataset}.caption_bandit_stats` AS s
INNER JOIN `${dataset}.usable_captions` AS b
  ON s.caption_id = b.caption_id AND s.price_tier = b.price_tier
INNER JOIN `${dataset}.caption_priors` AS r
  ON s.page_name = r.page_name AND s.price_tier = r.price_tier
LEFT JOIN first_sends AS f
  ON
    s.page_name = f.page_name
    AND s.caption_id = f.caption_id
    AND f.in_window
    AND (f.is_introduction OR f.tier_introductions < f.prior_min_captions)
WHERE s.stats_as_of = @as_of AND s.total_observations > 0
GROUP BY s.page_name, s.price_tier, fold
ORDER BY s.page_name, s.price_tier, fold;
