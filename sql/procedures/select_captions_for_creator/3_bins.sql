  -- One row per page, tier and bin of the captions that all pages may use: what its typical caption is
  -- believed to sell on the page, whose taste for the bin's category is in the odds. centre is the logit
  -- of the mean of its draws.
  shaped_bins AS (
    WITH bins AS (
      SELECT
        price_tier,
        taste_category,
        bin,
        COUNT(*) AS captions,
        EXP(ROUND(AVG(LN(appeal_shape)), 9)) AS shape,
        EXP(ROUND(AVG(LN(SAFE_DIVIDE(appeal_shape, appeal_rate))), 9)) AS appeal,
        MAX(SAFE_DIVIDE(appeal_shape, appeal_rate)) AS greatest_appeal
      FROM bank
      WHERE is_active AND page_name IS NULL
      GROUP BY price_tier, taste_category, bin
    ),

    moments AS (
      SELECT
        m.*,
        b.bin,
        b.captions AS bin_captions,
        COALESCE(LN(SAFE_DIVIDE(b.greatest_appeal, b.appeal)), 0.0) AS spread,
        m.shared_captions + m.owned_captions > v_individual_draws AS is_large,
        SAFE_DIVIDE(m.shared_captions + m.owned_captions, m.captions) AS per_eligible,
        COALESCE(c.taste, 1.0) AS taste,
        LEAST(m.rate * b.appeal, v_prior_max_rate) AS bin_rate,
        LEAST((1.0 + SAFE_DIVIDE(1.0, b.shape)) * (1.0 + m.pair_variance) - 1.0, m.variation)
          AS bin_variation
      FROM eligible AS m
      INNER JOIN bins AS b ON m.price_tier = b.price_tier
      LEFT JOIN category_counts AS c
        ON
          m.page_name = c.page_name
          AND m.price_tier = c.price_tier
          AND b.taste_category = c.content_category
      WHERE m.captions > 0
    ),

    believed AS (
      SELECT
        m.page_name,
        m.price_tier,
        m.bin,
        m.bin_captions AS captions,
        m.spread,
        m.is_large,
        m.pair_variance,
        m.reach * m.per_eligible + 4.0 * SQRT(m.reach * m.per_eligible) AS reach,
        COALESCE(m.bin_rate * m.strength, m.prior_successes) AS prior_successes,
        SAFE_DIVIDE(COALESCE((1.0 - m.bin_rate) * m.strength, m.prior_failures), m.taste)
          AS prior_failures
      FROM (
        SELECT
          m.*,
          LEAST(
            GREATEST(
              SAFE_DIVIDE(1.0 - m.bin_rate, m.bin_variation * m.bin_rate) - 1.0, v_prior_min_strength
            ),
            v_prior_max_strength
          ) AS strength
        FROM moments AS m
      ) AS m
    ),

    -- What draws are made from: see shared_beliefs and posteriors.
    optimistic AS (
      SELECT
        b.* EXCEPT (draw_strength),
        v_posterior_sharpening * b.draw_strength * (
          b.prior_successes + v_draw_optimism * SQRT(SAFE_DIVIDE(
            SAFE_DIVIDE(
              b.prior_successes * b.prior_failures, b.prior_successes + b.prior_failures + 1.0
            ),
            b.draw_strength
          ))
        ) AS draw_successes,
        v_posterior_sharpening * b.draw_strength * b.prior_failures AS draw_failures
      FROM (
        SELECT
          *,
          SAFE_DIVIDE(
            1.0,
            1.0 - v_left_to_others * GREATEST(
              1.0 - COALESCE(
                SAFE_DIVIDE(
                  pair_variance * prior_successes * (prior_successes + prior_failures + 1.0),
                  prior_failures
                ),
                1.0
              ),
              0.0
            )
          ) AS draw_strength
        FROM believed
      ) AS b
    )

    SELECT
      b.* EXCEPT (draw_successes, draw_failures, pair_variance),
      LN(SAFE_DIVIDE(b.draw_successes, b.draw_failures)) AS centre,
      SAFE_DIVIDE(1.0, 9.0 * b.draw_successes) AS variance_a,
      SAFE_DIVIDE(1.0, 9.0 * b.draw_failures) AS variance_b,
      b.is_large AND LEAST(b.draw_successes, b.draw_failures) >= 1.0 AS may_order
    FROM optimistic AS b
  ),

  -- The same with how many draws are made of the bin, best first (depth). Of a large bin these are order
  -- statistics of as many draws as it has captions; of a small one (depth NULL) every caption draws; one
  -- (0) is passed over, because fewer than one in 10,000 draws of it is expected to count. Draws are
  -- looked at as logits. The share of a bin's draws above a threshold is that of the normal tail at a
  -- deviation of (w * mean_b - mean_a) / sqrt(w^2 * variance_b + variance_a), w being the cube root of
  -- the odds over their mean (Paulson's approximation); 6 deviations at most. The tail is the logistic
  -- one of Bowling et al. (2009). Error below 0.001 for counts of 1 or more.
  page_bins AS (
    WITH
    -- Bins with about the same mean are looked at as one, for tastes make many of them.
    outlines AS (
      SELECT
        page_name,
        price_tier,
        reach,
        SUM(captions) AS captions,
        SAFE_DIVIDE(SUM(captions * centre), SUM(captions)) AS centre,
        SAFE_DIVIDE(SUM(captions * variance_a), SUM(captions)) AS variance_a,
        SAFE_DIVIDE(SUM(captions * variance_b), SUM(captions)) AS variance_b
      FROM shaped_bins
      GROUP BY
        page_name,
        price_tier,
        reach,
        CAST(ROUND(ROUND(40.0 * centre, 9)) AS INT64)
    ),

    -- Some thresholds from the mean of the tier's draws upwards.
    steps AS (
      SELECT
        page_name,
        price_tier,
        ROUND(mean + 0.25 * step * SQRT(square - POW(mean, 2.0)), 9) AS threshold
      FROM (
        SELECT
          page_name,
          price_tier,
          SAFE_DIVIDE(SUM(captions * centre), SUM(captions)) AS mean,
          SAFE_DIVIDE(
            SUM(captions * (centre * centre + 9.0 * (variance_a + variance_b))), SUM(captions)
          ) AS square
        FROM outlines
        GROUP BY page_name, price_tier
      )
      CROSS JOIN UNNEST(GENERATE_ARRAY(-2, 20)) AS step
    ),

    -- The highest one that as many draws as are needed are expected to pass.
    thresholds AS (
      SELECT
        page_name,
        price_tier,
        MAX(IF(ROUND(expected, 6) >= ROUND(reach, 6), threshold, NULL)) AS threshold
      FROM (
        SELECT
          d.page_name,
          d.price_tier,
          d.reach,
          d.threshold,
          SUM(
            d.captions
            * SAFE_DIVIDE(1.0, 1.0 + EXP(1.5976 * d.deviation + 0.070566 * POW(d.deviation, 3.0)))
          ) AS expected
        FROM (
          SELECT
            s.page_name,
            s.price_tier,
            s.reach,
            s.captions,
            c.threshold,
            LEAST(GREATEST(SAFE_DIVIDE(
              EXP(SAFE_DIVIDE(c.threshold - s.centre, 3.0)) * (1.0 - s.variance_b) - (1.0 - s.variance_a),
              SQRT(EXP(2.0 * SAFE_DIVIDE(c.threshold - s.centre, 3.0)) * s.variance_b + s.variance_a)
            ), -6.0), 6.0) AS deviation
          FROM outlines AS s
          INNER JOIN steps AS c ON s.page_name = c.page_name AND s.price_tier = c.price_tier
        ) AS d
        GROUP BY d.page_name, d.price_tier, d.reach, d.threshold
      )
      GROUP BY page_name, price_tier
    )

    SELECT
      p.* EXCEPT (expected, may_order, is_large, reach, spread),
      CASE
        WHEN p.may_order AND ROUND(p.expected, 9) < 0.0001 THEN 0
        WHEN p.may_order AND 2.0 * (1.3 * p.expected + 3.0 * SQRT(p.expected) + 3.0) <= p.captions
          THEN CAST(CEIL(1.3 * p.expected + 3.0 * SQRT(p.expected) + 3.0) AS INT64)
      END AS depth
    FROM (
      SELECT
        d.* EXCEPT (deviation),
        d.captions
        * SAFE_DIVIDE(1.0, 1.0 + EXP(1.5976 * d.deviation + 0.070566 * POW(d.deviation, 3.0)))
          AS expected
      FROM (
        SELECT
          s.*,
          LEAST(GREATEST(SAFE_DIVIDE(
            EXP(SAFE_DIVIDE(h.threshold - s.centre - s.spread, 3.0)) * (1.0 - s.variance_b) - (1.0 - s.variance_a),
            SQRT(EXP(2.0 * SAFE_DIVIDE(h.threshold - s.centre - s.spread, 3.0)) * s.variance_b + s.variance_a)
          ), -6.0), 6.0) AS deviation
        FROM shaped_bins AS s
        INNER JOIN thresholds AS h ON s.page_name = h.page_name AND s.price_tier = h.price_tier
      ) AS d
    ) AS p
  )

  SELECT
    e.*,
    COALESCE(b.bins, []) AS bins
  FROM eligible AS e
  LEFT JOIN (
    SELECT
      page_name,
      price_tier,
      ARRAY_AGG(
        STRUCT(
          bin AS bin,
          captions AS captions,
          prior_successes AS prior_successes,
          prior_failures AS prior_failures,
          centre AS centre,
          variance_a AS variance_a,
          variance_b AS variance_b,
          depth AS depth
        )
        ORDER BY bin
      ) AS bins
    FROM page_bins
    GROUP BY page_name, price_tier
  ) AS b ON e.page_name = b.page_name AND e.price_tier = b.price_tier;
