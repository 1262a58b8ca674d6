
  -- What may be chosen: the bank as the week finds it. One row per content, and page where not every
  -- page may use it, with its bin: contents of a tier of which all pages together believe much the
  -- same. Within its bin, and its tier, it has a place in an order that is drawn anew each week. Those
  -- of one page are in orders of their own. captions are those that say it. Pages of refused_by must
  -- not use it: they sent it in the days before, it matches one of their patterns, a reviewer rejected
  -- it, or it was replaced by request. Contents that nobody may use are there for what was sent of
  -- them; is_active is FALSE.
  CREATE OR REPLACE TEMP TABLE bank AS
  WITH
  -- In a call for one page, only its own are looked at: those of another page may take long.
  restrictions AS (
    SELECT
      j.restricted_page,
      j.blocked_patterns,
      j.reason
    FROM `${dataset}.judged_restrictions` AS j
    WHERE p_page_name IS NULL OR j.restricted_page = p_page_name
  ),

  page_patterns AS (
    SELECT DISTINCT
      r.restricted_page AS page_name,
      pattern
    FROM restrictions AS r
    CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
    WHERE r.reason IS NULL AND pattern IS NOT NULL
  ),

  -- Pages that are to get captions: the places of the week are theirs to choose anew.
  asked AS (
    SELECT c.page_name
    FROM `${dataset}.usable_creators` AS c
    LEFT JOIN `${dataset}.weekly_volume_targets` AS w
      ON c.page_name = w.page_name AND w.week_start = p_week_start
    INNER JOIN `${dataset}.segment_rules` AS g
      ON COALESCE(w.behavioral_segment, 'EXPLORATORY') = g.behavioral_segment
    WHERE
      c.page_name NOT IN (
        SELECT x.restricted_page
        FROM restrictions AS x
        WHERE p_page_name IS NULL AND x.reason IS NOT NULL AND x.restricted_page IS NOT NULL
      )
      AND IF(
        p_page_name IS NULL,
        w.page_name IS NOT NULL AND c.is_active,
        c.page_name = p_page_name
      )
      AND GREATEST(
        COALESCE(p_num_budget, w.num_budget, 0),
        COALESCE(p_num_mid, w.num_mid, 0),
        COALESCE(p_num_premium, w.num_premium, 0),
        COALESCE(p_num_bump, w.num_bump, 0)
      ) > 0
  ),

  contents AS (
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
    INNER JOIN `${dataset}.caption_contents` AS c ON u.caption_id = c.caption_id
  ),

  -- What takes a caption from all pages (page_name NULL) or from one: reservations within the days
  -- around the week, but those in it that are chosen anew; what people queued in that time; what
  -- other pages chose; what pages sent in the days before; rejected and replaced messages.
  marks AS (
    SELECT
      a.caption_id,
      CAST(NULL AS STRING) AS page_name
    FROM `${dataset}.active_caption_assignments` AS a
    LEFT JOIN asked AS w ON a.page_name = w.page_name
    WHERE
      a.is_active
      AND a.caption_id IS NOT NULL
      AND a.scheduled_send_date BETWEEN v_reserved_from AND v_reserved_until
      AND (
        w.page_name IS NULL
        OR a.scheduled_send_date < p_week_start
        OR a.scheduled_send_date > DATE_ADD(p_week_start, INTERVAL 6 DAY)
      )
    UNION ALL
    SELECT
      q.caption_id,
      CAST(NULL AS STRING) AS page_name
    FROM `${dataset}.whole_queue` AS q
    WHERE
      q.caption_id IS NOT NULL
      AND DATE(q.send_time, 'America/Los_Angeles') BETWEEN v_reserved_from AND v_reserved_until
    UNION ALL
    SELECT
      s.caption_id,
      CAST(NULL AS STRING) AS page_name
    FROM `${dataset}.caption_selections` AS s
    WHERE
      s.week_start = p_week_start
      AND p_page_name IS NOT NULL
      AND s.page_name != p_page_name
    UNION ALL
    SELECT
      f.caption_id,
      f.page_name
    FROM `${dataset}.message_facts` AS f
    WHERE f.caption_id IS NOT NULL AND f.send_date >= v_rest_from AND f.send_date < p_week_start
    UNION ALL
    SELECT
      v.caption_id,
      v.page_name
    FROM `${dataset}.schedule_review` AS v
    WHERE v.week_start = p_week_start AND v.decision = 'reject'
    UNION ALL
    SELECT
      o.caption_id,
      o.page_name
    FROM `${dataset}.message_replacements` AS o
    WHERE o.week_start = p_week_start
  ),

  marked AS (
    SELECT
      COALESCE(h.content_id, k.caption_id) AS content_id,
      k.page_name
    FROM marks AS k
    LEFT JOIN contents AS h ON k.caption_id = h.caption_id
    UNION ALL
    -- Pages share patterns. In a call for one page each suspect matches one of its patterns, and
    -- which one does not matter.
    SELECT
      m.content_id,
      p.page_name
    FROM page_patterns AS p
    INNER JOIN (
      SELECT
        d.pattern,
        b.content_id
      FROM (
        SELECT DISTINCT x.pattern
        FROM page_patterns AS x
      ) AS d
      CROSS JOIN contents AS b
      WHERE
        b.caption_id = b.content_id
        AND b.is_active
        AND REGEXP_CONTAINS(b.caption_text, v_any_pattern)
        AND IF(
          p_page_name IS NOT NULL AND v_any_pattern != '',
          TRUE,
          REGEXP_CONTAINS(b.caption_text, d.pattern)
        )
    ) AS m
      ON p.pattern = m.pattern
  ),

  refusals AS (
    SELECT
      content_id,
      LOGICAL_OR(page_name IS NULL) AS is_taken,
      ARRAY_AGG(page_name IGNORE NULLS ORDER BY page_name) AS refused_by
    FROM (SELECT DISTINCT content_id, page_name FROM marked)
    GROUP BY content_id
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
      LOGICAL_OR(m.is_active) AS is_active,
      LOGICAL_OR(m.is_active AND x.caption_id IS NULL) AS is_available,
      ARRAY_AGG(m.caption_id IGNORE NULLS ORDER BY m.caption_id) AS captions
    FROM contents AS m
    LEFT JOIN unavailable AS x ON m.caption_id = x.caption_id
    GROUP BY m.content_id, owner
  ),

  own_prices AS (
    -- NaN lies between no numbers on either engine.
    SELECT
      t.caption_id,
      MIN(t.suggested_price) AS own_price
    FROM `${dataset}.caption_terms` AS t
    WHERE t.suggested_price BETWEEN 0.01 AND 10000
    GROUP BY t.caption_id
  ),

  believed AS (
    SELECT
      k.caption_id,
      k.content_category,
      k.price_tier,
      k.has_urgency,
      u.owner AS page_name,
      u.captions,
      u.is_active,
      u.is_available AND NOT COALESCE(r.is_taken, FALSE) AS is_free,
      COALESCE(r.refused_by, []) AS refused_by,
      o.own_price,
      COALESCE(a.pages, 0) AS appeal_pages,
      a.appeal_shape,
      a.appeal_rate,
      IF(v_has_tastes AND k.price_tier != 'bump', k.content_category, NULL) AS taste_category,
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
      ) AS appeal_bin,
      TO_HEX(SHA256(CONCAT(
        p_seed, '|', CAST(p_week_start AS STRING), '|', CAST(k.caption_id AS STRING)
      ))) AS bank_order
    FROM units AS u
    INNER JOIN contents AS k ON u.content_id = k.caption_id
    LEFT JOIN refusals AS r ON k.caption_id = r.content_id
    LEFT JOIN own_prices AS o ON k.caption_id = o.caption_id
    LEFT JOIN `${dataset}.caption_appeal` AS a
      ON
        k.caption_id = a.caption_id
        AND k.price_tier = a.price_tier
        AND a.appeal_shape > 0
        AND a.appeal_rate > 0
  )

  SELECT
    b.* EXCEPT (bank_order, appeal_bin),
    ROW_NUMBER() OVER (
      PARTITION BY b.is_active, b.price_tier, b.page_name, b.bin ORDER BY b.bank_order, b.caption_id
    ) - 1 AS bin_place,
    ROW_NUMBER() OVER (
      PARTITION BY b.is_active, b.price_tier, b.page_name ORDER BY b.bank_order, b.caption_id
    ) - 1 AS tier_place
  FROM (
    SELECT
      *,
      CONCAT(COALESCE(CONCAT(taste_category, '|'), ''), appeal_bin) AS bin
    FROM believed
  ) AS b;
