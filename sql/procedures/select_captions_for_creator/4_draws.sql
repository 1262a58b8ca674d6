
  -- The draws. Captions that the page has tried, its own ones and those of small bins draw each by
  -- their own key. The best draws of a large bin are made in order: from uniforms, one after the
  -- other the greatest that are left, and dealt to its captions at random. One row per page, caption
  -- and arm that draws, eligible ones only, with its draw.
  CREATE OR REPLACE TEMP TABLE drawn AS
  WITH
  page_bins AS (
    SELECT
      w.page_name,
      w.price_tier,
      bin.bin,
      bin.captions,
      bin.depth
    FROM tier_places AS w
    CROSS JOIN UNNEST(w.bins) AS bin
  ),

  -- One row per page and tier with control places: its captions, and how many of them are looked at
  -- in a random order (depth); NULL where each has a uniform of its own.
  control_pools AS (
    SELECT
      d.page_name,
      d.price_tier,
      d.captions,
      d.shared_captions,
      IF(
        d.captions > v_individual_draws AND 2.0 * d.depth <= d.captions,
        CAST(CEIL(d.depth) AS INT64),
        NULL
      ) AS depth
    FROM (
      SELECT
        m.page_name,
        m.price_tier,
        m.shared_captions,
        m.shared_captions + m.owned_captions AS captions,
        SAFE_DIVIDE(m.shared_captions + m.owned_captions, m.captions) * (
          v_candidate_depth_factor * m.control_places + v_candidate_depth_extra
          + 4.0 * SQRT(v_candidate_depth_factor * m.control_places + v_candidate_depth_extra)
        ) AS depth
      FROM tier_places AS m
      WHERE m.control_places > 0 AND m.captions > 0
    ) AS d
  ),

  -- One row per page, tier, bin (or 'control') and place of it that is looked at, with the order
  -- statistic that it gets, as the probability of a greater one.
  slots AS (
    SELECT
      s.page_name,
      s.price_tier,
      s.bin,
      s.captions,
      s.depth,
      s.slot,
      CAST(
        FLOOR(
          s.captions
          * (CAST(CONCAT('0x', SUBSTR(s.digest, 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
        ) AS INT64
      ) AS bin_place,
      -LN(
        (CAST(CONCAT('0x', SUBSTR(s.digest, 14, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
      ) AS spacing
    FROM (
      SELECT
        b.page_name,
        b.price_tier,
        b.bin,
        b.captions,
        b.depth,
        slot,
        TO_HEX(SHA256(CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', b.page_name, '|', b.price_tier, '|',
          b.bin, '|', CAST(slot AS STRING)
        ))) AS digest
      FROM (
        SELECT page_name, price_tier, bin, captions, depth FROM page_bins
        UNION ALL
        SELECT page_name, price_tier, 'control' AS bin, captions, depth FROM control_pools
      ) AS b
      CROSS JOIN UNNEST(GENERATE_ARRAY(1, b.depth + DIV(b.depth, 2) + 10)) AS slot
      WHERE b.depth > 0
    ) AS s
  ),

  -- A place that comes up again is passed over: what is left is a random order of the bin.
  dealt AS (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY page_name, price_tier, bin ORDER BY slot) AS bin_rank
    FROM (
      SELECT *
      FROM slots
      QUALIFY
        ROW_NUMBER() OVER (PARTITION BY page_name, price_tier, bin, bin_place ORDER BY slot) = 1
    )
    QUALIFY bin_rank <= depth
  ),

  order_statistics AS (
    -- Renyi: spacings of the order statistics of n exponentials are exponential over n, n - 1, ...
    SELECT
      page_name,
      price_tier,
      bin,
      bin_place,
      GREATEST(
        1.0 - EXP(-SUM(SAFE_DIVIDE(spacing, captions - bin_rank + 1)) OVER (
          PARTITION BY page_name, price_tier, bin ORDER BY bin_rank
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )),
        1e-18
      ) AS survival
    FROM dealt
  ),

  tried AS (
    SELECT
      s.page_name,
      s.caption_id
    FROM `${dataset}.caption_bandit_stats` AS s
    WHERE p_page_name IS NULL OR s.page_name = p_page_name
  ),

  untried AS (
    SELECT
      o.page_name,
      b.caption_id,
      b.price_tier,
      b.content_category,
      o.survival
    FROM order_statistics AS o
    INNER JOIN bank AS b
      ON o.price_tier = b.price_tier AND o.bin = b.bin AND o.bin_place = b.bin_place
    WHERE b.is_free AND b.page_name IS NULL
    UNION ALL
    SELECT
      p.page_name,
      b.caption_id,
      b.price_tier,
      b.content_category,
      NULL AS survival
    FROM page_bins AS p
    INNER JOIN bank AS b ON p.price_tier = b.price_tier AND p.bin = b.bin
    WHERE p.depth IS NULL AND b.is_free AND b.page_name IS NULL
  ),

  -- One row per page, caption and arm that draws. survival is that of an order statistic, NULL for a
  -- draw by the caption's own key. The control arm's are drawn uniformly from the eligible: by a
  -- uniform of each, or as the places of the tier in a random order, the page's own captions after
  -- those of all pages. is_own: the page has tried the caption, or is the only one that may use it.
  drawing AS (
    SELECT
      u.page_name,
      u.caption_id,
      u.price_tier,
      u.content_category,
      'treatment' AS arm,
      FALSE AS is_own,
      u.survival,
      0.0 AS uniform
    FROM untried AS u
    LEFT JOIN tried AS s ON u.page_name = s.page_name AND u.caption_id = s.caption_id
    WHERE s.caption_id IS NULL
    UNION ALL
    SELECT
      COALESCE(b.page_name, s.page_name) AS page_name,
      b.caption_id,
      b.price_tier,
      b.content_category,
      'treatment' AS arm,
      TRUE AS is_own,
      NULL AS survival,
      0.0 AS uniform
    FROM bank AS b
    LEFT JOIN tried AS s ON b.caption_id = s.caption_id AND b.page_name IS NULL
    WHERE b.is_free AND (b.page_name IS NOT NULL OR s.caption_id IS NOT NULL)
    UNION ALL
    SELECT
      o.page_name,
      b.caption_id,
      b.price_tier,
      b.content_category,
      'control' AS arm,
      FALSE AS is_own,
      NULL AS survival,
      1.0 - o.survival AS uniform
    FROM order_statistics AS o
    INNER JOIN control_pools AS c ON o.page_name = c.page_name AND o.price_tier = c.price_tier
    INNER JOIN bank AS b
      ON
        o.price_tier = b.price_tier
        AND IF(o.bin_place < c.shared_captions, '', o.page_name) = COALESCE(b.page_name, '')
        AND IF(
          o.bin_place < c.shared_captions, o.bin_place, o.bin_place - c.shared_captions
        ) = b.tier_place
    WHERE o.bin = 'control' AND b.is_free
    UNION ALL
    SELECT
      c.page_name,
      b.caption_id,
      b.price_tier,
      b.content_category,
      'control' AS arm,
      FALSE AS is_own,
      NULL AS survival,
      (
        CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', c.page_name, '|',
          CAST(b.caption_id AS STRING), '|uniform'
        ))), 1, 13)) AS INT64) + 0.5
      ) * 2.220446049250313e-16 AS uniform
    FROM control_pools AS c
    INNER JOIN bank AS b ON c.price_tier = b.price_tier
    WHERE
      c.depth IS NULL AND b.is_free AND (b.page_name IS NULL OR b.page_name = c.page_name)
  ),

  categories AS (
    SELECT
      w.page_name,
      w.price_tier,
      category.content_category,
      category.taste
    FROM tier_places AS w
    CROSS JOIN UNNEST(w.categories) AS category
  ),

  -- Of the categories that the page may use. They are those of the captions that draw, and not of the
  -- bank: joined with that first, they would make a row of each page and caption.
  allowed AS (
    SELECT
      p.* EXCEPT (content_category),
      c.taste
    FROM drawing AS p
    INNER JOIN categories AS c
      ON
        p.page_name = c.page_name
        AND p.price_tier = c.price_tier
        AND COALESCE(p.content_category, '') = COALESCE(c.content_category, '')
        AND (p.content_category IS NULL) = (c.content_category IS NULL)
  ),

  -- A pair that was never tried has no statistics, and so the prior that it borrows from what other
  -- pages saw of the caption, else that of its page and tier.
  borrowed AS (
    SELECT
      p.*,
      b.bin,
      b.content_category,
      b.has_urgency,
      b.appeal_pages,
      b.own_price,
      b.page_name IS NULL AS is_shared,
      m.pair_variance,
      COALESCE(s.total_observations, 0) AS total_observations,
      m.prior_successes AS flat_successes,
      m.prior_failures AS flat_failures,
      s.prior_successes,
      s.prior_failures,
      COALESCE(s.effective_successes, SAFE_DIVIDE(s.successes, m.dispersion), 0.0)
        AS effective_successes,
      COALESCE(s.effective_failures, SAFE_DIVIDE(s.failures, m.dispersion), 0.0)
        AS effective_failures,
      COALESCE(
        EXP(
          -m.wear_effect * s.wear
          * EXP(
            -SAFE_DIVIDE(GREATEST(DATE_DIFF(p_week_start, s.stats_as_of, DAY), 0), m.wear_days)
          )
        ),
        1.0
      ) AS unworn_share,
      COALESCE(s.successes, 0) AS successes,
      COALESCE(s.failures, 0) AS failures,
      LEAST(m.rate * SAFE_DIVIDE(b.appeal_shape, b.appeal_rate), v_prior_max_rate) AS rate,
      LEAST(
        (1.0 + SAFE_DIVIDE(1.0, b.appeal_shape)) * (1.0 + m.pair_variance) - 1.0, m.variation
      ) AS variation
    FROM allowed AS p
    INNER JOIN bank AS b
      ON p.caption_id = b.caption_id AND (b.page_name IS NULL OR b.page_name = p.page_name)
    INNER JOIN tier_places AS m ON p.page_name = m.page_name AND p.price_tier = m.price_tier
    LEFT JOIN `${dataset}.caption_bandit_stats` AS s
      ON p.page_name = s.page_name AND p.caption_id = s.caption_id
    WHERE p.page_name NOT IN UNNEST(b.refused_by)
  ),

  unworn AS (
    SELECT
      b.*,
      COALESCE(b.prior_successes, b.rate * b.strength, b.flat_successes) AS alpha,
      COALESCE(b.prior_failures, (1.0 - b.rate) * b.strength, b.flat_failures) AS unworn_beta
    FROM (
      SELECT
        *,
        LEAST(
          GREATEST(SAFE_DIVIDE(1.0 - rate, variation * rate) - 1.0, v_prior_min_strength),
          v_prior_max_strength
        ) AS strength
      FROM borrowed
    ) AS b
  ),

  -- Wear lowers the rate, and the page's taste for the category multiplies the odds; both leave what is
  -- known of it as certain as it is.
  known AS (
    SELECT
      u.* EXCEPT (unworn_beta, effective_failures),
      SAFE_DIVIDE(SAFE_DIVIDE(u.alpha + u.unworn_beta, u.unworn_share) - u.alpha, u.taste) AS beta,
      SAFE_DIVIDE(
        SAFE_DIVIDE(u.effective_successes + u.effective_failures, u.unworn_share)
        - u.effective_successes,
        u.taste
      ) AS effective_failures
    FROM unworn AS u
  ),

  -- draw_strength is the variance of what is believed over what of it the page explores: its own part
  -- (pair_variance) and a share of the part that is uncertain on all pages alike, which they find out
  -- together. How much of a prior's variance is which tells also what its posterior's is. 1 of a
  -- caption that one page alone may use, and where nothing is known of the page.
  shared_beliefs AS (
    SELECT
      k.*,
      IF(
        k.is_shared,
        SAFE_DIVIDE(
          1.0,
          1.0 - v_left_to_others * GREATEST(
            1.0 - COALESCE(
              SAFE_DIVIDE(k.pair_variance * k.alpha * (k.alpha + k.beta + 1.0), k.beta), 1.0
            ),
            0.0
          )
        ),
        1.0
      ) AS draw_strength
    FROM known AS k
  ),

  posteriors AS (
    SELECT
      k.*,
      v_posterior_sharpening * k.draw_strength * (
        k.alpha + k.effective_successes
        + v_draw_optimism * SQRT(SAFE_DIVIDE(
          SAFE_DIVIDE(
            (k.alpha + k.effective_successes) * (k.beta + k.effective_failures),
            k.alpha + k.beta + k.effective_successes + k.effective_failures + 1.0
          ),
          k.draw_strength
        ))
      ) AS draw_successes,
      v_posterior_sharpening * k.draw_strength * (k.beta + k.effective_failures) AS draw_failures
    FROM shared_beliefs AS k
  ),
