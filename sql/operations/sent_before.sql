-- What the pages that have a plan sent before their first one: PPVs, by whatever rule people chose.
-- Messages that are not ripe are left out.
-- Grain: one row per sent PPV of a caption of the bank.
-- Parameters:
--   as_of (DATE): LA date; pages whose first planned week began before it are looked at.
--   lookback_days (INT64): days before a page's first planned week.
-- Columns:
--   page_name: Creator's page.
--   week_start: Monday of the week that it was sent in.
--   price_tier: budget, mid or premium.
--   caption_id: Caption.
--   row_id: The sent message.
--   sent_count: Recipients x maturity, see comparable_facts.
--   earnings: What it earned, USD.
WITH first_weeks AS (
  SELECT
    page_name,
    MIN(week_start) AS first_week
  FROM `${dataset}.schedule_recommendations`
  WHERE status IN ('active', 'superseded') AND week_start < @as_of
  GROUP BY page_name
)

SELECT
  f.page_name,
  DATE_TRUNC(f.send_date, ISOWEEK) AS week_start,
  b.price_tier,
  f.caption_id,
  f.row_id,
  f.exposure AS sent_count,
  f.earnings
FROM `${dataset}.comparable_facts` AS f
INNER JOIN first_weeks AS w ON f.page_name = w.page_name
INNER JOIN `${dataset}.usable_captions` AS b ON f.caption_id = b.caption_id
WHERE
  f.message_type = 'PPV'
  AND f.is_ripe
  AND b.price_tier != 'bump'
  AND f.send_date >= DATE_SUB(w.first_week, INTERVAL @lookback_days DAY)
  AND f.send_date < w.first_week
ORDER BY f.page_name, f.row_id;
