-- Rebuilds caption_priors, caption_appeal and caption_bandit_stats from message_facts.
-- Trials and first sends are those of the view caption_trials.
-- The dispersion is Pearson's chi-square over its degrees of freedom, over captions with two or
-- more sends, per page and message type, pooled over pages where thin, at least 1. The prior is
-- fitted by the method of moments on each caption's first send, per page and tier, else per tier,
-- else per message type: with p the pool's rate,
-- v = (sum n(s/n - p)^2 - phi(K - 1)p(1 - p)) / (sum n - sum n^2 / sum n), M = p(1 - p)/v - 1,
-- alpha = pM, beta = (1 - p)M. The noise of a send is phi times the binomial's.
-- Captions borrow strength from other pages. A pair's rate is taken for the page's mean x the
-- caption's appeal (mean 1 over captions, variance A) x the pair's own part (mean 1, variance B),
-- with (1 + A)(1 + B) - 1 the squared coefficient of variation T of the page's prior. A is what the
-- first send on one page tells of the first send on a later one: with z the send's rate over the
-- page's mean, less 1, and w = e/(1 + eT), e its expected successes, E[z_later | z_earlier] is
-- A w z_earlier however the later page came to try it, so that A = sum of w' z' w z over
-- sum of w' w^2 z^2. A caption's appeal is Gamma(1/A + sum of kx, 1/A + sum of k) over its pages, x
-- the pair's rate over the page's mean and k = e/(1 + eB). The view borrowed_caption_priors makes
-- a pair's prior of it, the page's own part left out. A = 0 (knob borrowing_weight 0, or nothing to
-- borrow) leaves every pair the prior of its page and tier.
-- Evidence fades by half in stats_half_life_days (91 at least; 0: not at all); priors and
-- dispersions are fitted without that.
-- Running it twice changes nothing but last_updated.
-- Parameters:
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
CREATE OR REPLACE PROCEDURE `${dataset}.update_caption_performance`(
  IN p_as_of DATE, IN p_lookback_days INT64
)
BEGIN
  IF p_as_of IS NULL THEN
    RAISE USING MESSAGE = 'update_caption_performance: p_as_of is NULL; give an LA date';
  END IF;
  IF p_lookback_days IS NULL OR p_lookback_days <= 0 THEN
    RAISE USING MESSAGE = 'update_caption_performance: p_lookback_days must be 1 or more';
  END IF;

  -- One row per send that is a trial of its caption, before p_as_of. A caption without a tier in
  -- the bank is mid once it was sent as a PPV, else bump.
  CREATE OR REPLACE TEMP TABLE caption_sends AS
  WITH unbanked AS (
    SELECT
      c.caption_id,
      IF(LOGICAL_OR(c.message_type = 'PPV'), 'mid', 'bump') AS price_tier
    FROM `${dataset}.caption_trials` AS c
    WHERE c.price_tier IS NULL AND c.send_date < p_as_of
    GROUP BY c.caption_id
  )

  SELECT
    c.* EXCEPT (price_tier, send_date),
    COALESCE(c.price_tier, u.price_tier) AS price_tier,
    IF(
      k.stats_half_life_days > 0,
      POW(
        0.5, SAFE_DIVIDE(DATE_DIFF(p_as_of, c.send_date, DAY), GREATEST(k.stats_half_life_days, 91))
      ),
      1.0
    ) AS freshness,
    c.send_date >= DATE_SUB(p_as_of, INTERVAL p_lookback_days DAY) AS in_window
  FROM `${dataset}.caption_trials` AS c
  CROSS JOIN `${dataset}.tuning` AS k
  LEFT JOIN unbanked AS u ON c.caption_id = u.caption_id
  WHERE
    c.send_date < p_as_of
    AND (c.message_type = 'Bump') = (COALESCE(c.price_tier, u.price_tier) = 'bump');

  -- One row per page and caption that tells how much sends of one caption vary: Pearson's
  -- chi-square of its sends in the window having one rate.
  CREATE OR REPLACE TEMP TABLE repeated_captions AS
  SELECT
    p.page_name,
    p.caption_id,
    p.message_type,
    SAFE_DIVIDE(p.squares, p.rate * (1.0 - p.rate)) AS chi_square,
    p.degrees
  FROM (
    SELECT
      s.page_name,
      s.caption_id,
      s.message_type,
      COUNT(*) - 1 AS degrees,
      SUM(SAFE_DIVIDE(s.successes * s.successes, s.trials))
      - SAFE_DIVIDE(CAST(SUM(s.successes) AS FLOAT64) * SUM(s.successes), SUM(s.trials)) AS squares,
      SAFE_DIVIDE(SUM(s.successes), SUM(s.trials)) AS rate
    FROM caption_sends AS s
    WHERE s.in_window AND s.trials > 0
    GROUP BY s.page_name, s.caption_id, s.message_type
    HAVING COUNT(*) >= 2 AND SUM(s.successes) > 0 AND SUM(s.successes) < SUM(s.trials)
  ) AS p;

  -- One row per page (NULL: all pages) and message type that has enough repeated captions.
  CREATE OR REPLACE TEMP TABLE dispersions AS
  SELECT
    p.page_name,
    p.message_type,
    IF(p.page_name IS NULL, 'message_type', 'page') AS fitted_on,
    GREATEST(1.0, SAFE_DIVIDE(p.chi_square, p.degrees)) AS dispersion
  FROM (
    SELECT
      page_name,
      message_type,
      SUM(chi_square) AS chi_square,
      SUM(degrees) AS degrees
    FROM repeated_captions
    GROUP BY GROUPING SETS ((page_name, message_type), (message_type))
  ) AS p
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE p.degrees >= t.dispersion_min_degrees;

  -- One row per page and tier: its own dispersion, or the pool's.
  CREATE OR REPLACE TEMP TABLE page_tiers AS
  WITH pages AS (
    SELECT page_name FROM `${dataset}.usable_creators`
    UNION DISTINCT
    SELECT page_name FROM caption_sends
  ),

  typed AS (
    SELECT
      p.page_name,
      price_tier,
      IF(price_tier = 'bump', 'Bump', 'PPV') AS message_type
    FROM pages AS p
    CROSS JOIN UNNEST(['budget', 'mid', 'premium', 'bump']) AS price_tier
  )

  SELECT
    y.page_name,
    y.price_tier,
    y.message_type,
    COALESCE(own.dispersion, pool.dispersion, 1.0) AS dispersion,
    COALESCE(pool.dispersion, 1.0) AS pool_dispersion,
    COALESCE(own.fitted_on, pool.fitted_on, 'default') AS dispersion_fitted_on
  FROM typed AS y
  LEFT JOIN dispersions AS own
    ON y.page_name = own.page_name AND y.message_type = own.message_type
  LEFT JOIN dispersions AS pool
    ON pool.page_name IS NULL AND y.message_type = pool.message_type;

  -- One row per page and caption whose first send lies in the window.
  CREATE OR REPLACE TEMP TABLE first_sends AS
  SELECT
    s.page_name,
    s.caption_id,
    s.price_tier,
    s.message_type,
    s.sending_time,
    s.trials,
    s.successes,
    SAFE_DIVIDE(s.successes * s.successes, s.trials) AS square
  FROM caption_sends AS s
  WHERE s.is_first AND s.in_window;

  -- One row per page and tier: the prior of the narrowest pool of captions that is large enough.
  -- Pools are the page's tier, the tier over all pages, and the message type.
  CREATE OR REPLACE TEMP TABLE fitted_priors AS
  WITH pools AS (
    SELECT
      CASE
        WHEN page_name IS NOT NULL THEN 'page'
        WHEN price_tier IS NOT NULL THEN 'tier'
        ELSE 'message_type'
      END AS pool,
      page_name,
      price_tier,
      message_type,
      COUNT(*) AS captions,
      SUM(trials) AS n,
      SUM(CAST(trials AS FLOAT64) * trials) AS n_squared,
      SUM(successes) AS s,
      SUM(square) AS squares
    FROM first_sends
    GROUP BY
      GROUPING SETS (
        (page_name, price_tier, message_type), (price_tier, message_type), (message_type)
      )
  ),

  moments AS (
    SELECT
      p.page_name,
      p.price_tier,
      p.pool,
      p.captions,
      y.page_name AS for_page,
      y.price_tier AS for_tier,
      SAFE_DIVIDE(p.s, p.n) AS rate,
      SAFE_DIVIDE(
        p.squares - SAFE_DIVIDE(CAST(p.s AS FLOAT64) * p.s, p.n)
        - IF(p.pool = 'page', y.dispersion, y.pool_dispersion) * (p.captions - 1)
        * SAFE_DIVIDE(p.s, p.n) * (1.0 - SAFE_DIVIDE(p.s, p.n)),
        p.n - SAFE_DIVIDE(p.n_squared, p.n)
      ) AS variance
    FROM page_tiers AS y
    INNER JOIN pools AS p
      ON
        y.message_type = p.message_type
        AND (p.price_tier IS NULL OR y.price_tier = p.price_tier)
        AND (p.page_name IS NULL OR y.page_name = p.page_name)
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      p.s > 0
      AND p.s < p.n
      AND p.captions >= IF(p.pool = 'message_type', 2, t.prior_min_captions)
  )

  SELECT
    m.for_page AS page_name,
    m.for_tier AS price_tier,
    m.pool,
    m.captions,
    m.rate,
    IF(
      m.variance > 0,
      LEAST(
        GREATEST(
          SAFE_DIVIDE(m.rate * (1.0 - m.rate), m.variance) - 1.0, t.prior_min_strength
        ),
        t.prior_max_strength
      ),
      t.prior_max_strength
    ) AS strength
  FROM moments AS m
  CROSS JOIN `${dataset}.tuning` AS t
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY m.for_page, m.for_tier
      ORDER BY CASE m.pool WHEN 'page' THEN 1 WHEN 'tier' THEN 2 ELSE 3 END
    ) = 1;

  -- One row per page and tier: the flat prior, its mean and squared coefficient of variation.
  CREATE OR REPLACE TEMP TABLE flat_priors AS
  SELECT
    p.*,
    SAFE_DIVIDE(p.prior_successes, p.prior_successes + p.prior_failures) AS rate,
    SAFE_DIVIDE(
      p.prior_failures, p.prior_successes * (p.prior_successes + p.prior_failures + 1.0)
    ) AS variation
  FROM (
    SELECT
      y.page_name,
      y.price_tier,
      y.message_type,
      COALESCE(f.rate * f.strength, 1.0) AS prior_successes,
      COALESCE((1.0 - f.rate) * f.strength, 1.0) AS prior_failures,
      y.dispersion,
      COALESCE(f.pool, 'default') AS fitted_on,
      COALESCE(f.captions, 0) AS fitted_captions,
      y.dispersion_fitted_on
    FROM page_tiers AS y
    LEFT JOIN fitted_priors AS f ON y.page_name = f.page_name AND y.price_tier = f.price_tier
  ) AS p;

  -- One row per tier (NULL: all of the message type) that has enough pairs of first sends.
  CREATE OR REPLACE TEMP TABLE appeal_variances AS
  WITH weighed AS (
    SELECT
      s.caption_id,
      s.price_tier,
      s.message_type,
      s.sending_time,
      SAFE_DIVIDE(s.successes, s.trials * p.rate) - 1.0 AS excess,
      SAFE_DIVIDE(
        SAFE_DIVIDE(s.trials * p.rate, p.dispersion),
        1.0 + SAFE_DIVIDE(s.trials * p.rate, p.dispersion) * p.variation
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
    t.borrowing_weight * GREATEST(COALESCE(SAFE_DIVIDE(p.product, p.square), 0.0), 0.0) AS variance
  FROM pooled AS p
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE p.pairs >= t.borrowing_min_pairs;

  -- One row per page and tier: the flat prior, and how much of its variation pages have in common.
  CREATE OR REPLACE TEMP TABLE fresh_priors AS
  SELECT
    a.*,
    SAFE_DIVIDE(GREATEST(a.variation - a.appeal_variance, 0.0), 1.0 + a.appeal_variance)
      AS pair_variance
  FROM (
    SELECT
      p.*,
      COALESCE(own.variance, pool.variance, 0.0) AS appeal_variance,
      COALESCE(own.pairs, pool.pairs, 0) AS appeal_pairs,
      COALESCE(own.fitted_on, pool.fitted_on, 'default') AS appeal_fitted_on
    FROM flat_priors AS p
    LEFT JOIN appeal_variances AS own
      ON p.price_tier = own.price_tier AND p.message_type = own.message_type
    LEFT JOIN appeal_variances AS pool
      ON pool.price_tier IS NULL AND p.message_type = pool.message_type
  ) AS a;

  -- One row per page and caption that was ever sent: what the window has of it, and what its trials
  -- are worth.
  CREATE OR REPLACE TEMP TABLE pair_evidence AS
  SELECT
    e.*,
    SAFE_DIVIDE(
      e.effective_successes, 1.0 + e.effective_trials * r.rate * r.pair_variance
    ) AS appeal_successes,
    SAFE_DIVIDE(
      e.effective_trials * r.rate, 1.0 + e.effective_trials * r.rate * r.pair_variance
    ) AS appeal_exposure
  FROM (
    SELECT
      s.page_name,
      s.caption_id,
      s.price_tier,
      COUNTIF(s.in_window) AS send_count,
      COALESCE(SUM(IF(s.in_window, s.successes, 0)), 0) AS successes,
      COALESCE(SUM(IF(s.in_window, s.trials, 0)), 0) AS total_observations,
      COALESCE(SUM(IF(s.in_window, s.earnings, 0.0)), 0.0) AS total_revenue,
      COALESCE(SUM(IF(s.in_window, s.sent_count, 0)), 0) AS recipients,
      MAX(s.sending_time) AS last_used,
      SUM(IF(s.in_window, SAFE_DIVIDE(s.freshness * s.successes, p.dispersion), 0.0))
        AS effective_successes,
      SUM(IF(s.in_window, SAFE_DIVIDE(s.freshness * s.trials, p.dispersion), 0.0))
        AS effective_trials
    FROM caption_sends AS s
    INNER JOIN flat_priors AS p ON s.page_name = p.page_name AND s.price_tier = p.price_tier
    GROUP BY s.page_name, s.caption_id, s.price_tier
  ) AS e
  INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier;

  -- One row per caption that was tried in the window, where there is anything to borrow.
  CREATE OR REPLACE TEMP TABLE fresh_appeal AS
  SELECT
    a.caption_id,
    a.price_tier,
    a.pages,
    SAFE_DIVIDE(1.0, a.appeal_variance) + a.successes AS appeal_shape,
    SAFE_DIVIDE(1.0, a.appeal_variance) + a.exposure AS appeal_rate
  FROM (
    SELECT
      e.caption_id,
      e.price_tier,
      MAX(r.appeal_variance) AS appeal_variance,
      COUNT(*) AS pages,
      SUM(e.appeal_successes) AS successes,
      SUM(e.appeal_exposure) AS exposure
    FROM pair_evidence AS e
    INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
    WHERE e.effective_trials > 0
    GROUP BY e.caption_id, e.price_tier
  ) AS a
  WHERE a.appeal_variance > 0;

  -- One row per page and caption that was ever sent: its statistics, all but its prior.
  CREATE OR REPLACE TEMP TABLE fresh_stats AS
  WITH last_sends AS (
    SELECT
      page_name,
      caption_id,
      emv AS last_emv_observed
    FROM caption_sends
    WHERE in_window AND emv IS NOT NULL
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY page_name, caption_id ORDER BY sending_time DESC, row_id DESC
      ) = 1
  )

  SELECT
    e.page_name,
    e.caption_id,
    e.price_tier,
    e.send_count,
    e.successes,
    e.total_observations - e.successes AS failures,
    e.total_observations,
    e.total_revenue,
    SAFE_DIVIDE(e.successes, e.total_observations) AS avg_conversion_rate,
    SAFE_DIVIDE(1000.0 * e.total_revenue, e.recipients) AS avg_emv,
    l.last_emv_observed,
    `${dataset}.wilson_score_bounds`(
      CAST(e.successes AS FLOAT64), CAST(e.total_observations - e.successes AS FLOAT64)
    ) AS bounds,
    r.dispersion,
    e.effective_successes,
    e.effective_trials - e.effective_successes AS effective_failures,
    e.last_used,
    COALESCE(d.chi_square, 0.0) AS chi_square,
    COALESCE(d.degrees, 0) AS degrees,
    e.appeal_successes,
    e.appeal_exposure
  FROM pair_evidence AS e
  INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
  LEFT JOIN repeated_captions AS d ON e.page_name = d.page_name AND e.caption_id = d.caption_id
  LEFT JOIN last_sends AS l ON e.page_name = l.page_name AND e.caption_id = l.caption_id;

  BEGIN TRANSACTION;

  MERGE INTO `${dataset}.caption_priors` AS c
  USING fresh_priors AS f
  ON c.page_name = f.page_name AND c.price_tier = f.price_tier
  WHEN MATCHED THEN
    UPDATE SET
      prior_successes = f.prior_successes,
      prior_failures = f.prior_failures,
      dispersion = f.dispersion,
      fitted_on = f.fitted_on,
      fitted_captions = f.fitted_captions,
      dispersion_fitted_on = f.dispersion_fitted_on,
      appeal_variance = f.appeal_variance,
      pair_variance = f.pair_variance,
      appeal_pairs = f.appeal_pairs,
      appeal_fitted_on = f.appeal_fitted_on,
      rate = f.rate,
      variation = f.variation,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, price_tier, prior_successes, prior_failures, dispersion, fitted_on,
      fitted_captions, dispersion_fitted_on, appeal_variance, pair_variance, appeal_pairs,
      appeal_fitted_on, rate, variation, stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.price_tier, f.prior_successes, f.prior_failures, f.dispersion, f.fitted_on,
      f.fitted_captions, f.dispersion_fitted_on, f.appeal_variance, f.pair_variance,
      f.appeal_pairs, f.appeal_fitted_on, f.rate, f.variation, p_as_of, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  MERGE INTO `${dataset}.caption_appeal` AS c
  USING fresh_appeal AS f
  ON c.caption_id = f.caption_id
  WHEN MATCHED THEN
    UPDATE SET
      price_tier = f.price_tier,
      pages = f.pages,
      appeal = SAFE_DIVIDE(f.appeal_shape, f.appeal_rate),
      appeal_shape = f.appeal_shape,
      appeal_rate = f.appeal_rate,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      caption_id, price_tier, pages, appeal, appeal_shape, appeal_rate, stats_as_of, last_updated
    )
    VALUES (
      f.caption_id, f.price_tier, f.pages, SAFE_DIVIDE(f.appeal_shape, f.appeal_rate),
      f.appeal_shape, f.appeal_rate, p_as_of, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  MERGE INTO `${dataset}.caption_bandit_stats` AS c
  USING fresh_stats AS f
  ON c.page_name = f.page_name AND c.caption_id = f.caption_id
  WHEN MATCHED THEN
    UPDATE SET
      price_tier = f.price_tier,
      send_count = f.send_count,
      successes = f.successes,
      failures = f.failures,
      total_observations = f.total_observations,
      total_revenue = f.total_revenue,
      avg_conversion_rate = f.avg_conversion_rate,
      avg_emv = f.avg_emv,
      last_emv_observed = f.last_emv_observed,
      confidence_lower_bound = f.bounds.lower_bound,
      confidence_upper_bound = f.bounds.upper_bound,
      exploration_score = f.bounds.exploration_bonus,
      dispersion = f.dispersion,
      effective_successes = f.effective_successes,
      effective_failures = f.effective_failures,
      last_used = f.last_used,
      chi_square = f.chi_square,
      degrees = f.degrees,
      appeal_successes = f.appeal_successes,
      appeal_exposure = f.appeal_exposure,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, caption_id, price_tier, send_count, successes, failures, total_observations,
      total_revenue, avg_conversion_rate, avg_emv, last_emv_observed, confidence_lower_bound,
      confidence_upper_bound, exploration_score, dispersion, effective_successes,
      effective_failures, last_used, chi_square, degrees, appeal_successes, appeal_exposure,
      stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.caption_id, f.price_tier, f.send_count, f.successes, f.failures,
      f.total_observations, f.total_revenue, f.avg_conversion_rate, f.avg_emv,
      f.last_emv_observed, f.bounds.lower_bound, f.bounds.upper_bound,
      f.bounds.exploration_bonus, f.dispersion, f.effective_successes, f.effective_failures,
      f.last_used, f.chi_square, f.degrees, f.appeal_successes, f.appeal_exposure, p_as_of,
      CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  -- A pair's prior is the one that it borrows, else that of its page and tier. The view needs what
  -- was written above.
  UPDATE `${dataset}.caption_bandit_stats` AS s
  SET
    prior_successes = p.prior_successes,
    prior_failures = p.prior_failures,
    performance_percentile = p.performance_percentile
  FROM (
    SELECT
      page_name,
      caption_id,
      prior_successes,
      prior_failures,
      CAST(ROUND(100.0 * PERCENT_RANK() OVER (
        PARTITION BY page_name, price_tier
        -- Sums of floats differ in their last digits from run to run: equal means stay equal.
        ORDER BY ROUND(
          SAFE_DIVIDE(
            prior_successes + effective_successes,
            prior_successes + prior_failures + effective_trials
          ),
          12
        )
      )) AS INT64) AS performance_percentile
    FROM (
      SELECT
        e.page_name,
        e.caption_id,
        e.price_tier,
        e.effective_successes,
        e.effective_trials,
        COALESCE(b.prior_successes, r.prior_successes) AS prior_successes,
        COALESCE(b.prior_failures, r.prior_failures) AS prior_failures
      FROM pair_evidence AS e
      INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
      LEFT JOIN `${dataset}.borrowed_caption_priors` AS b
        ON
          e.page_name = b.page_name
          AND e.caption_id = b.caption_id
          AND e.price_tier = b.price_tier
          AND b.is_tried
    )
  ) AS p
  WHERE s.page_name = p.page_name AND s.caption_id = p.caption_id;

  COMMIT TRANSACTION;
END;
