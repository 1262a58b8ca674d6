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
