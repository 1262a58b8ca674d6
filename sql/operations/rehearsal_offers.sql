-- Captions that a page would take yet after a rehearsed selection: none when the selector gave it
-- all that it asked for, or all that the bank and the limits allow.
-- Grain: one row per caption.
-- Parameters:
--   p_week_start (DATE): Monday that names the week.
--   p_page_name (STRING): page.
SELECT
  o.price_tier,
  o.arm,
  o.caption_id
FROM `${dataset}.caption_offers` AS o
WHERE o.week_start = @p_week_start AND o.page_name = @p_page_name
ORDER BY o.price_tier, o.arm, o.caption_id;
