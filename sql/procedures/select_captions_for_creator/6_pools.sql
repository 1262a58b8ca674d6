
  -- What was chosen from, for whoever asks later what another setting would have chosen. It is kept for
  -- the last weeks only. One row per page, tier, category, urgency and group of posteriors. A caption
  -- that the page has tried and that may well draw over its chosen ones is a group of its own: a sharp
  -- draw tells captions apart that differ little. Of the others, those whose posterior counts differ by
  -- less than a half are one group, and have its mean. Left out are the places within the limits that
  -- the rest of the page's week fills.
  MERGE INTO `${dataset}.selection_pools` AS o
  USING (
    WITH
    -- One row per page, tier and category: what the rest of the page's week, seen from the tier's
    -- treatment arm, takes of the limits on one category and on urgent captions.
    rest_of_week AS (
      SELECT
        w.page_name,
        w.price_tier,
        k.content_category,
        COUNT(*) AS chosen,
        SUM(COUNTIF(k.has_urgency)) OVER (PARTITION BY w.page_name, w.price_tier) AS tier_urgent
      FROM tier_places AS w
      INNER JOIN `${dataset}.caption_selections` AS k ON w.page_name = k.page_name
      WHERE
        k.week_start = p_week_start
        AND NOT (k.price_tier = w.price_tier AND k.arm = 'treatment')
      GROUP BY w.page_name, w.price_tier, k.content_category
    ),

    chosen AS (
      SELECT
        s.page_name,
        s.caption_id,
        s.prior_successes,
        s.prior_failures
      FROM `${dataset}.caption_selections` AS s
      WHERE s.week_start = p_week_start
    ),

    shared AS (
      SELECT b.*
      FROM bank AS b
      LEFT JOIN chosen AS k ON b.caption_id = k.caption_id
      WHERE b.is_free AND b.page_name IS NULL AND b.price_tier != 'bump' AND k.caption_id IS NULL
    ),

    cells AS (
      SELECT
        price_tier,
        content_category,
        has_urgency,
        bin,
        COUNT(*) AS captions
      FROM shared
      GROUP BY price_tier, content_category, has_urgency, bin
    ),

    -- Captions of these cells that the page has tried or must not use.
    exceptions AS (
      SELECT
        x.page_name,
        b.price_tier,
        b.content_category,
        b.has_urgency,
        b.bin,
        COUNT(*) AS captions
      FROM (
        SELECT
          refusing_page AS page_name,
          r.caption_id
        FROM bank AS r
        CROSS JOIN UNNEST(r.refused_by) AS refusing_page
        UNION DISTINCT
        SELECT
          s.page_name,
          s.caption_id
        FROM `${dataset}.caption_bandit_stats` AS s
      ) AS x
      INNER JOIN shared AS b ON x.caption_id = b.caption_id
      GROUP BY x.page_name, b.price_tier, b.content_category, b.has_urgency, b.bin
    ),

    -- One row per page, tier, category, urgency and posterior: how many captions it stands for. What
    -- another page got is left out. Captions that the page has not tried are counted by bin and not
    -- listed: caption_id is NULL.
    pooled AS (
      SELECT
        p.page_name,
        p.price_tier,
        c.content_category,
        c.has_urgency,
        v_pages AS pages,
        CAST(NULL AS INT64) AS caption_id,
        c.captions - COALESCE(x.captions, 0) AS captions,
        p.prior_successes,
        p.prior_failures,
        0.0 AS effective_successes,
        0.0 AS effective_failures
      FROM (
        SELECT
          w.page_name,
          w.price_tier,
          bin.bin,
          bin.prior_successes,
          bin.prior_failures
        FROM tier_places AS w
        CROSS JOIN UNNEST(w.bins) AS bin
      ) AS p
      INNER JOIN cells AS c ON p.price_tier = c.price_tier AND p.bin = c.bin
      LEFT JOIN exceptions AS x
        ON
          p.page_name = x.page_name
          AND c.price_tier = x.price_tier
          AND c.bin = x.bin
          AND c.has_urgency = x.has_urgency
          AND COALESCE(c.content_category, '') = COALESCE(x.content_category, '')
          AND (c.content_category IS NULL) = (x.content_category IS NULL)
      WHERE c.captions > COALESCE(x.captions, 0)
      UNION ALL
      SELECT
        d.page_name,
        d.price_tier,
        d.content_category,
        d.has_urgency,
        IF(d.is_shared, v_pages, 1) AS pages,
        d.caption_id,
        1 AS captions,
        d.prior_successes,
        d.prior_failures,
        d.effective_successes,
        d.effective_failures
      FROM drawn AS d
      LEFT JOIN chosen AS k ON d.caption_id = k.caption_id AND d.page_name != k.page_name
      WHERE d.is_own AND d.price_tier != 'bump' AND k.caption_id IS NULL
      UNION ALL
      SELECT
        k.page_name,
        b.price_tier,
        b.content_category,
        b.has_urgency,
        v_pages AS pages,
        k.caption_id,
        1 AS captions,
        k.prior_successes,
        k.prior_failures,
        0.0 AS effective_successes,
        0.0 AS effective_failures
      FROM chosen AS k
      INNER JOIN bank AS b ON k.caption_id = b.caption_id
      LEFT JOIN drawn AS d
        ON k.page_name = d.page_name AND k.caption_id = d.caption_id AND d.is_own
      WHERE b.page_name IS NULL AND b.price_tier != 'bump' AND d.caption_id IS NULL
    ),

    least_chosen AS (
      SELECT
        page_name,
        price_tier,
        MIN(thompson_score) AS draw
      FROM `${dataset}.caption_selections`
      WHERE week_start = p_week_start AND arm = 'treatment'
      GROUP BY page_name, price_tier
    ),

    -- What draws are made from: see shared_beliefs and posteriors.
    drawn_from AS (
      SELECT
        c.*,
        l.draw AS least_draw,
        v_posterior_sharpening * c.draw_strength * (
          c.successes + v_draw_optimism * SQRT(SAFE_DIVIDE(
            SAFE_DIVIDE(c.successes * c.failures, c.successes + c.failures + 1.0), c.draw_strength
          ))
        ) AS alpha,
        v_posterior_sharpening * c.draw_strength * c.failures AS beta
      FROM (
        SELECT
          p.*,
          w.pair_variance,
          p.prior_successes + p.effective_successes AS successes,
          p.prior_failures + p.effective_failures AS failures,
          IF(
            p.pages > 1,
            SAFE_DIVIDE(
              1.0,
              1.0 - v_left_to_others * GREATEST(
                1.0 - COALESCE(
                  SAFE_DIVIDE(
                    w.pair_variance * p.prior_successes
                    * (p.prior_successes + p.prior_failures + 1.0),
                    p.prior_failures
                  ),
                  1.0
                ),
                0.0
              )
            ),
            1.0
          ) AS draw_strength
        FROM pooled AS p
        INNER JOIN tier_places AS w ON p.page_name = w.page_name AND p.price_tier = w.price_tier
      ) AS c
      LEFT JOIN least_chosen AS l ON c.page_name = l.page_name AND c.price_tier = l.price_tier
    ),

    grouped AS (
      SELECT
        *,
        IF(
          caption_id IS NOT NULL
          AND ROUND(
            LN(SAFE_DIVIDE(alpha, beta))
            + 4.0 * SQRT(SAFE_DIVIDE(1.0, alpha) + SAFE_DIVIDE(1.0, beta)),
            6
          ) >= ROUND(LN(SAFE_DIVIDE(least_draw, 1.0 - least_draw)), 6),
          CONCAT('caption ', CAST(caption_id AS STRING)),
          CONCAT(
            CAST(pages AS STRING), ' ',
            CAST(CAST(ROUND(ROUND(2.0 * LN(successes), 9)) AS INT64) AS STRING), ' ',
            CAST(CAST(ROUND(ROUND(2.0 * LN(failures), 9)) AS INT64) AS STRING)
          )
        ) AS posterior_group
      FROM drawn_from
    ),

    means AS (
      SELECT
        page_name,
        price_tier,
        posterior_group,
        ROUND(SAFE_DIVIDE(SUM(captions * prior_successes), SUM(captions)), 9) AS prior_successes,
        ROUND(SAFE_DIVIDE(SUM(captions * prior_failures), SUM(captions)), 6) AS prior_failures,
        ROUND(SAFE_DIVIDE(SUM(captions * effective_successes), SUM(captions)), 9)
          AS effective_successes,
        ROUND(SAFE_DIVIDE(SUM(captions * effective_failures), SUM(captions)), 6)
          AS effective_failures
      FROM grouped
      GROUP BY page_name, price_tier, posterior_group
    ),

    -- Groups that have the same mean are one: a row is known by its values.
    alike AS (
      SELECT
        g.page_name,
        g.price_tier,
        g.content_category,
        g.has_urgency,
        g.pages,
        m.prior_successes,
        m.prior_failures,
        m.effective_successes,
        m.effective_failures,
        SUM(g.captions) AS captions
      FROM grouped AS g
      INNER JOIN means AS m
        ON
          g.page_name = m.page_name
          AND g.price_tier = m.price_tier
          AND g.posterior_group = m.posterior_group
      GROUP BY
        g.page_name, g.price_tier, g.content_category, g.has_urgency, g.pages, m.prior_successes,
        m.prior_failures, m.effective_successes, m.effective_failures
    )

    SELECT
      a.page_name,
      p_week_start AS week_start,
      a.price_tier,
      COALESCE(a.content_category, 'uncategorised') AS content_category,
      a.has_urgency,
      a.pages,
      a.captions,
      w.pair_variance,
      a.prior_successes,
      a.prior_failures,
      a.effective_successes,
      a.effective_failures,
      c.relative_use,
      w.multiplier,
      w.treatment_places,
      w.control_places,
      IF(
        a.content_category IS NULL,
        w.treatment_places,
        GREATEST(CAST(FLOOR(v_max_category_share * w.week_wanted) AS INT64), 1)
        - COALESCE(g.chosen, 0)
      ) AS category_room,
      v_max_urgent_captions - COALESCE(u.tier_urgent, 0) AS urgent_room
    FROM alike AS a
    INNER JOIN tier_places AS w ON a.page_name = w.page_name AND a.price_tier = w.price_tier
    INNER JOIN (
      SELECT
        w.page_name,
        w.price_tier,
        category.content_category,
        category.relative_use
      FROM tier_places AS w
      CROSS JOIN UNNEST(w.categories) AS category
    ) AS c
      ON
        a.page_name = c.page_name
        AND a.price_tier = c.price_tier
        AND COALESCE(a.content_category, '') = COALESCE(c.content_category, '')
        AND (a.content_category IS NULL) = (c.content_category IS NULL)
    LEFT JOIN rest_of_week AS g
      ON
        a.page_name = g.page_name
        AND a.price_tier = g.price_tier
        AND a.content_category = g.content_category
    LEFT JOIN (
      SELECT
        page_name,
        price_tier,
        MAX(tier_urgent) AS tier_urgent
      FROM rest_of_week
      GROUP BY page_name, price_tier
    ) AS u ON a.page_name = u.page_name AND a.price_tier = u.price_tier
  ) AS f
  ON FALSE
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, week_start, price_tier, content_category, has_urgency, pages, captions,
      pair_variance, prior_successes, prior_failures, effective_successes, effective_failures, relative_use, multiplier,
      treatment_places, control_places, category_room, urgent_room
    )
    VALUES (
      f.page_name, f.week_start, f.price_tier, f.content_category, f.has_urgency, f.pages,
      f.captions, f.pair_variance, f.prior_successes, f.prior_failures, f.effective_successes, f.effective_failures,
      f.relative_use, f.multiplier, f.treatment_places, f.control_places, f.category_room,
      f.urgent_room
    )
  WHEN NOT MATCHED BY SOURCE
    AND (
      (o.week_start = p_week_start AND (p_page_name IS NULL OR o.page_name = p_page_name))
      OR o.week_start < v_oldest_week
    )
    THEN DELETE;

  COMMIT TRANSACTION;

  SELECT s.*
  FROM `${dataset}.caption_selections` AS s
  WHERE s.week_start = p_week_start AND (p_page_name IS NULL OR s.page_name = p_page_name)
  ORDER BY s.page_name, s.price_tier, s.tier_rank;
END;
