-- Input rows that can't be used as they are.
-- Grain: one row per such row of caption_bank, creators and creator_caption_restrictions.
SELECT
  q.table_name,
  q.row_key,
  q.page_name,
  q.reason,
  q.consequence
FROM `${dataset}.quarantined_inputs` AS q
ORDER BY q.table_name, q.row_key, q.page_name, q.reason;
