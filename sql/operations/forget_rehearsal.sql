-- Takes out again what a rehearsed selection left.
-- Parameters:
--   week_start (DATE): Monday that names the rehearsal's week.
--   page_name (STRING): page.
DELETE FROM `${dataset}.selection_candidates`
WHERE week_start = @week_start AND page_name = @page_name;

DELETE FROM `${dataset}.selection_pools`
WHERE week_start = @week_start AND page_name = @page_name;

DELETE FROM `${dataset}.caption_selections`
WHERE week_start = @week_start AND page_name = @page_name;
