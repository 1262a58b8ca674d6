-- Why captions of a tier could not be chosen for a page's week: how many for which reason, and those
-- of each reason that convert best. Each caption counts for the first reason that holds. Reservations
-- are those of the moment of selection; bank, restrictions, terms and reviews are as they are now.
-- Grain: one row per reason and shown caption, at most 3 of a reason.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   page (STRING): page.
--   price_tier (STRING): tier.
--   selected_at (TIMESTAMP): when the captions were chosen.
-- Columns:
--   reason: Why.
--   captions: Captions of the tier for which it is the reason.
--   caption_id: A caption.
--   caption_text: Its text.
--   detail: The page or the instant that the reason is about; NULL where there is none.
--   rate: Conversion rate that the page saw of it; NULL where it never sent it.
WITH contents AS (
  SELECT
    u.caption_id,
    u.caption_text,
    u.content_category,
    u.price_tier,
    u.page_name,
    u.is_active,
    c.content_id
  FROM `${dataset}.usable_captions` AS u
  INNER JOIN `${dataset}.caption_contents` AS c ON u.caption_id = c.caption_id
  WHERE u.price_tier = @price_tier
),

open_contents AS (
  SELECT
    k.content_id,
    LOGICAL_OR(k.is_active) AS is_active,
    LOGICAL_OR(k.is_active AND (k.page_name IS NULL OR k.page_name = @page)) AS is_open
  FROM contents AS k
  GROUP BY k.content_id
),

rested AS (
  SELECT
    c.content_id,
    MAX(f.sending_time) AS sent_at
  FROM `${dataset}.message_facts` AS f
  INNER JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    f.page_name = @page
    AND f.send_date >= DATE_SUB(@week_start, INTERVAL t.rest_days DAY)
    AND f.send_date < @week_start
  GROUP BY c.content_id
),

reserved AS (
  SELECT
    c.content_id,
    MIN(a.page_name) AS page_name
  FROM `${dataset}.active_caption_assignments` AS a
  INNER JOIN `${dataset}.caption_contents` AS c ON a.caption_id = c.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    a.scheduled_send_date >= DATE_SUB(@week_start, INTERVAL t.reservation_days DAY)
    AND a.scheduled_send_date <= DATE_ADD(@week_start, INTERVAL t.reservation_days + 6 DAY)
    AND a.assigned_at <= @selected_at
    AND (a.deactivated_at IS NULL OR a.deactivated_at > @selected_at)
    AND NOT (
      a.scheduled_send_date >= @week_start
      AND a.scheduled_send_date <= DATE_ADD(@week_start, INTERVAL 6 DAY)
    )
  GROUP BY c.content_id
),

queued AS (
  SELECT
    c.content_id,
    MIN(q.meant_page) AS page_name
  FROM `${dataset}.judged_queue` AS q
  INNER JOIN `${dataset}.caption_contents` AS c ON q.caption_id = c.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    q.reason IS NULL
    AND DATE(q.send_time, 'America/Los_Angeles')
    BETWEEN DATE_SUB(@week_start, INTERVAL t.reservation_days DAY)
    AND DATE_ADD(@week_start, INTERVAL t.reservation_days + 6 DAY)
  GROUP BY c.content_id
),

rejected AS (
  SELECT DISTINCT c.content_id
  FROM `${dataset}.schedule_review` AS v
  INNER JOIN `${dataset}.caption_contents` AS c ON v.caption_id = c.caption_id
  WHERE v.week_start = @week_start AND v.page_name = @page AND v.decision = 'reject'
),

-- Taken out of the page's week by request, after what is asked about was chosen or before.
replaced AS (
  SELECT DISTINCT c.content_id
  FROM `${dataset}.message_replacements` AS o
  INNER JOIN `${dataset}.caption_contents` AS c ON o.caption_id = c.caption_id
  WHERE o.week_start = @week_start AND o.page_name = @page
),

matching AS (
  SELECT
    k.content_id,
    MIN(pattern) AS pattern
  FROM contents AS k
  CROSS JOIN `${dataset}.usable_restrictions` AS r
  CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
  WHERE
    r.page_name = @page
    AND pattern IS NOT NULL
    AND k.caption_id = k.content_id
    AND REGEXP_CONTAINS(k.caption_text, pattern)
  GROUP BY k.content_id
),

