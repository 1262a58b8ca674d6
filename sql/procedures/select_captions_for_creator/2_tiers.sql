  -- One row per page, tier and category: what all pages may use, and the page's own, less what the
  -- page must not use.
  category_counts AS (
    WITH wanting AS (
      SELECT
        w.page_name,
        w.price_tier
      FROM places AS w
      LEFT JOIN (
        SELECT DISTINCT
          r.restricted_page AS page_name,
          price_tier
        FROM restrictions AS r
        CROSS JOIN UNNEST(r.restricted_price_tiers) AS price_tier
        WHERE r.reason IS NULL
      ) AS x ON w.page_name = x.page_name AND w.price_tier = x.price_tier
      WHERE
        (w.treatment_places > 0 OR w.control_places > 0) AND x.price_tier IS NULL
    ),

    restricted AS (
      SELECT DISTINCT
        r.restricted_page AS page_name,
        content_category
      FROM restrictions AS r
      CROSS JOIN UNNEST(r.restricted_categories) AS content_category
      WHERE r.reason IS NULL
    ),

    counted AS (
      SELECT
        w.page_name,
        w.price_tier,
        s.content_category,
        s.captions
      FROM wanting AS w
      INNER JOIN (
        SELECT
          price_tier,
          content_category,
          COUNT(*) AS captions
        FROM bank
        WHERE is_free AND page_name IS NULL
        GROUP BY price_tier, content_category
      ) AS s ON w.price_tier = s.price_tier
      UNION ALL
      SELECT
        b.page_name,
        b.price_tier,
        b.content_category,
        COUNT(*) AS captions
      FROM bank AS b
      WHERE b.is_free AND b.page_name IS NOT NULL
      GROUP BY b.page_name, b.price_tier, b.content_category
      UNION ALL
      SELECT
        refusing_page AS page_name,
        b.price_tier,
        b.content_category,
        -COUNT(*) AS captions
      FROM bank AS b
      CROSS JOIN UNNEST(b.refused_by) AS refusing_page
      WHERE b.is_free AND (b.page_name IS NULL OR b.page_name = refusing_page)
      GROUP BY refusing_page, b.price_tier, b.content_category
    ),

    -- Categories that the page sent in the days before: use over the most used one's.
    recent AS (
      SELECT
        f.page_name,
        b.content_category,
        SAFE_DIVIDE(COUNT(*), MAX(COUNT(*)) OVER (PARTITION BY f.page_name)) AS relative_use
      FROM `${dataset}.message_facts` AS f
      INNER JOIN (
        SELECT
          sent_caption,
          b.content_category
        FROM bank AS b
        CROSS JOIN UNNEST(b.captions) AS sent_caption
      ) AS b
        ON f.caption_id = b.sent_caption
      WHERE
        b.content_category IS NOT NULL
        AND f.send_date >= v_diversity_from
        AND f.send_date < p_week_start
      GROUP BY f.page_name, b.content_category
    )

    SELECT
      c.page_name,
      c.price_tier,
      c.content_category,
      c.captions,
      -- A caption without a category has no diversity.
      COALESCE(u.relative_use, IF(c.content_category IS NULL, 0.5, 0.0)) AS relative_use,
      COALESCE(IF(c.price_tier = 'bump', NULL, t.taste), 1.0) AS taste
    FROM (
      SELECT
        page_name,
        price_tier,
        content_category,
        SUM(captions) AS captions
      FROM counted
      GROUP BY page_name, price_tier, content_category
    ) AS c
    INNER JOIN wanting AS w ON c.page_name = w.page_name AND c.price_tier = w.price_tier
    LEFT JOIN restricted AS r
      ON
        c.page_name = r.page_name
        AND COALESCE(c.content_category, 'uncategorised') = r.content_category
    LEFT JOIN recent AS u
      ON c.page_name = u.page_name AND c.content_category = u.content_category
    LEFT JOIN `${dataset}.page_tastes` AS t
      ON c.page_name = t.page_name AND c.content_category = t.content_category
    WHERE c.captions > 0 AND r.page_name IS NULL
  ),

  -- One row per page and tier. A caption that is drawn after reach has a percentile too low for any
  -- diversity to lift it, or is one of a category of which there are more than the page may take.
  eligible AS (
    WITH looked_at AS (
      SELECT
        p.page_name,
        p.price_tier,
        p.multiplier,
        v_candidate_depth_factor * p.treatment_places + v_candidate_depth_extra AS depth,
        2 * GREATEST(CAST(FLOOR(v_max_category_share * p.week_wanted) AS INT64), 1) + 20
          AS category_depth
      FROM places AS p
    ),

    -- Categories that the page used least come first; level_captions are those used as little.
    levels AS (
      SELECT
        c.page_name,
        c.price_tier,
        SUM(c.captions) OVER (PARTITION BY c.page_name, c.price_tier) AS tier_captions,
        SUM(c.captions) OVER (
          PARTITION BY c.page_name, c.price_tier ORDER BY c.relative_use
        ) AS level_captions,
        MIN(c.captions) OVER (
          PARTITION BY c.page_name, c.price_tier ORDER BY c.relative_use
        ) AS least_captions,
        c.relative_use - MIN(c.relative_use) OVER (PARTITION BY c.page_name, c.price_tier)
          AS use_difference
      FROM category_counts AS c
    ),

    reaches AS (
      SELECT
        l.page_name,
        l.price_tier,
        MAX(l.tier_captions) AS captions,
        MIN(
          SAFE_DIVIDE((d.depth + 4.0 * SQRT(d.depth)) * l.tier_captions, l.level_captions)
          + LEAST(
            COALESCE(
              SAFE_DIVIDE(
                2.0 * v_diversity_weight * l.use_difference * l.tier_captions, d.multiplier
              ),
              l.tier_captions
            ),
            IF(
              l.use_difference > 0,
              SAFE_DIVIDE(
                (d.category_depth + 4.0 * SQRT(d.category_depth)) * l.tier_captions, l.least_captions
              ),
              0.0
            )
          )
        ) AS reach
      FROM levels AS l
      INNER JOIN looked_at AS d ON l.page_name = d.page_name AND l.price_tier = d.price_tier
      GROUP BY l.page_name, l.price_tier
    ),

    shared AS (
      SELECT
        price_tier,
        COUNT(*) AS captions
      FROM bank
      WHERE is_active AND page_name IS NULL
      GROUP BY price_tier
    ),

    owned AS (
      SELECT
        page_name,
        price_tier,
        COUNT(*) AS captions
      FROM bank
      WHERE is_active AND page_name IS NOT NULL
      GROUP BY page_name, price_tier
    )

    SELECT
      p.*,
      e.captions,
      e.reach,
      COALESCE(n.categories, []) AS categories,
      COALESCE(s.captions, 0) AS shared_captions,
      COALESCE(o.captions, 0) AS owned_captions
    FROM places AS p
    LEFT JOIN reaches AS e ON p.page_name = e.page_name AND p.price_tier = e.price_tier
    LEFT JOIN (
      SELECT
        page_name,
        price_tier,
        ARRAY_AGG(
          STRUCT(
            content_category AS content_category,
            captions AS captions,
            relative_use AS relative_use,
            taste AS taste
          )
          ORDER BY content_category
        ) AS categories
      FROM category_counts
      GROUP BY page_name, price_tier
    ) AS n ON p.page_name = n.page_name AND p.price_tier = n.price_tier
    LEFT JOIN shared AS s ON p.price_tier = s.price_tier
    LEFT JOIN owned AS o ON p.page_name = o.page_name AND p.price_tier = o.price_tier
  ),

