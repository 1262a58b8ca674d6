-- What may come into the places that open requests leave: of the captions that each page's week was
-- chosen from, by the same draws, those that nobody has chosen and that the page may still use.
-- A caption is left out that a page has reserved, or people have queued, within reservation_days of
-- the week; that the page sent since rest_days before the week; that a reviewer or a request has
-- taken out of the page's week; that is out of use, out of its terms, or against the page's
-- restrictions, all as they are now.
-- Grain: one row per page, tier and arm with an open request, and caption.
-- Parameters:
--   week_start (DATE): Monday that names the week.
-- Columns:
--   page_name: Creator's page.
--   price_tier: Tier.
--   arm: treatment or control.
--   caption_id: Caption.
--   content_category: Category; NULL without one.
--   has_urgency: Whether it presses for time.
--   final_score: Score.
--   offer_score: Order of service, the best first.
--   category_room: Captions of the category that the page may still take.
--   urgent_room: Urgent captions that the page may still take.
WITH
  contents AS (
    SELECT
      c.caption_id,
      c.content_id
    FROM `${dataset}.caption_contents` AS c
  ),

  open_places AS (
    SELECT DISTINCT
      r.page_name,
      r.price_tier,
      r.arm
    FROM `${dataset}.message_replacements` AS r
    WHERE r.week_start = @week_start AND r.outcome = 'open'
  ),

  busy AS (
    SELECT COALESCE(c.content_id, a.caption_id) AS caption_id
    FROM `${dataset}.active_caption_assignments` AS a
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN contents AS c ON a.caption_id = c.caption_id
    WHERE
      a.is_active
      AND a.scheduled_send_date >= DATE_SUB(@week_start, INTERVAL t.reservation_days DAY)
      AND a.scheduled_send_date <= DATE_ADD(@week_start, INTERVAL t.reservation_days + 6 DAY)
    UNION DISTINCT
    SELECT COALESCE(c.content_id, q.caption_id) AS caption_id
    FROM `${dataset}.whole_queue` AS q
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN contents AS c ON q.caption_id = c.caption_id
    WHERE
      q.caption_id IS NOT NULL
      AND DATE(q.send_time, 'America/Los_Angeles')
      BETWEEN DATE_SUB(@week_start, INTERVAL t.reservation_days DAY)
      AND DATE_ADD(@week_start, INTERVAL t.reservation_days + 6 DAY)
    UNION DISTINCT
    SELECT COALESCE(c.content_id, s.caption_id) AS caption_id
    FROM `${dataset}.caption_selections` AS s
    LEFT JOIN contents AS c ON s.caption_id = c.caption_id
    WHERE s.week_start = @week_start
    UNION DISTINCT
    SELECT x.caption_id
    FROM `${dataset}.caption_availability` AS x
    WHERE
      x.active_from > @week_start
      OR x.active_until < DATE_ADD(@week_start, INTERVAL 6 DAY)
      OR x.sends >= x.max_sends
  ),

  refused AS (
    SELECT
      f.page_name,
      COALESCE(c.content_id, f.caption_id) AS caption_id
    FROM `${dataset}.message_facts` AS f
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN contents AS c ON f.caption_id = c.caption_id
    WHERE
      f.caption_id IS NOT NULL
      AND f.send_date >= DATE_SUB(@week_start, INTERVAL t.rest_days DAY)
    UNION DISTINCT
    SELECT
      v.page_name,
      COALESCE(c.content_id, v.caption_id) AS caption_id
    FROM `${dataset}.schedule_review` AS v
    LEFT JOIN contents AS c ON v.caption_id = c.caption_id
    WHERE v.week_start = @week_start AND v.decision = 'reject'
    UNION DISTINCT
    SELECT
      r.page_name,
      COALESCE(c.content_id, r.caption_id) AS caption_id
    FROM `${dataset}.message_replacements` AS r
    LEFT JOIN contents AS c ON r.caption_id = c.caption_id
    WHERE r.week_start = @week_start
  ),

  candidates AS (
    SELECT
      c.page_name,
      c.price_tier,
      c.arm,
      c.caption_id,
      c.content_category,
      c.has_urgency,
      c.final_score,
      c.offer_score,
      c.week_wanted,
      u.caption_text
    FROM `${dataset}.selection_candidates` AS c
    INNER JOIN open_places AS o
      ON c.page_name = o.page_name AND c.price_tier = o.price_tier AND c.arm = o.arm
    INNER JOIN `${dataset}.usable_captions` AS u
      ON c.caption_id = u.caption_id AND c.price_tier = u.price_tier
    INNER JOIN contents AS k ON c.caption_id = k.caption_id AND c.caption_id = k.content_id
    LEFT JOIN busy AS b ON c.caption_id = b.caption_id
    LEFT JOIN refused AS x ON c.page_name = x.page_name AND c.caption_id = x.caption_id
    LEFT JOIN `${dataset}.pages_without_selection` AS w ON c.page_name = w.page_name
    WHERE
      c.week_start = @week_start
      AND u.is_active
      AND b.caption_id IS NULL
      AND x.caption_id IS NULL
      AND w.page_name IS NULL
  ),

  restricted AS (
    SELECT DISTINCT
      c.page_name,
      c.caption_id
    FROM candidates AS c
    INNER JOIN `${dataset}.usable_restrictions` AS r ON c.page_name = r.page_name
    WHERE
      COALESCE(c.content_category, 'uncategorised') IN UNNEST(r.restricted_categories)
      OR c.price_tier IN UNNEST(r.restricted_price_tiers)
    UNION DISTINCT
    SELECT
      c.page_name,
      c.caption_id
    FROM candidates AS c
    INNER JOIN `${dataset}.usable_restrictions` AS r ON c.page_name = r.page_name
    CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
    WHERE REGEXP_CONTAINS(c.caption_text, pattern)
  ),

  by_category AS (
    SELECT
      s.page_name,
      s.content_category,
      COUNT(*) AS chosen
    FROM `${dataset}.caption_selections` AS s
    WHERE s.week_start = @week_start
    GROUP BY s.page_name, s.content_category
  ),

  urgent AS (
    SELECT
      s.page_name,
      COUNTIF(s.has_urgency) AS chosen
    FROM `${dataset}.caption_selections` AS s
    WHERE s.week_start = @week_start
    GROUP BY s.page_name
  )

SELECT
  c.page_name,
  c.price_tier,
  c.arm,
  c.caption_id,
  c.content_category,
  COALESCE(c.has_urgency, FALSE) AS has_urgency,
  c.final_score,
  c.offer_score,
  GREATEST(CAST(FLOOR(t.max_category_share * c.week_wanted) AS INT64), 1) - COALESCE(g.chosen, 0)
    AS category_room,
  t.max_urgent_captions - COALESCE(n.chosen, 0) AS urgent_room
FROM candidates AS c
CROSS JOIN `${dataset}.tuning` AS t
LEFT JOIN restricted AS r ON c.page_name = r.page_name AND c.caption_id = r.caption_id
LEFT JOIN by_category AS g
  ON c.page_name = g.page_name AND c.content_category = g.content_category
LEFT JOIN urgent AS n ON c.page_name = n.page_name
WHERE r.caption_id IS NULL
ORDER BY c.page_name, c.price_tier, c.arm, c.offer_score DESC, c.caption_id;
