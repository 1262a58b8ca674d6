-- Captions that a page would take yet: none when the selector gave it all that it asked for, or all
-- that the bank and the limits allow.
-- Grain: one row per caption.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   page_name (STRING): page.
SELECT
  o.price_tier,
  o.arm,
  o.caption_id
FROM `${dataset}.caption_offers` AS o
WHERE o.week_start = @week_start AND o.page_name = @page_name
ORDER BY o.price_tier, o.arm, o.caption_id;
