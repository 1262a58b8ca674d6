-- What pages earned at each price that they asked, week by week: what experiments on prices and tiers
-- are proposed from. Messages that are not ripe (comparable_facts), that have no price, or whose
-- caption isn't in the bank are left out.
-- Grain: one row per page in @pages, price tier, price and LA week with such a PPV.
-- Parameters:
--   week_start (DATE): Monday after the last week that is looked at.
--   lookback_days (INT64): days before it.
--   pages (ARRAY<STRING>): pages to look at.
-- Columns:
--   page_name (STRING): Creator's page.
--   price_tier (STRING): budget, mid or premium.
--   price (FLOAT64): Price asked, USD.
--   week (DATE): Monday of the week of sending.
--   messages (INT64): Messages sent.
--   exposure (INT64): Recipients x maturity.
--   earnings (FLOAT64): What they earned, USD.
SELECT
  f.page_name,
  b.price_tier,
  f.price,
  DATE_TRUNC(f.send_date, ISOWEEK) AS week,
  COUNT(*) AS messages,
  SUM(f.exposure) AS exposure,
  SUM(f.earnings) AS earnings
FROM `${dataset}.comparable_facts` AS f
INNER JOIN `${dataset}.usable_captions` AS b ON f.caption_id = b.caption_id
WHERE
  f.send_date >= DATE_SUB(@week_start, INTERVAL @lookback_days DAY)
  AND f.send_date < @week_start
  AND f.page_name IN UNNEST(@pages)
  AND f.message_type = 'PPV'
  AND f.is_ripe
  AND f.price > 0
  AND b.price_tier IN ('budget', 'mid', 'premium')
GROUP BY f.page_name, b.price_tier, f.price, week
ORDER BY f.page_name, b.price_tier, f.price, week;
