
  -- What a send is worth, the priors with that taken out, and what pages have in common: how much
  -- captions differ over all of them.

  -- One row per page and tier: the flat prior, and how much of its variation pages have in common.
  -- What texts tell (E) is in the captions' multipliers instead: (1 + A) and (1 + T) are divided by
  -- (1 + E). A is 0.01 at least then: the selection's bins are as wide as appeal is uncertain.
  CREATE OR REPLACE TEMP TABLE fresh_priors AS
  WITH
  -- One row per page and tier: the flat prior, its mean and squared coefficient of variation.
  flat_priors AS (
    WITH
    -- One row per send: what share of its conversion wear had left it.
    worn_sends AS (
      SELECT
        b.* EXCEPT (begin_shape, noise, worth, usually_expected, shape, exposure, slope),
        EXP(-w.wear_effect * b.wear) AS unworn_share
      FROM beliefs AS b
      INNER JOIN wear_effects AS w ON b.message_type = w.message_type AND b.wear_days = w.wear_days
    ),

    -- One row per message type that has enough repeats: the variance of a send's rate about its pair's,
    -- relative to its square, from factorial moments: s(s - 1) / n(n - 1) has the mean rate^2 (1 + noise),
    -- the product of the rates of two sends of a pair rate^2.
    send_noises AS (
      WITH used AS (
        SELECT
          s.page_name,
          s.caption_id,
          s.message_type,
          s.usual_trials AS n,
          CAST(s.successes AS FLOAT64) AS won,
          s.expected * s.unworn_share AS expected,
          SAFE_DIVIDE(s.expected * s.unworn_share, 1.0 + s.expected * s.unworn_share) AS weight
        FROM worn_sends AS s
        WHERE s.in_window AND s.trials > 0
      ),

      pairs AS (
        SELECT
          u.message_type,
          COUNT(*) AS sends,
          SUM(u.weight) AS weights,
          SUM(u.weight * u.weight) AS square_weights,
          SUM(
            IF(
              u.n > 1.0,
              u.weight * u.weight * SAFE_DIVIDE(
                u.won * (u.won - 1.0) * SAFE_DIVIDE(u.n, u.n - 1.0), u.expected * u.expected
              ),
              0.0
            )
          ) AS squares,
          POW(SUM(SAFE_DIVIDE(u.weight * u.won, u.expected)), 2.0)
          - SUM(POW(SAFE_DIVIDE(u.weight * u.won, u.expected), 2.0)) AS products
        FROM used AS u
        GROUP BY u.page_name, u.caption_id, u.message_type
        HAVING COUNT(*) >= 2
      )

      SELECT
        p.message_type,
        GREATEST(
          SAFE_DIVIDE(
            SUM(SAFE_DIVIDE(
              (p.weights * p.weights - p.square_weights) * p.squares, p.weights * p.square_weights
            )),
            SUM(SAFE_DIVIDE(p.products, p.weights))
          ) - 1.0,
          0.0
        ) AS send_noise
      FROM pairs AS p
      GROUP BY p.message_type
      HAVING
        SUM(p.sends - 1) >= v_dispersion_min_degrees
        AND SUM(SAFE_DIVIDE(p.products, p.weights)) > 0
    ),

    pools AS (
      SELECT
        y.*,
        w.wear_effect,
        w.wear_days,
        v_send_noise_weight * COALESCE(n.send_noise, 0.0) AS send_noise,
        SAFE_DIVIDE(
          1.0 + y.relative_variance, 1.0 + v_send_noise_weight * COALESCE(n.send_noise, 0.0)
        ) - 1.0 AS variation
      FROM page_tiers AS y
      INNER JOIN wear_effects AS w ON y.message_type = w.message_type
      LEFT JOIN send_noises AS n ON y.message_type = n.message_type
    ),

    strengths AS (
      SELECT
        p.*,
        IF(
          p.variation > 0,
          LEAST(
            GREATEST(
              SAFE_DIVIDE(1.0 - p.rate, p.rate * p.variation) - 1.0, v_prior_min_strength
            ),
            v_prior_max_strength
          ),
          v_prior_max_strength
        ) AS strength
      FROM pools AS p
    )

    SELECT
      p.*,
      SAFE_DIVIDE(p.prior_successes, p.prior_successes + p.prior_failures) AS rate,
      SAFE_DIVIDE(
        p.prior_failures, p.prior_successes * (p.prior_successes + p.prior_failures + 1.0)
      ) AS variation
    FROM (
      SELECT
        f.page_name,
        f.price_tier,
        f.message_type,
        COALESCE(f.rate * f.strength, 1.0) AS prior_successes,
        COALESCE((1.0 - f.rate) * f.strength, 1.0) AS prior_failures,
        f.dispersion,
        f.send_noise,
        f.wear_effect,
        f.wear_days,
        COALESCE(f.pool, 'default') AS fitted_on,
        COALESCE(f.captions, 0) AS fitted_captions,
        f.dispersion_fitted_on
      FROM strengths AS f
    ) AS p
  ),

  -- One row per tier (NULL: all of the message type) that has enough pairs of first sends.
  appeal_variances AS (
    WITH
    -- One row per page and caption whose first send lies in the window.
    first_sends AS (
      SELECT
        s.page_name,
        s.caption_id,
        s.price_tier,
        s.message_type,
        s.sending_time,
        s.usual_trials AS trials,
        s.successes,
        SAFE_DIVIDE(s.successes * s.successes, s.usual_trials) AS square
      FROM caption_sends AS s
      WHERE s.is_first AND s.in_window
    ),

    weighed AS (
      SELECT
        s.caption_id,
        s.price_tier,
        s.message_type,
        s.sending_time,
        SAFE_DIVIDE(s.successes, s.trials * p.rate) - 1.0 AS excess,
        -- 1 / (variance of captions + that of a send about its caption), both relative.
        SAFE_DIVIDE(
          1.0,
          p.variation + SAFE_DIVIDE(p.dispersion, s.trials * p.rate)
          + p.send_noise * (1.0 + p.variation)
        ) AS weight
      FROM first_sends AS s
      INNER JOIN flat_priors AS p ON s.page_name = p.page_name AND s.price_tier = p.price_tier
    ),

    -- One row per caption and instant: what was sent then, and in a window what was sent before it.
    told AS (
      SELECT
        i.price_tier,
        i.message_type,
        i.sends * i.earlier_sends AS pairs,
        i.told * i.earlier_told AS product,
        i.weight * i.earlier_squares AS square
      FROM (
        SELECT
          g.*,
          SUM(g.sends) OVER (
            PARTITION BY g.caption_id ORDER BY g.sending_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS earlier_sends,
          SUM(g.told) OVER (
            PARTITION BY g.caption_id ORDER BY g.sending_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS earlier_told,
          SUM(g.squares) OVER (
            PARTITION BY g.caption_id ORDER BY g.sending_time
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS earlier_squares
        FROM (
          SELECT
            caption_id,
            price_tier,
            message_type,
            sending_time,
            COUNT(*) AS sends,
            SUM(weight) AS weight,
            SUM(weight * excess) AS told,
            SUM(weight * excess * weight * excess) AS squares
          FROM weighed
          GROUP BY caption_id, price_tier, message_type, sending_time
        ) AS g
      ) AS i
      WHERE i.earlier_sends > 0
    ),

    pooled AS (
      SELECT
        price_tier,
        message_type,
        SUM(pairs) AS pairs,
        SUM(product) AS product,
        SUM(square) AS square
      FROM told
      GROUP BY GROUPING SETS ((price_tier, message_type), (message_type))
    )

    SELECT
      p.price_tier,
      p.message_type,
      IF(p.price_tier IS NULL, 'message_type', 'tier') AS fitted_on,
      p.pairs,
      v_borrowing_weight * GREATEST(COALESCE(SAFE_DIVIDE(p.product, p.square), 0.0), 0.0) AS variance
    FROM pooled AS p
    WHERE p.pairs >= v_borrowing_min_pairs
  ),

  explained AS (
    SELECT
      IF(x.price_tier = 'bump', 'Bump', 'PPV') AS message_type,
      MAX(x.explained_variance) AS explained_variance
    FROM `${dataset}.caption_text_priors` AS x
    WHERE v_text_prior_weight > 0
    GROUP BY message_type
  )

  SELECT
    a.* EXCEPT (unexplained_variation),
    SAFE_DIVIDE(
      GREATEST(a.unexplained_variation - a.appeal_variance, 0.0), 1.0 + a.appeal_variance
    ) AS pair_variance
  FROM (
    SELECT
      p.*,
      IF(
        x.explained_variance > 0,
        GREATEST(
          SAFE_DIVIDE(
            1.0 + COALESCE(own.variance, pool.variance, 0.0), 1.0 + x.explained_variance
          ) - 1.0,
          0.01
        ),
        COALESCE(own.variance, pool.variance, 0.0)
      ) AS appeal_variance,
      IF(
        x.explained_variance > 0,
        SAFE_DIVIDE(1.0 + p.variation, 1.0 + x.explained_variance) - 1.0,
        p.variation
      ) AS unexplained_variation,
      COALESCE(own.pairs, pool.pairs, 0) AS appeal_pairs,
      COALESCE(own.fitted_on, pool.fitted_on, 'default') AS appeal_fitted_on
    FROM flat_priors AS p
    LEFT JOIN appeal_variances AS own
      ON p.price_tier = own.price_tier AND p.message_type = own.message_type
    LEFT JOIN appeal_variances AS pool
      ON pool.price_tier IS NULL AND p.message_type = pool.message_type
    LEFT JOIN explained AS x ON p.message_type = x.message_type
  ) AS a;
