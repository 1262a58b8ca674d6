-- What pages' own captions are believed to earn: of each page the best, and those that repeats have
-- worn out the most. The posterior is that of select_captions_for_creator: wear lowers the rate and
-- leaves the certainty, and the page's taste for the category multiplies the odds.
-- Grain: one row per page in @pages and caption in use that the page sent in the window of the
-- statistics, if it has a rank.
-- Parameters:
--   week_start (DATE): Monday as of which wear is taken.
--   pages (ARRAY<STRING>): pages to look at.
--   worn_share (FLOAT64): a caption is worn that sells less than this share of what it would unworn.
--   shown (INT64): captions of either kind a page has at most.
-- Columns:
--   page_name (STRING): Creator's page.
--   caption_id (INT64): Caption.
--   price_tier (STRING): Its tier.
--   caption_text (STRING): Text.
--   send_count (INT64): The page's sends in the window.
--   last_used (TIMESTAMP): The page's last send.
--   posterior_successes (FLOAT64): Beta alpha of the posterior, effective trials.
--   posterior_failures (FLOAT64): Beta beta.
--   unworn_share (FLOAT64): What it sells of what it would unworn, 0 to 1.
--   earnings_at_rate_one (FLOAT64): What a message earns per unit of the rate, USD.
--   best_rank (INT64): Rank by expected earnings among the page's; NULL after @shown.
--   worn_rank (INT64): Rank by the expected earnings that wear has taken; NULL after @shown or unworn.
WITH own_prices AS (
  -- NaN lies between no numbers on either engine.
  SELECT
    t.caption_id,
    MIN(t.suggested_price) AS own_price
  FROM `${dataset}.caption_terms` AS t
  WHERE t.suggested_price BETWEEN 0.01 AND 10000
  GROUP BY t.caption_id
),

known AS (
  SELECT
    s.page_name,
    s.caption_id,
    s.price_tier,
    u.caption_text,
    s.send_count,
    s.last_used,
    s.prior_successes + s.effective_successes AS successes,
    s.prior_failures + s.effective_failures AS failures,
    COALESCE(
      EXP(
        -p.wear_effect * s.wear
        * EXP(-SAFE_DIVIDE(GREATEST(DATE_DIFF(@week_start, s.stats_as_of, DAY), 0), p.wear_days))
      ),
      1.0
    ) AS unworn_share,
    COALESCE(IF(s.price_tier = 'bump', NULL, t.taste), 1.0) AS taste,
    p.trials_per_recipient * p.recipients
    * IF(s.price_tier = 'bump', p.earnings_per_success, COALESCE(o.own_price, p.suggested_price))
      AS earnings_at_rate_one
  FROM `${dataset}.caption_bandit_stats` AS s
  INNER JOIN `${dataset}.usable_captions` AS u ON s.caption_id = u.caption_id
  INNER JOIN `${dataset}.caption_priors` AS p
    ON s.page_name = p.page_name AND s.price_tier = p.price_tier
  LEFT JOIN own_prices AS o ON s.caption_id = o.caption_id
  LEFT JOIN `${dataset}.page_tastes` AS t
    ON s.page_name = t.page_name AND u.content_category = t.content_category
  WHERE s.page_name IN UNNEST(@pages) AND s.send_count > 0 AND u.is_active
),

valued AS (
  SELECT
    v.*,
    ROUND(
      v.earnings_at_rate_one * SAFE_DIVIDE(v.successes, v.successes + v.failures), 9
    ) AS expected_value
  FROM (
    SELECT
      k.* EXCEPT (failures, taste),
      SAFE_DIVIDE(
        SAFE_DIVIDE(k.successes + k.failures, k.unworn_share) - k.successes, k.taste
      ) AS failures,
      k.unworn_share < @worn_share AS is_worn,
      ROUND(
        k.earnings_at_rate_one * k.taste * (1.0 - k.unworn_share)
        * SAFE_DIVIDE(k.successes, k.successes + k.failures), 9
      ) AS lost_value
    FROM known AS k
  ) AS v
),

placed AS (
  SELECT
    v.*,
    ROW_NUMBER() OVER (
      PARTITION BY v.page_name ORDER BY v.expected_value DESC NULLS LAST, v.caption_id
    ) AS best_rank,
    ROW_NUMBER() OVER (
      PARTITION BY v.page_name, v.is_worn
      ORDER BY v.lost_value DESC NULLS LAST, v.caption_id
    ) AS worn_rank
  FROM valued AS v
)

SELECT
  p.page_name,
  p.caption_id,
  p.price_tier,
  p.caption_text,
  p.send_count,
  p.last_used,
  p.successes AS posterior_successes,
  p.failures AS posterior_failures,
  p.unworn_share,
  p.earnings_at_rate_one,
  IF(p.best_rank <= @shown AND p.expected_value > 0, p.best_rank, NULL) AS best_rank,
  IF(p.is_worn AND p.worn_rank <= @shown, p.worn_rank, NULL) AS worn_rank
FROM placed AS p
WHERE
  (p.best_rank <= @shown AND p.expected_value > 0)
  OR (p.is_worn AND p.worn_rank <= @shown)
ORDER BY p.page_name, p.best_rank, p.caption_id;
