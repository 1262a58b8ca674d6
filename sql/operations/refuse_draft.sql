-- Marks a page's draft of a week, so that it is not locked.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   page (STRING): creator's page.
--   refusal (STRING): why.
UPDATE `${dataset}.schedule_recommendations` AS r
SET refusal = @refusal
WHERE r.week_start = @week_start AND r.page_name = @page AND r.status = 'draft';
