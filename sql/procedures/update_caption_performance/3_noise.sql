
  -- What a send is worth: how much sends of one caption vary, and the priors with that taken out.

  -- One row per send: what share of its conversion wear had left it.
  CREATE OR REPLACE TEMP TABLE worn_sends AS
  SELECT
    b.* EXCEPT (begin_shape, noise, worth, usually_expected, shape, exposure, slope),
    EXP(-w.wear_effect * b.wear) AS unworn_share
  FROM beliefs AS b
  INNER JOIN wear_effects AS w ON b.message_type = w.message_type AND b.wear_days = w.wear_days;

  -- One row per message type that has enough repeats: the variance of a send's rate about its pair's,
  -- relative to its square, from factorial moments: s(s - 1) / n(n - 1) has the mean rate^2 (1 + noise),
  -- the product of the rates of two sends of a pair rate^2.
  CREATE OR REPLACE TEMP TABLE send_noises AS
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
  CROSS JOIN `${dataset}.tuning` AS t
  GROUP BY p.message_type, t.dispersion_min_degrees
  HAVING
    SUM(p.sends - 1) >= t.dispersion_min_degrees
    AND SUM(SAFE_DIVIDE(p.products, p.weights)) > 0;

  -- One row per page and tier: the flat prior, its mean and squared coefficient of variation.
  CREATE OR REPLACE TEMP TABLE flat_priors AS
  WITH pools AS (
    SELECT
      y.*,
      f.pool,
      f.captions,
      f.rate,
      t.prior_min_strength,
      t.prior_max_strength,
      w.wear_effect,
      w.wear_days,
      t.send_noise_weight * COALESCE(n.send_noise, 0.0) AS send_noise,
      SAFE_DIVIDE(
        1.0 + f.relative_variance, 1.0 + t.send_noise_weight * COALESCE(n.send_noise, 0.0)
      ) - 1.0 AS variation
    FROM page_tiers AS y
    CROSS JOIN `${dataset}.tuning` AS t
    INNER JOIN wear_effects AS w ON y.message_type = w.message_type
    LEFT JOIN send_noises AS n ON y.message_type = n.message_type
    LEFT JOIN prior_pools AS f ON y.page_name = f.page_name AND y.price_tier = f.price_tier
  ),

  strengths AS (
    SELECT
      p.*,
      IF(
        p.variation > 0,
        LEAST(
          GREATEST(
            SAFE_DIVIDE(1.0 - p.rate, p.rate * p.variation) - 1.0, p.prior_min_strength
          ),
          p.prior_max_strength
        ),
        p.prior_max_strength
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
  ) AS p;

  -- One row per send: what each of its trials is worth, 1 over how much they vary; 0 outside the window.
  -- What varies is the pair's own rate, as all its sends tell it (told over met).
  CREATE OR REPLACE TEMP TABLE valued_sends AS
  WITH first_worths AS (
    SELECT
      s.*,
      p.send_noise,
      SAFE_DIVIDE(1.0, p.variation) AS begin_shape,
      s.expected * s.unworn_share AS worn_expected,
      IF(
        s.in_window,
        SAFE_DIVIDE(
          s.freshness, s.dispersion + p.send_noise * s.expected * s.unworn_share
        ),
        0.0
      ) AS worth
    FROM worn_sends AS s
    INNER JOIN flat_priors AS p ON s.page_name = p.page_name AND s.price_tier = p.price_tier
  ),

  beliefs_of_pairs AS (
    SELECT
      w.*,
      w.begin_shape
      + SUM(w.worth * w.successes) OVER (PARTITION BY w.page_name, w.caption_id) AS told,
      w.begin_shape
      + SUM(w.worth * w.worn_expected) OVER (PARTITION BY w.page_name, w.caption_id) AS met
    FROM first_worths AS w
  )

  SELECT
    b.* EXCEPT (worth),
    IF(
      b.in_window,
      SAFE_DIVIDE(
        b.freshness, b.dispersion + b.send_noise * b.worn_expected * SAFE_DIVIDE(b.told, b.met)
      ),
      0.0
    ) AS worth
  FROM beliefs_of_pairs AS b;
