-- What each page asks for a message of each price tier, and what a message's earnings depend on
-- beside its conversion rate: earnings = conversion rate x trials per recipient x recipients x
-- earnings per success. A trial of a PPV is a view, its success a purchase; a trial of a Bump is a
-- recipient, its success a view.
-- Views and earnings ripen for days: rates are those of comparable_facts, which scale recipients by
-- maturity and leave out what is too young. Prices and recipients are known when a message is sent.
-- A page without sends of a tier in the window has the agency's price of the tier; a page without
-- sends of the type has the agency's rates, and no number of recipients.
-- Grain: one row per page in @pages with targets of the week, and price tier.
-- Parameters:
--   week_start (DATE): Monday that names the week; the window ends before it.
--   account_lookback_days (INT64): dates in the window.
--   pages (ARRAY<STRING>): pages to look at.
-- Columns:
--   page_name (STRING): Creator's page.
--   price_tier (STRING): budget, mid, premium or bump.
--   suggested_price (FLOAT64): Median price asked, USD: one that was asked; NULL for a Bump.
--   recipients (INT64): Median recipients of a message of the type.
--   trials_per_recipient (FLOAT64): Views per recipient of a PPV; 1 for a Bump.
--   earnings_per_success (FLOAT64): The price of a PPV; earnings per view of the Bumps.
WITH sends AS (
  SELECT
    f.page_name,
    f.message_type,
    s.price_tier,
    f.price,
    f.sent_count,
    f.viewed_count,
    f.earnings,
    f.exposure,
    f.row_id
  FROM `${dataset}.comparable_facts` AS f
  LEFT JOIN `${dataset}.caption_bandit_stats` AS s
    ON f.page_name = s.page_name AND f.caption_id = s.caption_id
  WHERE
    f.send_date >= DATE_SUB(@week_start, INTERVAL @account_lookback_days DAY)
    AND f.send_date < @week_start
),

-- The middle row of each group is its median, of two the lower: a price that was asked, whichever
-- engine computes it.
page_prices AS (
  SELECT
    page_name,
    price_tier,
    price
  FROM sends
  WHERE message_type = 'PPV' AND price > 0 AND price_tier != 'bump'
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY page_name, price_tier ORDER BY price, row_id)
    = DIV(COUNT(*) OVER (PARTITION BY page_name, price_tier) + 1, 2)
),

agency_prices AS (
  SELECT
    price_tier,
    price
  FROM sends
  WHERE message_type = 'PPV' AND price > 0 AND price_tier != 'bump'
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY price_tier ORDER BY price, row_id)
    = DIV(COUNT(*) OVER (PARTITION BY price_tier) + 1, 2)
),

audiences AS (
  SELECT
    page_name,
    message_type,
    sent_count AS recipients
  FROM sends
  QUALIFY
    ROW_NUMBER() OVER (PARTITION BY page_name, message_type ORDER BY sent_count, row_id)
    = DIV(COUNT(*) OVER (PARTITION BY page_name, message_type) + 1, 2)
),

page_rates AS (
  SELECT
    page_name,
    message_type,
    SAFE_DIVIDE(SUM(viewed_count), SUM(exposure)) AS view_rate,
    SAFE_DIVIDE(SUM(earnings), SUM(viewed_count)) AS earnings_per_view
  FROM sends
  WHERE exposure IS NOT NULL
  GROUP BY page_name, message_type
),

agency_rates AS (
  SELECT
    message_type,
    SAFE_DIVIDE(SUM(viewed_count), SUM(exposure)) AS view_rate,
    SAFE_DIVIDE(SUM(earnings), SUM(viewed_count)) AS earnings_per_view
  FROM sends
  WHERE exposure IS NOT NULL
  GROUP BY message_type
),

wanted AS (
  SELECT
    t.page_name,
    price_tier,
    IF(price_tier = 'bump', 'Bump', 'PPV') AS message_type
  FROM `${dataset}.weekly_volume_targets` AS t
  CROSS JOIN UNNEST(['budget', 'mid', 'premium', 'bump']) AS price_tier
  WHERE t.week_start = @week_start AND t.page_name IN UNNEST(@pages)
)

SELECT
  w.page_name,
  w.price_tier,
  COALESCE(p.price, g.price) AS suggested_price,
  a.recipients,
  IF(w.message_type = 'PPV', COALESCE(r.view_rate, n.view_rate), 1.0) AS trials_per_recipient,
  IF(
    w.message_type = 'PPV',
    COALESCE(p.price, g.price),
    COALESCE(r.earnings_per_view, n.earnings_per_view)
  ) AS earnings_per_success
FROM wanted AS w
LEFT JOIN page_prices AS p ON w.page_name = p.page_name AND w.price_tier = p.price_tier
LEFT JOIN agency_prices AS g ON w.price_tier = g.price_tier
LEFT JOIN audiences AS a ON w.page_name = a.page_name AND w.message_type = a.message_type
LEFT JOIN page_rates AS r ON w.page_name = r.page_name AND w.message_type = r.message_type
LEFT JOIN agency_rates AS n ON w.message_type = n.message_type
ORDER BY w.page_name, w.price_tier;
