-- The texts of the bank, and the first send of each on each page: what text priors are fitted on.
-- Grain: one row per content of the bank and page whose first send of it lies in the window; one row
-- without a page where there is none.
-- Parameters:
--   as_of (DATE): LA date after the last one of the window.
--   lookback_days (INT64): dates in the window.
-- Columns:
--   caption_id: Caption, the one used of all that say the same.
--   caption_text: Its text.
--   price_tier: Its tier.
--   page_name: The page that sent it; NULL without one.
--   day: Days from as_of to the LA date of the send, negative; NULL without one.
--   trials: Views (PPV) or recipients (Bump).
--   successes: Purchases (PPV) or views (Bump).
WITH first_sends AS (
  SELECT
    page_name,
    caption_id,
    DATE_DIFF(send_date, @as_of, DAY) AS day,
    trials,
    successes
  FROM `${dataset}.caption_trials`
  WHERE
    is_first
    AND price_tier IS NOT NULL
    AND send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY)
    AND send_date < @as_of
)

SELECT
  u.caption_id,
  u.caption_text,
  u.price_tier,
  f.page_name,
  f.day,
  f.trials,
  f.successes
FROM `${dataset}.usable_captions` AS u
INNER JOIN `${dataset}.caption_contents` AS c
  ON u.caption_id = c.caption_id AND u.caption_id = c.content_id
LEFT JOIN first_sends AS f ON u.caption_id = f.caption_id
ORDER BY u.caption_id, f.page_name;
