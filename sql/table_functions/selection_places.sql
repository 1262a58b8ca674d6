-- How many captions of each tier a page takes in a week, what the tier's percentiles are multiplied
-- by, and the prior of the captions that no page has tried.
-- The control arm's places are the share control_share of the PPVs, rounded up or down by a draw so
-- that the mean is exact; which PPVs they are is drawn, too.
-- Grain: one row per page and price tier.
-- Parameters:
--   p_page_name: page, NULL for every page with targets for the week.
--   p_week_start: Monday that names the week.
--   p_num_budget: captions of tier budget, NULL for the target's.
--   p_num_mid: captions of tier mid, NULL for the target's.
--   p_num_premium: captions of tier premium, NULL for the target's.
--   p_num_bump: captions of tier bump, NULL for the target's.
--   p_seed: first part of every draw's key.
-- Columns:
--   page_name (STRING): Creator's page.
--   price_tier (STRING): Tier.
--   treatment_places (INT64): Captions to choose by score.
--   control_places (INT64): Captions to draw uniformly.
--   week_wanted (INT64): Captions of all tiers.
--   multiplier (FLOAT64): What the segment multiplies percentiles of the tier by.
--   prior_successes (FLOAT64): Successes of the prior.
--   prior_failures (FLOAT64): Failures of the prior.
--   dispersion (FLOAT64): What trials are divided by.
--   rate (FLOAT64): Mean rate of the page and tier; NULL without a history.
--   variation (FLOAT64): Relative variance of the rate of a caption that was never tried.
--   pair_variance (FLOAT64): Relative variance of a caption's rate from page to page.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.selection_places`(
  p_page_name STRING,
  p_week_start DATE,
  p_num_budget INT64,
  p_num_mid INT64,
  p_num_premium INT64,
  p_num_bump INT64,
  p_seed STRING
)
AS (
  WITH pages AS (
    SELECT
      c.page_name,
      COALESCE(w.behavioral_segment, 'EXPLORATORY') AS behavioral_segment,
      COALESCE(p_num_budget, w.num_budget) AS num_budget,
      COALESCE(p_num_mid, w.num_mid) AS num_mid,
      COALESCE(p_num_premium, w.num_premium) AS num_premium,
      COALESCE(p_num_bump, w.num_bump) AS num_bump
    FROM `${dataset}.usable_creators` AS c
    LEFT JOIN `${dataset}.weekly_volume_targets` AS w
      ON c.page_name = w.page_name AND w.week_start = p_week_start
    WHERE
      -- In a call for one page, only its own restrictions are looked at, and its refusal is known:
      -- those of another page may take long.
      c.page_name NOT IN (
        SELECT x.page_name
        FROM `${dataset}.pages_without_selection` AS x
        WHERE p_page_name IS NULL
      )
      AND IF(
        p_page_name IS NULL,
        w.page_name IS NOT NULL AND c.is_active,
        c.page_name = p_page_name
      )
  ),

  tiers AS (
    SELECT
      p.page_name,
      p.behavioral_segment,
      price_tier,
      CASE price_tier
        WHEN 'budget' THEN p.num_budget
        WHEN 'mid' THEN p.num_mid
        WHEN 'premium' THEN p.num_premium
        ELSE p.num_bump
      END AS tier_wanted,
      p.num_budget + p.num_mid + p.num_premium AS ppv_wanted,
      p.num_budget + p.num_mid + p.num_premium + p.num_bump AS week_wanted
    FROM pages AS p
    CROSS JOIN UNNEST(['budget', 'mid', 'premium', 'bump']) AS price_tier
  ),

  -- One row per wanted PPV; the first ones by hash are control.
  control_slots AS (
    SELECT
      i.page_name,
      i.price_tier,
      ROW_NUMBER() OVER (
        PARTITION BY i.page_name
        ORDER BY
          TO_HEX(SHA256(CONCAT(
            p_seed, '|', CAST(p_week_start AS STRING), '|', i.page_name, '|control|',
            i.price_tier, '|', CAST(place AS STRING)
          )))
      ) <= FLOOR(
        t.control_share * i.ppv_wanted
        + `${dataset}.hash_uniform`(
          TO_HEX(SHA256(CONCAT(
            p_seed, '|', CAST(p_week_start AS STRING), '|', i.page_name, '|control'
          ))),
          1
        )
      ) AS is_control
    FROM tiers AS i
    CROSS JOIN UNNEST(GENERATE_ARRAY(1, i.tier_wanted)) AS place
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE i.price_tier != 'bump'
  ),

  control_tiers AS (
    SELECT
      page_name,
      price_tier,
      COUNTIF(is_control) AS controls
    FROM control_slots
    GROUP BY page_name, price_tier
  )

  SELECT
    i.page_name,
    i.price_tier,
    COALESCE(i.tier_wanted - COALESCE(c.controls, 0), 0) AS treatment_places,
    COALESCE(c.controls, 0) AS control_places,
    i.week_wanted,
    CASE i.price_tier
      WHEN 'budget' THEN g.budget_multiplier
      WHEN 'mid' THEN g.mid_multiplier
      WHEN 'premium' THEN g.premium_multiplier
      ELSE g.bump_multiplier
    END AS multiplier,
    COALESCE(r.prior_successes, 1.0) AS prior_successes,
    COALESCE(r.prior_failures, 1.0) AS prior_failures,
    COALESCE(r.dispersion, 1.0) AS dispersion,
    r.rate,
    r.variation,
    r.pair_variance
  FROM tiers AS i
  INNER JOIN `${dataset}.segment_rules` AS g ON i.behavioral_segment = g.behavioral_segment
  LEFT JOIN control_tiers AS c ON i.page_name = c.page_name AND i.price_tier = c.price_tier
  LEFT JOIN `${dataset}.caption_priors` AS r
    ON i.page_name = r.page_name AND i.price_tier = r.price_tier
);
