
  -- What pages like of each category. A taste is what the page's PPVs of the category sold over what
  -- was expected of each just before it was sent: of its pair's prior, its own sends before, and its
  -- wear. A send that is expected to sell e is worth 1 / (1 + (noise + u) e), u being how uncertain the
  -- caption was. sold and met are sums of successes and expectations x worth, by week; both fade by half
  -- in half_life_days. With V the variance of tastes about 1 the taste is (1/V + sold) / (1/V + met), met
  -- being multiplied by what the page sold of all categories in that time over what was expected: its
  -- level. half_life_days and V are those that predict each week from the weeks before it best; there
  -- are no tastes where none is clearly better (4 of chi-square) than 1.
  MERGE INTO `${dataset}.page_tastes` AS c
  USING (
    WITH
    -- One row per PPV of the window: what was believed of its caption just before.
    believed AS (
      SELECT
        b.page_name,
        b.content_category,
        DIV(-CAST(b.day AS INT64) - 1, 7) AS week,
        b.successes,
        r.send_noise,
        b.expected * EXP(-r.wear_effect * b.wear) AS unworn_expected,
        SAFE_DIVIDE(
          s.prior_successes * (s.prior_successes + s.prior_failures + 1.0), s.prior_failures
        ) AS begin_shape,
        SAFE_DIVIDE(
          s.prior_successes, r.rate * (s.prior_successes + s.prior_failures)
        ) AS begin_rate,
        b.shape - b.begin_shape AS told,
        GREATEST(
          b.exposure - b.begin_shape
          - (r.wear_effect - SAFE_DIVIDE(0.3 * 60.0, b.wear_days)) * b.slope,
          0.0
        ) AS met
      FROM beliefs AS b
      INNER JOIN fresh_priors AS r
        ON
          b.page_name = r.page_name
          AND b.price_tier = r.price_tier
          AND b.wear_days = r.wear_days
      INNER JOIN `${dataset}.caption_bandit_stats` AS s
        ON b.page_name = s.page_name AND b.caption_id = s.caption_id
      WHERE
        v_taste_weight > 0
        AND b.message_type = 'PPV'
        AND b.in_window
        AND b.trials > 0
        AND b.content_category IS NOT NULL
    ),

    weighed AS (
      SELECT
        e.*,
        SAFE_DIVIDE(
          1.0, 1.0 + (e.send_noise + SAFE_DIVIDE(1.0, e.shape)) * e.expected
        ) AS worth
      FROM (
        SELECT
          b.*,
          b.begin_shape + b.told AS shape,
          SAFE_DIVIDE(
            b.unworn_expected * (b.begin_shape + b.told),
            SAFE_DIVIDE(b.begin_shape, b.begin_rate) + b.met
          ) AS expected
        FROM believed AS b
      ) AS e
    ),

    -- One row per page, category (NULL: all of the page's) and week, counted backwards, and half-life
    -- that is tried. faded is the weight at p_as_of.
    weeks AS (
      SELECT
        g.page_name,
        g.content_category,
        g.week,
        g.sends,
        g.sold,
        g.met,
        half_life_days,
        POW(0.5, SAFE_DIVIDE(7.0 * (g.week + 1), half_life_days)) AS faded
      FROM (
        SELECT
          page_name,
          content_category,
          week,
          COUNT(*) AS sends,
          SUM(worth * successes) AS sold,
          SUM(worth * expected) AS met
        FROM weighed
        GROUP BY GROUPING SETS ((page_name, content_category, week), (page_name, week))
      ) AS g
      CROSS JOIN UNNEST([21, 42, 84, 168]) AS half_life_days
    ),

    -- What the weeks before each one tell.
    known AS (
      SELECT
        k.*,
        COALESCE(
          SAFE_DIVIDE(
            SUM(k.sold * k.faded) OVER (
              PARTITION BY k.page_name, k.content_category, k.half_life_days ORDER BY k.week DESC
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            k.faded
          ),
          0.0
        ) * POW(0.5, SAFE_DIVIDE(7.0, k.half_life_days)) AS known_sold,
        COALESCE(
          SAFE_DIVIDE(
            SUM(k.met * k.faded) OVER (
              PARTITION BY k.page_name, k.content_category, k.half_life_days ORDER BY k.week DESC
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            k.faded
          ),
          0.0
        ) * POW(0.5, SAFE_DIVIDE(7.0, k.half_life_days)) AS known_met
      FROM weeks AS k
    ),

    gains AS (
      SELECT
        k.half_life_days,
        variance,
        SUM(SAFE_DIVIDE(POW(k.sold - k.usual, 2.0), k.usual))
        - SUM(SAFE_DIVIDE(
          POW(
            k.sold - k.usual * SAFE_DIVIDE(
              SAFE_DIVIDE(1.0, variance) + k.known_sold, SAFE_DIVIDE(1.0, variance) + k.known_met
            ),
            2.0
          ),
          k.usual
        )) AS gain
      FROM (
        SELECT
          k.half_life_days,
          k.sold,
          k.known_sold,
          k.met * SAFE_DIVIDE(1.0 + p.known_sold, 1.0 + p.known_met) AS usual,
          k.known_met * SAFE_DIVIDE(1.0 + p.known_sold, 1.0 + p.known_met) AS known_met
        FROM known AS k
        INNER JOIN known AS p
          ON
            k.page_name = p.page_name
            AND k.week = p.week
            AND k.half_life_days = p.half_life_days
        WHERE k.content_category IS NOT NULL AND p.content_category IS NULL
      ) AS k
      CROSS JOIN UNNEST([0.01, 0.02, 0.04, 0.08, 0.16]) AS variance
      GROUP BY k.half_life_days, variance
    ),

    fitted AS (
      SELECT *
      FROM gains AS g
      WHERE g.gain > 4.0
      QUALIFY
        ROW_NUMBER() OVER (ORDER BY ROUND(g.gain, 6) DESC, g.half_life_days, g.variance) = 1
    ),

    lately AS (
      SELECT
        w.page_name,
        w.content_category,
        w.half_life_days,
        f.variance,
        SUM(w.sends) AS sends,
        SUM(w.sold * w.faded) AS sold,
        SUM(w.met * w.faded) AS met
      FROM weeks AS w
      INNER JOIN fitted AS f ON w.half_life_days = f.half_life_days
      GROUP BY w.page_name, w.content_category, w.half_life_days, f.variance
    )

    SELECT
      k.page_name,
      k.content_category,
      k.half_life_days,
      k.variance,
      k.sends,
      1.0 + v_taste_weight * (
        SAFE_DIVIDE(
          SAFE_DIVIDE(1.0, k.variance) + k.sold,
          SAFE_DIVIDE(1.0, k.variance) + k.met * SAFE_DIVIDE(1.0 + p.sold, 1.0 + p.met)
        ) - 1.0
      ) AS taste
    FROM lately AS k
    INNER JOIN lately AS p ON k.page_name = p.page_name
    WHERE k.content_category IS NOT NULL AND p.content_category IS NULL
  ) AS f
  ON c.page_name = f.page_name AND c.content_category = f.content_category
  WHEN MATCHED THEN
    UPDATE SET
      taste = f.taste,
      sends = f.sends,
      half_life_days = f.half_life_days,
      variance = f.variance,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, content_category, taste, sends, half_life_days, variance, stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.content_category, f.taste, f.sends, f.half_life_days, f.variance, p_as_of,
      CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  COMMIT TRANSACTION;
END;