closed_categories AS (
  SELECT DISTINCT content_category
  FROM `${dataset}.usable_restrictions` AS r
  CROSS JOIN UNNEST(r.restricted_categories) AS content_category
  WHERE r.page_name = @page
),

closed_tiers AS (
  SELECT DISTINCT price_tier
  FROM `${dataset}.usable_restrictions` AS r
  CROSS JOIN UNNEST(r.restricted_price_tiers) AS price_tier
  WHERE r.page_name = @page
),

chosen AS (
  SELECT
    s.caption_id,
    s.page_name
  FROM `${dataset}.caption_selections` AS s
  WHERE s.week_start = @week_start
),

judged AS (
  SELECT
    k.caption_id,
    k.caption_text,
    b.avg_conversion_rate AS rate,
    CASE
      WHEN k.caption_id != k.content_id THEN 'says the same as another caption'
      WHEN NOT o.is_active THEN 'not in use'
      WHEN NOT o.is_open THEN 'of another page'
      WHEN z.price_tier IS NOT NULL THEN 'the page takes no captions of the tier'
      WHEN y.content_category IS NOT NULL THEN 'of a category that the page does not take'
      WHEN m.content_id IS NOT NULL THEN 'with words that the page does not take'
      WHEN j.content_id IS NOT NULL THEN 'rejected in the review'
      WHEN l.content_id IS NOT NULL THEN 'taken out of the week by request'
      WHEN d.content_id IS NOT NULL THEN 'resting: the page sent it in the days before'
      WHEN q.content_id IS NOT NULL THEN 'queued by people'
      WHEN e.content_id IS NOT NULL THEN 'reserved'
      WHEN
        x.active_from > @week_start
        OR x.active_until < DATE_ADD(@week_start, INTERVAL 6 DAY)
        OR x.sends >= x.max_sends
        THEN 'its terms are over or not begun'
      WHEN n.page_name != @page THEN 'went to another page this week'
    END AS reason,
    CASE
      WHEN k.caption_id != k.content_id THEN CAST(k.content_id AS STRING)
      WHEN NOT o.is_open THEN k.page_name
      WHEN y.content_category IS NOT NULL THEN k.content_category
      WHEN m.content_id IS NOT NULL THEN m.pattern
      WHEN d.content_id IS NOT NULL
        THEN FORMAT_TIMESTAMP('%Y-%m-%d', d.sent_at, 'America/Los_Angeles')
      WHEN q.content_id IS NOT NULL THEN q.page_name
      WHEN e.content_id IS NOT NULL THEN e.page_name
      WHEN n.page_name != @page THEN n.page_name
    END AS detail
  FROM contents AS k
  INNER JOIN open_contents AS o ON k.content_id = o.content_id
  LEFT JOIN closed_tiers AS z ON k.price_tier = z.price_tier
  LEFT JOIN closed_categories AS y
    ON COALESCE(k.content_category, 'uncategorised') = y.content_category
  LEFT JOIN matching AS m ON k.content_id = m.content_id
  LEFT JOIN rejected AS j ON k.content_id = j.content_id
  LEFT JOIN replaced AS l ON k.content_id = l.content_id
  LEFT JOIN rested AS d ON k.content_id = d.content_id
  LEFT JOIN queued AS q ON k.content_id = q.content_id
  LEFT JOIN reserved AS e ON k.content_id = e.content_id
  LEFT JOIN `${dataset}.caption_availability` AS x ON k.caption_id = x.caption_id
  LEFT JOIN chosen AS n ON k.caption_id = n.caption_id
  LEFT JOIN `${dataset}.caption_bandit_stats` AS b
    ON b.page_name = @page AND k.caption_id = b.caption_id
)

SELECT
  j.reason,
  COUNT(*) OVER (PARTITION BY j.reason) AS captions,
  j.caption_id,
  j.caption_text,
  j.detail,
  j.rate
FROM judged AS j
WHERE j.reason IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY j.reason ORDER BY ROUND(j.rate, 9) DESC, j.caption_id) <= 3
ORDER BY captions DESC, j.reason, ROUND(j.rate, 9) DESC, j.caption_id;
