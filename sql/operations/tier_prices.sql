-- What these pages ask for a message of each price tier, and what a message's earnings depend on
-- beside its conversion rate, as of the statistics: earnings = conversion rate x trials per recipient
-- x recipients x earnings per success. A trial of a PPV is a view, its success a purchase; a trial of
-- a Bump is a recipient, its success a view.
-- Grain: one row per page in @pages and price tier.
-- Parameters:
--   pages (ARRAY<STRING>): pages to look at.
-- Columns:
--   page_name (STRING): Creator's page.
--   price_tier (STRING): budget, mid, premium or bump.
--   suggested_price (FLOAT64): Median price asked, USD: one that was asked; NULL for a Bump.
--   recipients (INT64): Median recipients of a message of the type.
--   trials_per_recipient (FLOAT64): Views per recipient of a PPV; 1 for a Bump.
--   earnings_per_success (FLOAT64): The price of a PPV; earnings per view of the Bumps.
SELECT
  page_name,
  price_tier,
  suggested_price,
  recipients,
  trials_per_recipient,
  earnings_per_success
FROM `${dataset}.caption_priors`
WHERE page_name IN UNNEST(@pages)
ORDER BY page_name, price_tier;
