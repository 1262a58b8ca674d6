-- Takes captions out of use.
-- Parameters:
--   caption_ids (ARRAY<INT64>): the captions.
UPDATE `${dataset}.caption_bank`
SET is_active = FALSE
WHERE caption_id IN UNNEST(@caption_ids);
