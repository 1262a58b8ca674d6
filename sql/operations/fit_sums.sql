-- What priors and dispersions are fitted from, in twenty folds of captions: leaving out one fold at
-- a time tells how sure the fits are. Sums as in update_caption_performance.
-- Grain: one row per page, price tier and fold with a trial in the window.
-- Parameters:
--   as_of: LA date after the last one of the window.
--   lookback_days: dates in the window.
WITH sends AS (
  SELECT *
  FROM `${dataset}.caption_trials`
  WHERE
    send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY)
    AND send_date < @as_of
    AND price_tier IS NOT NULL
    AND trials > 0
),

pairs AS (
  SELECT
    page_name,
    caption_id,
    price_tier,
    COUNT(*) - 1 AS degrees,
    SUM(SAFE_DIVIDE(successes * successes, trials))
    - SAFE_DIVIDE(SUM(successes) * SUM(successes), SUM(trials)) AS squares,
    SAFE_DIVIDE(SUM(successes), SUM(trials)) AS rate
  FROM sends
  GROUP BY page_name, caption_id, price_tier
)

SELECT
  p.page_name,
  p.price_tier,
  MOD(p.caption_id, 20) AS fold,
  COUNT(f.caption_id) AS captions,
  COALESCE(SUM(f.trials), 0) AS trials,
  COALESCE(SUM(CAST(f.trials AS FLOAT64) * f.trials), 0.0) AS trials_squared,
  COALESCE(SUM(f.successes), 0) AS successes,
  COALESCE(SUM(SAFE_DIVIDE(f.successes * f.successes, f.trials)), 0.0) AS squares,
  SUM(
    IF(
      p.degrees > 0 AND p.rate > 0 AND p.rate < 1,
      SAFE_DIVIDE(p.squares, p.rate * (1.0 - p.rate)),
      0.0
    )
  ) AS chi_square,
  SUM(IF(p.degrees > 0 AND p.rate > 0 AND p.rate < 1, p.degrees, 0)) AS degrees
FROM pairs AS p
LEFT JOIN sends AS f
  ON p.page_name = f.page_name AND p.caption_id = f.caption_id AND f.is_first
GROUP BY p.page_name, p.price_tier, fold
ORDER BY p.page_name, p.price_tier, fold;
