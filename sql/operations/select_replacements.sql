-- Puts into a week's selections the captions that open requests were given, and ranks the tiers of
-- their pages anew. Running it again changes nothing.
-- Parameters:
--   week_start (DATE): Monday that names the week.
BEGIN TRANSACTION;

INSERT INTO `${dataset}.caption_selections` (
  page_name, week_start, caption_id, price_tier, content_category, has_urgency, thompson_score,
  final_score, successes, failures, prior_successes, prior_failures, posterior_successes,
  posterior_failures, other_pages, arm, selection_seed, suggested_price, expected_value,
  selected_at
)
SELECT
  c.page_name,
  c.week_start,
  c.caption_id,
  c.price_tier,
  c.content_category,
  c.has_urgency,
  c.thompson_score,
  c.final_score,
  c.successes,
  c.failures,
  c.prior_successes,
  c.prior_failures,
  c.posterior_successes,
  c.posterior_failures,
  c.other_pages,
  c.arm,
  c.selection_seed,
  c.suggested_price,
  c.expected_value,
  CURRENT_TIMESTAMP() AS selected_at
FROM `${dataset}.selection_candidates` AS c
INNER JOIN `${dataset}.message_replacements` AS r
  ON
    c.page_name = r.page_name
    AND c.week_start = r.week_start
    AND c.price_tier = r.price_tier
    AND c.arm = r.arm
    AND c.caption_id = r.new_caption_id
LEFT JOIN `${dataset}.caption_selections` AS s
  ON c.page_name = s.page_name AND c.week_start = s.week_start AND c.caption_id = s.caption_id
WHERE c.week_start = @week_start AND r.outcome = 'open' AND s.caption_id IS NULL;

UPDATE `${dataset}.caption_selections` AS s
SET tier_rank = k.tier_rank
FROM (
  SELECT
    c.page_name,
    c.caption_id,
    ROW_NUMBER() OVER (
      PARTITION BY c.page_name, c.price_tier ORDER BY c.final_score DESC, c.caption_id
    ) AS tier_rank
  FROM `${dataset}.caption_selections` AS c
  WHERE
    c.week_start = @week_start
    AND c.page_name IN (
      SELECT r.page_name
      FROM `${dataset}.message_replacements` AS r
      WHERE r.week_start = @week_start AND r.outcome = 'open'
    )
) AS k
WHERE s.week_start = @week_start AND s.page_name = k.page_name AND s.caption_id = k.caption_id;

COMMIT TRANSACTION;
