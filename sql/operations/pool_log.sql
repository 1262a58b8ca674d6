-- What the PPVs of some weeks were chosen from.
-- Grain: one row per page, week, tier, category and group of like captions.
-- Parameters:
--   first_week: Monday of the first week.
--   last_week: Monday of the last week.
SELECT p.*
FROM `${dataset}.selection_pools` AS p
WHERE p.week_start >= @first_week AND p.week_start <= @last_week
ORDER BY p.page_name, p.week_start, p.price_tier;
