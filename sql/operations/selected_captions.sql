-- The captions chosen for a week, with their texts, what their draws came from, text_multiplier, the
-- rate over the page's mean that texts like theirs earned (NULL: not known), and own_price (USD), which
-- people ask for the caption whatever its page asks for the tier.
-- Without those that a reviewer has rejected, or a request has replaced, for the page and week since
-- they were chosen.
-- Grain: one row per page in @pages and chosen caption, by page, tier and rank.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to plan.
SELECT
  s.page_name,
  s.caption_id,
  s.price_tier,
  s.content_category,
  s.tier_rank,
  s.thompson_score,
  s.final_score,
  s.successes,
  s.failures,
  s.arm,
  s.posterior_successes,
  s.posterior_failures,
  s.other_pages,
  s.expected_value,
  a.text_multiplier,
  b.caption_text,
  p.own_price
FROM `${dataset}.caption_selections` AS s
LEFT JOIN `${dataset}.caption_bank` AS b ON s.caption_id = b.caption_id
LEFT JOIN `${dataset}.caption_appeal` AS a
  ON s.caption_id = a.caption_id AND s.price_tier = a.price_tier
LEFT JOIN (
  -- NaN lies between no numbers on either engine.
  SELECT
    t.caption_id,
    MIN(IF(t.suggested_price BETWEEN 0.01 AND 10000, t.suggested_price, NULL)) AS own_price
  FROM `${dataset}.caption_terms` AS t
  GROUP BY t.caption_id
) AS p ON s.caption_id = p.caption_id
LEFT JOIN `${dataset}.schedule_review` AS v
  ON
    s.page_name = v.page_name
    AND s.week_start = v.week_start
    AND s.caption_id = v.caption_id
    AND v.decision = 'reject'
LEFT JOIN (
  SELECT DISTINCT
    r.page_name,
    r.caption_id
  FROM `${dataset}.message_replacements` AS r
  WHERE r.week_start = @week_start
) AS o ON s.page_name = o.page_name AND s.caption_id = o.caption_id
WHERE
  s.week_start = @week_start
  AND s.page_name IN UNNEST(@pages)
  AND v.caption_id IS NULL
  AND o.caption_id IS NULL
ORDER BY s.page_name, s.price_tier, s.tier_rank;
