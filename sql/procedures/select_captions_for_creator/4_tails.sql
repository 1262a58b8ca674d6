
  -- What the logit of a draw by an order statistic is made of; NULL where the caption draws by its own
  -- key. Paulson's approximation: the cube root of the odds over their mean is about normal. One step
  -- of Newton's method on the logarithm of the survival function follows, by the continued fraction of
  -- the incomplete beta function (Didonato and Morris 1992), of which five terms do.
  tails AS (
    SELECT
      p.*,
      IF(p.survival > 0, p.draw_successes, NULL) AS a,
      IF(p.survival > 0, p.draw_failures, NULL) AS b,
      SQRT(-2.0 * LN(LEAST(IF(p.survival > 0, p.survival, NULL), 0.5))) AS tail
    FROM posteriors AS p
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
  ),

  fractions AS (
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
    FROM terms AS e
  ),

  hazards AS (
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
      h.* EXCEPT (logit),
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
    l.is_shared,
    l.uniform,
    l.bin,
    l.content_category,
    l.has_urgency,
    l.own_price,
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
        l.draw_successes,
        l.draw_failures,
        CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', l.page_name, '|',
          CAST(l.caption_id AS STRING)
        )
      ),
      SAFE_DIVIDE(1.0, 1.0 + EXP(-l.logit))
    ) AS thompson_score
  FROM logits AS l;
