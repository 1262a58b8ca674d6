
  -- How many captions each page and tier takes, of how many, and how many draws are made of them.

  -- One row per page and tier: its places, how many captions are eligible for them and of which
  -- categories, counted without listing them, what their percentiles are multiplied by, the prior of
  -- the untried, how far down the order of draws one must look (reach) for the best by final_score, and
  -- the bins of what it has not tried.
  CREATE OR REPLACE TEMP TABLE tier_places AS
  WITH
  -- In a call for one page, only its own are looked at: those of another page may take long.
  restrictions AS (
    SELECT
      j.restricted_page,
      j.restricted_categories,
      j.restricted_price_tiers,
      j.reason
    FROM `${dataset}.judged_restrictions` AS j
    WHERE p_page_name IS NULL OR j.restricted_page = p_page_name
  ),

  -- How many captions of each tier a page takes in the week, what the tier's percentiles are
  -- multiplied by, and the prior of the captions that no page has tried. One row per page and tier.
  -- The control arm's places are a share of the PPVs, rounded up or down by a draw so that the mean
  -- is exact; which PPVs they are is drawn, too. rate is NULL without a history; variation is the
  -- relative variance of the rate of a caption that was never tried, pair_variance that of a caption's
  -- rate from page to page; trials is how many a message has.
  places AS (
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
        -- The refusal of the one page of a call is known.
        c.page_name NOT IN (
          SELECT x.restricted_page
          FROM restrictions AS x
          WHERE p_page_name IS NULL AND x.reason IS NOT NULL AND x.restricted_page IS NOT NULL
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
          v_control_share * i.ppv_wanted
          + (
            CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
              p_seed, '|', CAST(p_week_start AS STRING), '|', i.page_name, '|control'
            ))), 1, 13)) AS INT64) + 0.5
          ) * 2.220446049250313e-16
        ) AS is_control
      FROM tiers AS i
      CROSS JOIN UNNEST(GENERATE_ARRAY(1, i.tier_wanted)) AS place
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
      r.pair_variance,
      r.wear_effect,
      r.wear_days,
      r.suggested_price,
      r.earnings_per_success,
      r.trials_per_recipient * r.recipients AS trials
    FROM tiers AS i
    INNER JOIN `${dataset}.segment_rules` AS g ON i.behavioral_segment = g.behavioral_segment
    LEFT JOIN control_tiers AS c ON i.page_name = c.page_name AND i.price_tier = c.price_tier
    LEFT JOIN `${dataset}.caption_priors` AS r
      ON i.page_name = r.page_name AND i.price_tier = r.price_tier
  ),

