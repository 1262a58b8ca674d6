-- The candidates that a page's captions of a week, tier and arm were chosen from, with what became of
-- them. Of those that were chosen the posterior and the chances are as they were logged; of the
-- others the posterior is that of the statistics as they are now.
-- Grain: one row per row of selection_candidates of the page, week, tier and arm, by rank.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   page (STRING): page.
--   price_tier (STRING): tier.
--   arm (STRING): treatment or control.
-- Columns:
--   caption_id: Caption.
--   caption_text: Text; NULL when the bank has lost it.
--   content_category: Category; NULL without one.
--   has_urgency: Whether it presses for time.
--   arm_rank: Rank in page, tier and arm, 1 the best.
--   thompson_score: The draw.
--   final_score: Percentile of the draw x segment multiplier + diversity.
--   wanted: Captions wanted of the page, tier and arm.
--   week_wanted: Captions wanted of the page in all.
--   chosen_by: The page that got it in that week; NULL: none.
--   selection_probability: Logged chance to be among the page's chosen of the tier; NULL: not logged.
--   posterior_successes: Beta alpha of the posterior, effective trials.
--   posterior_failures: Beta beta.
--   stats_as_of: End of the window of the statistics as they are now; NULL where the page never sent it.
SELECT
  c.caption_id,
  u.caption_text,
  c.content_category,
  COALESCE(c.has_urgency, FALSE) AS has_urgency,
  c.arm_rank,
  c.thompson_score,
  c.final_score,
  c.wanted,
  c.week_wanted,
  s.page_name AS chosen_by,
  IF(s.page_name = c.page_name, s.selection_probability, NULL) AS selection_probability,
  IF(
    s.page_name = c.page_name,
    s.posterior_successes,
    COALESCE(
      b.prior_successes + b.effective_successes, o.prior_successes, p.prior_successes
    )
  ) AS posterior_successes,
  IF(
    s.page_name = c.page_name,
    s.posterior_failures,
    COALESCE(b.prior_failures + b.effective_failures, o.prior_failures, p.prior_failures)
  ) AS posterior_failures,
  b.stats_as_of
FROM `${dataset}.selection_candidates` AS c
LEFT JOIN `${dataset}.caption_selections` AS s
  ON c.week_start = s.week_start AND c.caption_id = s.caption_id
LEFT JOIN `${dataset}.usable_captions` AS u ON c.caption_id = u.caption_id
LEFT JOIN `${dataset}.caption_bandit_stats` AS b
  ON c.page_name = b.page_name AND c.caption_id = b.caption_id
LEFT JOIN `${dataset}.borrowed_caption_priors` AS o
  ON c.page_name = o.page_name AND c.caption_id = o.caption_id AND c.price_tier = o.price_tier
LEFT JOIN `${dataset}.caption_priors` AS p
  ON c.page_name = p.page_name AND c.price_tier = p.price_tier
WHERE
  c.week_start = @week_start
  AND c.page_name = @page
  AND c.price_tier = @price_tier
  AND c.arm = @arm
ORDER BY c.arm_rank, c.caption_id;
