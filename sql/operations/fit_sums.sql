-- What priors and dispersions are fitted from, in twenty folds of captions: leaving out one fold at
-- a time tells how sure the fits are. Sums as in update_caption_performance.
-- Grain: one row per page, price tier and fold with a trial in the window.
-- Parameters:
--   as_of (DATE): LA date after the last one of the window.
--   lookback_days (INT64): dates in the window.
WITH sends AS (
  SELECT
    f.page_name,
    f.caption_id,
    b.price_tier,
    f.sending_time,
    f.row_id,
    IF(f.message_type = 'PPV', f.viewed_count, f.sent_count) AS trials,
    IF(f.message_type = 'PPV', f.purchased_count, f.viewed_count) AS successes,
    f.send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY) AS in_window
  FROM `${dataset}.message_facts` AS f
  INNER JOIN `${dataset}.caption_bank` AS b ON f.caption_id = b.caption_id
  WHERE
    f.send_date < @as_of
    AND (f.message_type = 'Bump') = (b.price_tier = 'bump')
),

tried AS (
  SELECT *
  FROM sends
  WHERE trials > 0
),

first_sends AS (
  SELECT
    page_name,
    caption_id,
    trials AS first_trials,
    successes AS first_successes
  FROM tried
  QUALIFY
    in_window
    AND ROW_NUMBER() OVER (PARTITION BY page_name, caption_id ORDER BY sending_time, row_id) = 1
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
  FROM tried
  WHERE in_window
  GROUP BY page_name, caption_id, price_tier
)

SELECT
  p.page_name,
  p.price_tier,
  MOD(p.caption_id, 20) AS fold,
  COUNT(f.caption_id) AS captions,
  COALESCE(SUM(f.first_trials), 0) AS trials,
  COALESCE(SUM(CAST(f.first_trials AS FLOAT64) * f.first_trials), 0.0) AS trials_squared,
  COALESCE(SUM(f.first_successes), 0) AS successes,
  COALESCE(SUM(SAFE_DIVIDE(f.first_successes * f.first_successes, f.first_trials)), 0.0) AS squares,
  SUM(
    IF(
      p.degrees > 0 AND p.rate > 0 AND p.rate < 1,
      SAFE_DIVIDE(p.squares, p.rate * (1.0 - p.rate)),
      0.0
    )
  ) AS chi_square,
  SUM(IF(p.degrees > 0 AND p.rate > 0 AND p.rate < 1, p.degrees, 0)) AS degrees
FROM pairs AS p
LEFT JOIN first_sends AS f ON p.page_name = f.page_name AND p.caption_id = f.caption_id
GROUP BY p.page_name, p.price_tier, fold
ORDER BY p.page_name, p.price_tier, fold;
