
  -- What a success is worth.

  -- One row per page and tier: earnings of a message = conversion rate x trials_per_recipient x
  -- recipients x earnings_per_success. Prices and recipients are medians of what the page sent in the
  -- account's window, values that were seen. Views and earnings ripen for days: rates are those of
  -- comparable_facts, which scale recipients by maturity and leave out what is too young. A page
  -- without sends of a tier has the agency's price of the tier; a page without sends of the type has
  -- the agency's rates, and no number of recipients.
  CREATE OR REPLACE TEMP TABLE fresh_prices AS
  WITH sends AS (
    SELECT
      f.page_name,
      f.message_type,
      e.price_tier,
      f.price,
      f.sent_count,
      f.viewed_count,
      f.earnings,
      f.exposure,
      f.row_id
    FROM `${dataset}.comparable_facts` AS f
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
    LEFT JOIN pair_evidence AS e
      ON f.page_name = e.page_name AND COALESCE(c.content_id, f.caption_id) = e.caption_id
    WHERE
      f.send_date >= DATE_SUB(p_as_of, INTERVAL t.account_lookback_days DAY)
      AND f.send_date < p_as_of
  ),

  -- The middle row of each group is its median, of two the lower.
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

  -- One row per page (NULL: all pages) and message type.
  rates AS (
    SELECT
      page_name,
      message_type,
      SAFE_DIVIDE(SUM(viewed_count), SUM(exposure)) AS view_rate,
      SAFE_DIVIDE(SUM(earnings), SUM(viewed_count)) AS earnings_per_view
    FROM sends
    WHERE exposure IS NOT NULL
    GROUP BY GROUPING SETS ((page_name, message_type), (message_type))
  )

  SELECT
    y.page_name,
    y.price_tier,
    COALESCE(p.price, g.price) AS suggested_price,
    a.recipients,
    IF(y.message_type = 'PPV', COALESCE(r.view_rate, n.view_rate), 1.0) AS trials_per_recipient,
    IF(
      y.message_type = 'PPV',
      COALESCE(p.price, g.price),
      COALESCE(r.earnings_per_view, n.earnings_per_view)
    ) AS earnings_per_success
  FROM page_tiers AS y
  LEFT JOIN page_prices AS p ON y.page_name = p.page_name AND y.price_tier = p.price_tier
  LEFT JOIN agency_prices AS g ON y.price_tier = g.price_tier
  LEFT JOIN audiences AS a ON y.page_name = a.page_name AND y.message_type = a.message_type
  LEFT JOIN rates AS r ON y.page_name = r.page_name AND y.message_type = r.message_type
  LEFT JOIN rates AS n ON n.page_name IS NULL AND y.message_type = n.message_type;
