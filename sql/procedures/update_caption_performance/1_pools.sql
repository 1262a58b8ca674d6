
  -- How much sends of one caption vary, and what captions of a page and tier have in common.

  -- One row per page and tier: its own dispersion, or the pool's (1 where sends have a noise of their
  -- own instead); the rate of the narrowest pool of captions that is large enough, and the variance of
  -- first sends beyond the binomial's, relative to the square of the rate. Pools are the page's tier,
  -- the tier over all pages, and the message type; pool and rate are NULL where none is large enough.
  CREATE OR REPLACE TEMP TABLE page_tiers AS
  WITH
  -- One row per page and caption that tells how much sends of one caption vary: Pearson's
  -- chi-square of its sends in the window having one rate.
  repeated_captions AS (
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
    ) AS p
  ),

  -- One row per page (NULL: all pages) and message type that has enough repeated captions.
  dispersions AS (
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
    WHERE p.degrees >= v_dispersion_min_degrees
  ),

  pages AS (
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
  ),

  dispersed AS (
    SELECT
      y.page_name,
      y.price_tier,
      y.message_type,
      IF(v_send_noise_weight > 0, 1.0, COALESCE(own.dispersion, pool.dispersion, 1.0)) AS dispersion,
      IF(v_send_noise_weight > 0, 1.0, COALESCE(pool.dispersion, 1.0)) AS pool_dispersion,
      IF(
        v_send_noise_weight > 0, 'default', COALESCE(own.fitted_on, pool.fitted_on, 'default')
      ) AS dispersion_fitted_on
    FROM typed AS y
    LEFT JOIN dispersions AS own
      ON y.page_name = own.page_name AND y.message_type = own.message_type
    LEFT JOIN dispersions AS pool
      ON pool.page_name IS NULL AND y.message_type = pool.message_type
  ),

  -- One row per caption whose first send on any page lies in the window, and page that sent it then.
  -- A page's first send of a caption that others have tried is a selection: it comes after what they
  -- saw. Such pages would look as if every caption sold well and none differed much. Only in a tier
  -- that has few captions which were first sent in the window do all pages' first sends count.
  first_sends AS (
    SELECT
      s.page_name,
      s.caption_id,
      s.price_tier,
      s.message_type,
      s.usual_trials AS trials,
      s.successes,
      SAFE_DIVIDE(s.successes * s.successes, s.usual_trials) AS square
    FROM (
      SELECT
        *,
        COUNTIF(is_introduction) OVER (PARTITION BY price_tier) AS tier_introductions
      FROM (
        SELECT
          page_name,
          caption_id,
          price_tier,
          message_type,
          usual_trials,
          successes,
          in_window,
          in_window
          AND sending_time = MIN(sending_time) OVER (PARTITION BY caption_id) AS is_introduction
        FROM caption_sends
        WHERE is_first
      )
    ) AS s
    WHERE s.in_window AND (s.is_introduction OR s.tier_introductions < v_prior_min_captions)
  ),

  pools AS (
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
      SUM(trials * trials) AS n_squared,
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
      y.*,
      p.pool,
      p.captions,
      SAFE_DIVIDE(p.s, p.n) AS rate,
      SAFE_DIVIDE(
        p.squares - SAFE_DIVIDE(CAST(p.s AS FLOAT64) * p.s, p.n)
        - IF(p.pool = 'page', y.dispersion, y.pool_dispersion) * (p.captions - 1)
        * SAFE_DIVIDE(p.s, p.n) * (1.0 - SAFE_DIVIDE(p.s, p.n)),
        p.n - SAFE_DIVIDE(p.n_squared, p.n)
      ) AS variance
    FROM dispersed AS y
    LEFT JOIN pools AS p
      ON
        y.message_type = p.message_type
        AND (p.price_tier IS NULL OR y.price_tier = p.price_tier)
        AND (p.page_name IS NULL OR y.page_name = p.page_name)
        AND p.s > 0
        AND p.s < p.n
        AND p.captions >= IF(p.pool = 'message_type', 2, v_prior_min_captions)
  )

  SELECT
    m.* EXCEPT (variance),
    COALESCE(SAFE_DIVIDE(m.variance, m.rate * m.rate), IF(m.pool IS NULL, NULL, 0.0))
      AS relative_variance
  FROM moments AS m
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY m.page_name, m.price_tier
      ORDER BY CASE m.pool WHEN 'page' THEN 1 WHEN 'tier' THEN 2 ELSE 3 END
    ) = 1;
