-- What selections lack of their targets.
-- Grain: one row per page in @pages and price tier of which fewer captions were chosen than wanted.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
WITH wanted AS (
  SELECT
    w.page_name,
    price_tier,
    CASE price_tier
      WHEN 'budget' THEN w.num_budget
      WHEN 'mid' THEN w.num_mid
      WHEN 'premium' THEN w.num_premium
      ELSE w.num_bump
    END AS wanted
  FROM `${dataset}.weekly_volume_targets` AS w
  CROSS JOIN UNNEST(['budget', 'mid', 'premium', 'bump']) AS price_tier
  WHERE w.week_start = @week_start AND w.page_name IN UNNEST(@pages)
)

SELECT
  w.page_name,
  w.price_tier,
  w.wanted,
  COUNT(s.caption_id) AS got
FROM wanted AS w
LEFT JOIN `${dataset}.caption_selections` AS s
  ON w.page_name = s.page_name AND w.price_tier = s.price_tier AND s.week_start = @week_start
GROUP BY w.page_name, w.price_tier, w.wanted
HAVING COUNT(s.caption_id) < w.wanted
ORDER BY w.page_name, w.price_tier;
