-- The captions chosen for some pages' week, as they are stored.
-- Grain: one row per chosen caption of a page in @pages.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
SELECT s.*
FROM `${dataset}.caption_selections` AS s
WHERE s.week_start = @week_start AND s.page_name IN UNNEST(@pages)
ORDER BY s.page_name, s.price_tier, s.tier_rank, s.caption_id;
