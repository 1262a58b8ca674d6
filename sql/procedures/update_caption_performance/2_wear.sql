
  -- How repeats wear a caption out: a send sells e^(-effect x wear) of what it would sell unworn, wear
  -- being the sum over the pair's earlier sends of e^(-days since / wear_days). It is estimated by
  -- prediction: each repeat against what was believed of the caption just before it.

  -- One row per send and length of wear that is tried: what was to be expected of an average caption,
  -- how worn it was, and the Gamma belief about the pair's multiplier before it, shape over exposure.
  -- Beliefs take the effect of wear for 0.3 at 60 days; slope says how the exposure falls with it.
  CREATE OR REPLACE TEMP TABLE beliefs AS
  WITH
  -- One row per page and tier: the prior as it is before a send's noise is estimated (0.25 for a PPV,
  -- 0.02 for a Bump), begin being 1 over its squared coefficient of variation.
  usual_priors AS (
    SELECT
      p.page_name,
      p.price_tier,
      p.dispersion,
      p.noise,
      COALESCE(p.rate, 0.5) AS rate,
      COALESCE(
        SAFE_DIVIDE(
          1.0,
          LEAST(
            GREATEST(
              SAFE_DIVIDE(1.0 + p.relative_variance, 1.0 + p.noise) - 1.0,
              SAFE_DIVIDE(1.0 - p.rate, p.rate * (v_prior_max_strength + 1.0))
            ),
            SAFE_DIVIDE(1.0 - p.rate, p.rate * (v_prior_min_strength + 1.0))
          )
        ),
        3.0
      ) AS begin_shape
    FROM (
      SELECT
        y.page_name,
        y.price_tier,
        y.dispersion,
        y.rate,
        y.relative_variance,
        IF(v_send_noise_weight > 0, IF(y.price_tier = 'bump', 0.02, 0.25), 0.0) AS noise
      FROM page_tiers AS y
    ) AS p
  ),

  worn AS (
    SELECT
      s.*,
      p.dispersion,
      p.noise,
      p.begin_shape,
      s.usual_trials * p.rate AS expected,
      wear_days,
      COALESCE(
        SAFE_DIVIDE(
          SUM(EXP(SAFE_DIVIDE(s.day, wear_days))) OVER (
            PARTITION BY s.page_name, s.caption_id, wear_days ORDER BY s.sending_time, s.row_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ),
          EXP(SAFE_DIVIDE(s.day, wear_days))
        ),
        0.0
      ) AS wear
    FROM caption_sends AS s
    INNER JOIN usual_priors AS p ON s.page_name = p.page_name AND s.price_tier = p.price_tier
    CROSS JOIN UNNEST([30, 60, 120]) AS wear_days
  ),

  valued AS (
    SELECT
      w.*,
      SAFE_DIVIDE(
        1.0,
        w.dispersion + w.noise * w.expected * EXP(-SAFE_DIVIDE(0.3 * 60.0, w.wear_days) * w.wear)
      ) AS worth,
      w.expected * EXP(-SAFE_DIVIDE(0.3 * 60.0, w.wear_days) * w.wear) AS usually_expected
    FROM worn AS w
  )

  SELECT
    v.*,
    v.begin_shape + COALESCE(
      SUM(v.worth * v.successes) OVER (
        PARTITION BY v.page_name, v.caption_id, v.wear_days ORDER BY v.sending_time, v.row_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0.0
    ) AS shape,
    v.begin_shape + COALESCE(
      SUM(v.worth * v.usually_expected) OVER (
        PARTITION BY v.page_name, v.caption_id, v.wear_days ORDER BY v.sending_time, v.row_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0.0
    ) AS exposure,
    COALESCE(
      SUM(v.worth * v.usually_expected * v.wear) OVER (
        PARTITION BY v.page_name, v.caption_id, v.wear_days ORDER BY v.sending_time, v.row_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0.0
    ) AS slope
  FROM valued AS v;

  -- One row per message type: the effect and length that predict repeats best; 60 days unless another
  -- length is clearly better (4 of chi-square); no effect where too few repeats tell. Effects are tried
  -- in steps of 0.05 at 60 days, and the best is found between them by a parabola.
  CREATE OR REPLACE TEMP TABLE wear_effects AS
  WITH variances AS (
    SELECT
      row_id,
      dispersion * predicted + (noise + SAFE_DIVIDE(1.0, shape)) * predicted * predicted AS variance
    FROM (
      SELECT
        row_id,
        dispersion,
        noise,
        shape,
        SAFE_DIVIDE(usually_expected * shape, exposure) AS predicted
      FROM beliefs
      WHERE wear_days = 60 AND in_window AND expected > 0 AND wear > 0
    )
  ),

  losses AS (
    SELECT
      b.message_type,
      b.wear_days,
      step,
      COUNT(*) AS repeats,
      SUM(SAFE_DIVIDE(
        POW(
          b.successes - SAFE_DIVIDE(
            b.expected * EXP(-SAFE_DIVIDE(0.05 * step * 60.0, b.wear_days) * b.wear) * b.shape,
            GREATEST(
              b.exposure - SAFE_DIVIDE((0.05 * step - 0.3) * 60.0, b.wear_days) * b.slope,
              b.begin_shape
            )
          ),
          2.0
        ),
        v.variance
      )) AS loss
    FROM beliefs AS b
    INNER JOIN variances AS v ON b.row_id = v.row_id
    CROSS JOIN UNNEST(GENERATE_ARRAY(0, 20)) AS step
    GROUP BY b.message_type, b.wear_days, step
  ),

  bent AS (
    SELECT
      l.*,
      LAG(l.loss) OVER (PARTITION BY l.message_type, l.wear_days ORDER BY l.step) AS loss_before,
      LEAD(l.loss) OVER (PARTITION BY l.message_type, l.wear_days ORDER BY l.step) AS loss_after
    FROM losses AS l
  ),

  lengths AS (
    SELECT
      e.message_type,
      e.wear_days,
      e.repeats,
      e.loss - IF(e.wear_days = 60, 4.0, 0.0) AS loss,
      SAFE_DIVIDE(
        0.05 * 60.0 * (e.step + COALESCE(
          SAFE_DIVIDE(
            0.5 * (e.loss_before - e.loss_after), e.loss_before - 2.0 * e.loss + e.loss_after
          ),
          0.0
        )),
        e.wear_days
      ) AS effect
    FROM bent AS e
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY e.message_type, e.wear_days ORDER BY ROUND(e.loss, 6), e.step) = 1
  ),

  fitted AS (
    SELECT *
    FROM lengths AS g
    QUALIFY
      ROW_NUMBER() OVER (PARTITION BY g.message_type ORDER BY ROUND(g.loss, 6), g.wear_days) = 1
  )

  SELECT
    m.message_type,
    IF(f.repeats >= v_dispersion_min_degrees, v_wear_weight * f.effect, 0.0) AS wear_effect,
    IF(f.repeats >= v_dispersion_min_degrees, f.wear_days, 60) AS wear_days
  FROM (SELECT message_type FROM UNNEST(['PPV', 'Bump']) AS message_type) AS m
  LEFT JOIN fitted AS f ON m.message_type = f.message_type;
