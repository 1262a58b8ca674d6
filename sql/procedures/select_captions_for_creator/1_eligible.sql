
  -- What may be chosen: the bank as the week finds it, and what each page must not use.

  -- Captions that are not free in the week: reserved within the reservation days around it, or queued
  -- by people in that time (page_name NULL). One row per caption, and page that has it.
  CREATE OR REPLACE TEMP TABLE taken AS
  SELECT
    a.page_name,
    a.caption_id,
    a.scheduled_send_date >= p_week_start
    AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL 6 DAY) AS is_reserved_in_week
  FROM `${dataset}.active_caption_assignments` AS a
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    a.is_active
    AND a.caption_id IS NOT NULL
    AND a.scheduled_send_date >= DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
    AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
  UNION ALL
  SELECT
    NULL AS page_name,
    q.caption_id,
    FALSE AS is_reserved_in_week
  FROM `${dataset}.whole_queue` AS q
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    q.caption_id IS NOT NULL
    AND DATE(q.send_time, 'America/Los_Angeles')
    BETWEEN DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
    AND DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY);

  -- Every usable caption, with the content that it is.
  CREATE OR REPLACE TEMP TABLE contents AS
  SELECT
    u.caption_id,
    u.caption_text,
    u.content_category,
    u.price_tier,
    COALESCE(u.has_urgency, FALSE) AS has_urgency,
    u.page_name,
    u.is_active,
    c.content_id,
    c.is_open
  FROM `${dataset}.usable_captions` AS u
  INNER JOIN `${dataset}.caption_contents` AS c ON u.caption_id = c.caption_id;

  -- One row per content, and page where not every page may use it, with its bin: contents of a tier
  -- of which all pages together believe much the same. Within its bin, and its tier, it has a place
  -- in an order that is drawn anew each week. Those of one page are in orders of their own.
  CREATE OR REPLACE TEMP TABLE bank AS
  WITH busy AS (
    SELECT COALESCE(h.content_id, k.caption_id) AS caption_id
    FROM taken AS k
    LEFT JOIN contents AS h ON k.caption_id = h.caption_id
    WHERE NOT (
      k.is_reserved_in_week
      AND k.page_name IN (
        SELECT w.page_name FROM places AS w WHERE w.treatment_places > 0 OR w.control_places > 0
      )
    )
    UNION DISTINCT
    SELECT COALESCE(h.content_id, s.caption_id) AS caption_id
    FROM `${dataset}.caption_selections` AS s
    LEFT JOIN contents AS h ON s.caption_id = h.caption_id
    WHERE
      s.week_start = p_week_start
      AND p_page_name IS NOT NULL
      AND s.page_name != p_page_name
  ),

  unavailable AS (
    SELECT x.caption_id
    FROM `${dataset}.caption_availability` AS x
    WHERE
      x.active_from > p_week_start
      OR x.active_until < DATE_ADD(p_week_start, INTERVAL 6 DAY)
      OR x.sends >= x.max_sends
  ),

  units AS (
    SELECT
      m.content_id,
      IF(m.is_open, NULL, m.page_name) AS owner,
      LOGICAL_OR(x.caption_id IS NULL) AS is_available
    FROM contents AS m
    LEFT JOIN unavailable AS x ON m.caption_id = x.caption_id
    WHERE m.is_active
    GROUP BY m.content_id, owner
  ),

  believed AS (
    SELECT
      k.caption_id,
      k.content_category,
      k.price_tier,
      k.has_urgency,
      u.owner AS page_name,
      u.is_available AND b.caption_id IS NULL AS is_free,
      IF(REGEXP_CONTAINS(k.caption_text, v_any_pattern), k.caption_text, NULL) AS suspect_text,
      COALESCE(a.pages, 0) AS appeal_pages,
      a.appeal_shape,
      a.appeal_rate,
      -- Rounded before it is grouped: sums of floats differ in their last digits from run to run.
      COALESCE(
        CONCAT(
          CAST(CAST(ROUND(ROUND(
            2.0 * EXP(0.5 * ROUND(ROUND(LN(a.appeal_shape), 9)))
            * LN(SAFE_DIVIDE(a.appeal_shape, a.appeal_rate)),
            9
          )) AS INT64) AS STRING),
          '|',
          CAST(CAST(ROUND(ROUND(LN(a.appeal_shape), 9)) AS INT64) AS STRING)
        ),
        'untried'
      ) AS bin,
      TO_HEX(SHA256(CONCAT(
        p_seed, '|', CAST(p_week_start AS STRING), '|', CAST(k.caption_id AS STRING)
      ))) AS bank_order
    FROM units AS u
    INNER JOIN contents AS k ON u.content_id = k.caption_id
    LEFT JOIN busy AS b ON k.caption_id = b.caption_id
    LEFT JOIN `${dataset}.caption_appeal` AS a
      ON
        k.caption_id = a.caption_id
        AND k.price_tier = a.price_tier
        AND a.appeal_shape > 0
        AND a.appeal_rate > 0
  )

  SELECT
    b.* EXCEPT (bank_order),
    ROW_NUMBER() OVER (
      PARTITION BY b.price_tier, b.page_name, b.bin ORDER BY b.bank_order, b.caption_id
    ) - 1 AS bin_place,
    ROW_NUMBER() OVER (
      PARTITION BY b.price_tier, b.page_name ORDER BY b.bank_order, b.caption_id
    ) - 1 AS tier_place
  FROM believed AS b;

  -- One row per page and caption that it must not use: sent in the days before, matching one of
  -- its patterns, rejected by a reviewer, or replaced by request.
  CREATE OR REPLACE TEMP TABLE refused AS
  SELECT
    f.page_name,
    h.content_id AS caption_id
  FROM `${dataset}.message_facts` AS f
  INNER JOIN contents AS h ON f.caption_id = h.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    f.send_date >= DATE_SUB(p_week_start, INTERVAL t.rest_days DAY)
    AND f.send_date < p_week_start
  UNION DISTINCT
  SELECT
    p.page_name,
    m.caption_id
  FROM `${dataset}.page_patterns` AS p
  INNER JOIN (
    -- Pages share patterns. In a call for one page each suspect matches one of its patterns, and
    -- which one does not matter.
    SELECT
      d.pattern,
      b.caption_id
    FROM (
      SELECT DISTINCT x.pattern
      FROM `${dataset}.page_patterns` AS x
      WHERE p_page_name IS NULL OR x.page_name = p_page_name
    ) AS d
    CROSS JOIN bank AS b
    WHERE
      b.suspect_text IS NOT NULL
      AND IF(
        p_page_name IS NOT NULL AND v_any_pattern != '',
        TRUE,
        REGEXP_CONTAINS(b.suspect_text, d.pattern)
      )
  ) AS m
    ON p.pattern = m.pattern
  WHERE p_page_name IS NULL OR p.page_name = p_page_name
  UNION DISTINCT
  SELECT
    v.page_name,
    h.content_id
  FROM `${dataset}.schedule_review` AS v
  INNER JOIN contents AS h ON v.caption_id = h.caption_id
  WHERE v.week_start = p_week_start AND v.decision = 'reject'
  UNION DISTINCT
  SELECT
    o.page_name,
    h.content_id
  FROM `${dataset}.message_replacements` AS o
  INNER JOIN contents AS h ON o.caption_id = h.caption_id
  WHERE o.week_start = p_week_start;

  -- One row per page, tier and category with eligible captions, counted without listing them: what
  -- all pages may use, and the page's own, less what the page must not use.
  CREATE OR REPLACE TEMP TABLE category_counts AS
  WITH wanting AS (
    SELECT
      w.page_name,
      w.price_tier
    FROM places AS w
    LEFT JOIN (
      SELECT DISTINCT
        r.page_name,
        price_tier
      FROM `${dataset}.usable_restrictions` AS r
      CROSS JOIN UNNEST(r.restricted_price_tiers) AS price_tier
      WHERE p_page_name IS NULL OR r.page_name = p_page_name
    ) AS x ON w.page_name = x.page_name AND w.price_tier = x.price_tier
    WHERE
      (w.treatment_places > 0 OR w.control_places > 0) AND x.price_tier IS NULL
  ),

  restricted AS (
    SELECT DISTINCT
      r.page_name,
      content_category
    FROM `${dataset}.usable_restrictions` AS r
    CROSS JOIN UNNEST(r.restricted_categories) AS content_category
    WHERE p_page_name IS NULL OR r.page_name = p_page_name
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
      x.page_name,
      b.price_tier,
      b.content_category,
      -COUNT(*) AS captions
    FROM refused AS x
    INNER JOIN bank AS b ON x.caption_id = b.caption_id
    WHERE b.is_free AND (b.page_name IS NULL OR b.page_name = x.page_name)
    GROUP BY x.page_name, b.price_tier, b.content_category
  ),

  -- Categories that the page sent in the days before: use over the most used one's.
  recent AS (
    SELECT
      f.page_name,
      b.content_category,
      SAFE_DIVIDE(COUNT(*), MAX(COUNT(*)) OVER (PARTITION BY f.page_name)) AS relative_use
    FROM `${dataset}.message_facts` AS f
    INNER JOIN contents AS h ON f.caption_id = h.caption_id
    INNER JOIN contents AS b ON h.content_id = b.caption_id
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      b.content_category IS NOT NULL
      AND f.send_date >= DATE_SUB(p_week_start, INTERVAL t.diversity_days DAY)
      AND f.send_date < p_week_start
    GROUP BY f.page_name, b.content_category
  )

  SELECT
    c.page_name,
    c.price_tier,
    c.content_category,
    c.captions,
    -- A caption without a category has no diversity.
    COALESCE(u.relative_use, IF(c.content_category IS NULL, 0.5, 0.0)) AS relative_use
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
  WHERE c.captions > 0 AND r.page_name IS NULL;

  -- One row per page and tier: its places, how many captions are eligible for them, what their
  -- percentiles are multiplied by, the prior of the untried, and how far down the order of draws
  -- one must look (reach) for the best by final_score. A caption that is drawn later has a
  -- percentile too low for any diversity to lift it, or is one of a category of which there are
  -- more than the page may take.
  CREATE OR REPLACE TEMP TABLE tier_places AS
  WITH looked_at AS (
    SELECT
      p.page_name,
      p.price_tier,
      p.multiplier,
      t.candidate_depth_factor * p.treatment_places + t.candidate_depth_extra AS depth,
      2 * GREATEST(CAST(FLOOR(t.max_category_share * p.week_wanted) AS INT64), 1) + 20
        AS category_depth
    FROM places AS p
    CROSS JOIN `${dataset}.tuning` AS t
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
              2.0 * t.diversity_weight * l.use_difference * l.tier_captions, d.multiplier
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
    CROSS JOIN `${dataset}.tuning` AS t
    GROUP BY l.page_name, l.price_tier
  ),

  shared AS (
    SELECT
      price_tier,
      COUNT(*) AS captions
    FROM bank
    WHERE page_name IS NULL
    GROUP BY price_tier
  ),

  owned AS (
    SELECT
      page_name,
      price_tier,
      COUNT(*) AS captions
    FROM bank
    WHERE page_name IS NOT NULL
    GROUP BY page_name, price_tier
  )

  SELECT
    p.*,
    e.captions,
    e.reach,
    COALESCE(s.captions, 0) AS shared_captions,
    COALESCE(o.captions, 0) AS owned_captions
  FROM places AS p
  LEFT JOIN reaches AS e ON p.page_name = e.page_name AND p.price_tier = e.price_tier
  LEFT JOIN shared AS s ON p.price_tier = s.price_tier
  LEFT JOIN owned AS o ON p.page_name = o.page_name AND p.price_tier = o.price_tier;
