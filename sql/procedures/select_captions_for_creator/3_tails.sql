
  -- One row per page, caption and arm that draws from a posterior, eligible ones only. A pair that
  -- was never tried has no statistics, and so the prior that it borrows from what other pages saw of
  -- the caption, else that of its page and tier.
  CREATE OR REPLACE TEMP TABLE posteriors AS
  WITH borrowed AS (
    SELECT
      p.*,
      b.price_tier,
      b.bin,
      b.content_category,
      b.has_urgency,
      b.appeal_pages,
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
      LEAST(m.rate * SAFE_DIVIDE(b.appeal_shape, b.appeal_rate), t.prior_max_rate) AS rate,
      LEAST(
        (1.0 + SAFE_DIVIDE(1.0, b.appeal_shape)) * (1.0 + m.pair_variance) - 1.0, m.variation
      ) AS variation,
      t.posterior_sharpening,
      t.draw_optimism,
      t.prior_min_strength,
      t.prior_max_strength
    FROM drawing AS p
    INNER JOIN bank AS b
      ON p.caption_id = b.caption_id AND (b.page_name IS NULL OR b.page_name = p.page_name)
    INNER JOIN tier_places AS m ON p.page_name = m.page_name AND b.price_tier = m.price_tier
    -- Of the categories that the page may use.
    INNER JOIN category_counts AS c
      ON
        p.page_name = c.page_name
        AND b.price_tier = c.price_tier
        AND COALESCE(b.content_category, '') = COALESCE(c.content_category, '')
        AND (b.content_category IS NULL) = (c.content_category IS NULL)
    LEFT JOIN refused AS x ON p.page_name = x.page_name AND p.caption_id = x.caption_id
    LEFT JOIN `${dataset}.caption_bandit_stats` AS s
      ON p.page_name = s.page_name AND p.caption_id = s.caption_id
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE x.caption_id IS NULL
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
          GREATEST(SAFE_DIVIDE(1.0 - rate, variation * rate) - 1.0, prior_min_strength),
          prior_max_strength
        ) AS strength
      FROM borrowed
    ) AS b
  ),

  -- Wear lowers the rate, and leaves what is known of it as certain as it is.
  known AS (
    SELECT
      u.* EXCEPT (unworn_beta, effective_failures),
      SAFE_DIVIDE(u.alpha + u.unworn_beta, u.unworn_share) - u.alpha AS beta,
      SAFE_DIVIDE(u.effective_successes + u.effective_failures, u.unworn_share)
      - u.effective_successes AS effective_failures
    FROM unworn AS u
  )

  SELECT
    k.*,
    k.posterior_sharpening * (
      k.alpha + k.effective_successes
      + k.draw_optimism * SQRT(SAFE_DIVIDE(
        (k.alpha + k.effective_successes) * (k.beta + k.effective_failures),
        k.alpha + k.beta + k.effective_successes + k.effective_failures + 1.0
      ))
    ) AS a,
    k.posterior_sharpening * (k.beta + k.effective_failures) AS b
  FROM known AS k;

  -- One row per row of posteriors that draws by an order statistic: what the logit of the draw is
  -- made of. Paulson's approximation: the cube root of the odds over their mean is about normal. One
  -- step of Newton's method on the logarithm of the survival function follows, by the continued
  -- fraction of the incomplete beta function (Didonato and Morris 1992), of which five terms do.
  CREATE OR REPLACE TEMP TABLE fractions AS
  WITH tails AS (
    SELECT
      p.page_name,
      p.caption_id,
      p.arm,
      p.survival,
      p.a,
      p.b,
      SQRT(-2.0 * LN(LEAST(p.survival, 0.5))) AS tail
    FROM posteriors AS p
    WHERE p.survival > 0
  ),

  deviated AS (
    SELECT
      p.*,
      p.tail - SAFE_DIVIDE(
        2.515517 + 0.802853 * p.tail + 0.010328 * p.tail * p.tail,
        1.0 + 1.432788 * p.tail + 0.189269 * p.tail * p.tail + 0.001308 * POW(p.tail, 3.0)
      ) AS z,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * p.a) AS mean_a,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * p.b) AS mean_b,
      SAFE_DIVIDE(1.0, 9.0 * p.a) AS variance_a,
      SAFE_DIVIDE(1.0, 9.0 * p.b) AS variance_b
    FROM tails AS p
  ),

  first_logits AS (
    SELECT
      d.*,
      LN(SAFE_DIVIDE(d.a, d.b)) + 3.0 * LN(
        SAFE_DIVIDE(
          d.mean_a * d.mean_b
          + d.z * SQRT(GREATEST(
            d.mean_a * d.mean_a * d.variance_b + d.mean_b * d.mean_b * d.variance_a
            - d.z * d.z * d.variance_a * d.variance_b,
            0.0
          )),
          GREATEST(d.mean_b * d.mean_b - d.z * d.z * d.variance_b, 0.01)
        )
      ) AS logit
    FROM deviated AS d
  ),

  terms AS (
    SELECT
      f.*,
      (f.a + f.b) * f.x - f.a + 1.0 AS excess,
      SAFE_DIVIDE(1.0, 1.0 + EXP(f.logit)) AS y
    FROM (
      SELECT
        l.*,
        SAFE_DIVIDE(1.0, 1.0 + EXP(-l.logit)) AS x
      FROM first_logits AS l
    ) AS f
  )

  SELECT
    e.*,
    SAFE_DIVIDE(e.b, e.b + 1.0) * e.excess AS beta_0,
    1.0 + SAFE_DIVIDE((e.a - 1.0) * e.y, e.b + 1.0)
    + SAFE_DIVIDE(e.b + 1.0, e.b + 3.0) * (e.excess + 1.0 + e.x) AS beta_1,
    2.0 + SAFE_DIVIDE(2.0 * (e.a - 2.0) * e.y, e.b + 3.0)
    + SAFE_DIVIDE(e.b + 2.0, e.b + 5.0) * (e.excess + 2.0 * (1.0 + e.x)) AS beta_2,
    3.0 + SAFE_DIVIDE(3.0 * (e.a - 3.0) * e.y, e.b + 5.0)
    + SAFE_DIVIDE(e.b + 3.0, e.b + 7.0) * (e.excess + 3.0 * (1.0 + e.x)) AS beta_3,
    4.0 + SAFE_DIVIDE(4.0 * (e.a - 4.0) * e.y, e.b + 7.0)
    + SAFE_DIVIDE(e.b + 4.0, e.b + 9.0) * (e.excess + 4.0 * (1.0 + e.x)) AS beta_4,
    SAFE_DIVIDE(e.b * (e.a + e.b) * (e.a - 1.0) * e.y * e.y, POW(e.b + 1.0, 2.0)) AS alpha_1,
    SAFE_DIVIDE(
      (e.b + 1.0) * (e.a + e.b + 1.0) * 2.0 * (e.a - 2.0) * e.y * e.y, POW(e.b + 3.0, 2.0)
    ) AS alpha_2,
    SAFE_DIVIDE(
      (e.b + 2.0) * (e.a + e.b + 2.0) * 3.0 * (e.a - 3.0) * e.y * e.y, POW(e.b + 5.0, 2.0)
    ) AS alpha_3,
    SAFE_DIVIDE(
      (e.b + 3.0) * (e.a + e.b + 3.0) * 4.0 * (e.a - 4.0) * e.y * e.y, POW(e.b + 7.0, 2.0)
    ) AS alpha_4,
    -- Stirling's series at five more, for the logarithm of the Beta function.
    (e.a + 4.5) * LN(e.a + 5.0) + (e.b + 4.5) * LN(e.b + 5.0)
    - (e.a + e.b + 4.5) * LN(e.a + e.b + 5.0) - 5.0 + 0.9189385332046727
    + SAFE_DIVIDE(1.0, 12.0 * (e.a + 5.0)) + SAFE_DIVIDE(1.0, 12.0 * (e.b + 5.0))
    - SAFE_DIVIDE(1.0, 12.0 * (e.a + e.b + 5.0))
    - LN(e.a * (e.a + 1.0) * (e.a + 2.0) * (e.a + 3.0) * (e.a + 4.0))
    - LN(e.b * (e.b + 1.0) * (e.b + 2.0) * (e.b + 3.0) * (e.b + 4.0))
    + LN(
      (e.a + e.b) * (e.a + e.b + 1.0) * (e.a + e.b + 2.0) * (e.a + e.b + 3.0)
      * (e.a + e.b + 4.0)
    ) AS log_beta
  FROM terms AS e;

  -- One row per page, caption and arm that draws, with its draw.
  CREATE OR REPLACE TEMP TABLE drawn AS
  WITH hazards AS (
    SELECT
      f.*,
      f.beta_0 + SAFE_DIVIDE(
        f.alpha_1,
        f.beta_1 + SAFE_DIVIDE(
          f.alpha_2, f.beta_2 + SAFE_DIVIDE(f.alpha_3, f.beta_3 + SAFE_DIVIDE(f.alpha_4, f.beta_4))
        )
      ) AS hazard
    FROM fractions AS f
  ),

  logits AS (
    SELECT
      h.page_name,
      h.caption_id,
      h.arm,
      h.logit + IF(
        h.survival < 0.05 AND h.hazard > 0,
        SAFE_DIVIDE(
          h.a * LN(h.x) + h.b * LN(h.y) - h.log_beta - LN(h.hazard) - LN(h.survival), h.hazard
        ),
        0.0
      ) AS logit
    FROM hazards AS h
  )

  SELECT
    l.page_name,
    l.price_tier,
    l.caption_id,
    l.arm,
    l.is_own,
    l.uniform,
    l.bin,
    l.content_category,
    l.has_urgency,
    l.appeal_pages - IF(l.total_observations > 0 AND l.appeal_pages > 0, 1, 0) AS other_pages,
    l.successes,
    l.failures,
    l.alpha AS prior_successes,
    l.beta AS prior_failures,
    l.effective_successes,
    l.effective_failures,
    l.survival IS NOT NULL AS is_ordered,
    IF(
      l.survival IS NULL,
      `${dataset}.wilson_sample`(
        l.a,
        l.b,
        CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', l.page_name, '|',
          CAST(l.caption_id AS STRING)
        )
      ),
      SAFE_DIVIDE(1.0, 1.0 + EXP(-o.logit))
    ) AS thompson_score
  FROM posteriors AS l
  LEFT JOIN logits AS o
    ON l.page_name = o.page_name AND l.caption_id = o.caption_id AND l.arm = o.arm;
