
  -- What pages have in common: how much captions differ over all of them.

  -- One row per tier (NULL: all of the message type) that has enough pairs of first sends.
  CREATE OR REPLACE TEMP TABLE appeal_variances AS
  WITH weighed AS (
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
    t.borrowing_weight * GREATEST(COALESCE(SAFE_DIVIDE(p.product, p.square), 0.0), 0.0) AS variance
  FROM pooled AS p
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE p.pairs >= t.borrowing_min_pairs;

  -- One row per page and tier: the flat prior, and how much of its variation pages have in common.
  -- What texts tell (E) is in the captions' multipliers instead: (1 + A) and (1 + T) are divided by
  -- (1 + E). A is 0.01 at least then: the selection's bins are as wide as appeal is uncertain.
  CREATE OR REPLACE TEMP TABLE fresh_priors AS
  WITH told AS (
    SELECT
      IF(x.price_tier = 'bump', 'Bump', 'PPV') AS message_type,
      MAX(x.explained_variance) AS explained_variance
    FROM `${dataset}.caption_text_priors` AS x
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE t.text_prior_weight > 0
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
    LEFT JOIN told AS x ON p.message_type = x.message_type
  ) AS a;
