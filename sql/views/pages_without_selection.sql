-- The pages for which no captions are selected, because a row of their restrictions can't be
-- applied: nobody can tell what they must not send.
-- Grain: one row per page.
-- Columns:
--   page_name (STRING): Creator's page.
--   reason (STRING): What is wrong with which row.
CREATE OR REPLACE VIEW `${dataset}.pages_without_selection`
AS
SELECT
  j.restricted_page AS page_name,
  CONCAT(
    'creator_caption_restrictions can not be applied: ',
    STRING_AGG(j.reason, '; ' ORDER BY j.reason)
  ) AS reason
FROM `${dataset}.judged_restrictions` AS j
WHERE j.reason IS NOT NULL AND j.restricted_page IS NOT NULL AND j.restricted_page != ''
GROUP BY j.restricted_page;
