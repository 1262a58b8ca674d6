-- Takes out of a week's selections what open requests replace: the captions, and those that an
-- unfinished run has put in their place. What a page's tier is chosen from is logged without a
-- caption that is taken out, as if it had never been eligible: the others' chances are then those
-- of a choice among the rest. Running it again changes nothing.
-- Parameters:
--   week_start (DATE): Monday that names the week.
BEGIN TRANSACTION;

-- The group of like captions that each counts in: the nearest of its tier, category and urgency.
UPDATE `${dataset}.selection_pools` AS p
SET captions = p.captions - x.captions
FROM (
  SELECT
    n.page_name,
    n.price_tier,
    n.content_category,
    n.has_urgency,
    n.pages,
    n.prior_successes,
    n.prior_failures,
    n.effective_successes,
    n.effective_failures,
    COUNT(*) AS captions
  FROM (
    SELECT
      g.page_name,
      g.price_tier,
      g.content_category,
      g.has_urgency,
      g.pages,
      g.prior_successes,
      g.prior_failures,
      g.effective_successes,
      g.effective_failures
    FROM `${dataset}.message_replacements` AS r
    INNER JOIN `${dataset}.caption_selections` AS s
      ON r.page_name = s.page_name AND r.week_start = s.week_start AND r.caption_id = s.caption_id
    INNER JOIN `${dataset}.selection_pools` AS g
      ON
        s.page_name = g.page_name
        AND s.week_start = g.week_start
        AND s.price_tier = g.price_tier
        AND COALESCE(s.content_category, 'uncategorised') = g.content_category
    WHERE
      r.week_start = @week_start
      AND r.outcome = 'open'
      AND COALESCE(g.has_urgency, FALSE) = COALESCE(s.has_urgency, FALSE)
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY s.page_name, s.caption_id
        ORDER BY
          ROUND(
            ABS(LN(SAFE_DIVIDE(
              g.prior_successes + g.effective_successes, s.posterior_successes
            )))
            + ABS(LN(SAFE_DIVIDE(
              g.prior_failures + g.effective_failures, s.posterior_failures
            ))),
            9
          ),
          g.prior_successes,
          g.prior_failures,
          g.effective_successes,
          g.effective_failures,
          g.pages DESC
      ) = 1
  ) AS n
  GROUP BY
    n.page_name, n.price_tier, n.content_category, n.has_urgency, n.pages, n.prior_successes,
    n.prior_failures, n.effective_successes, n.effective_failures
) AS x
WHERE
  p.week_start = @week_start
  AND p.page_name = x.page_name
  AND p.price_tier = x.price_tier
  AND p.content_category = x.content_category
  AND COALESCE(p.has_urgency, FALSE) = COALESCE(x.has_urgency, FALSE)
  AND COALESCE(p.pages, 1) = COALESCE(x.pages, 1)
  AND p.prior_successes = x.prior_successes
  AND p.prior_failures = x.prior_failures
  AND p.effective_successes = x.effective_successes
  AND p.effective_failures = x.effective_failures;

DELETE FROM `${dataset}.selection_pools`
WHERE week_start = @week_start AND captions <= 0;

DELETE FROM `${dataset}.caption_selections` AS s
WHERE
  s.week_start = @week_start
  AND EXISTS (
    SELECT 1
    FROM `${dataset}.message_replacements` AS r
    WHERE
      r.page_name = s.page_name
      AND r.week_start = s.week_start
      AND r.outcome = 'open'
      AND (r.caption_id = s.caption_id OR r.new_caption_id = s.caption_id)
  );

UPDATE `${dataset}.message_replacements` AS r
SET new_caption_id = NULL
WHERE r.week_start = @week_start AND r.outcome = 'open';

COMMIT TRANSACTION;
