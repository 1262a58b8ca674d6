-- The captions that pages sent for the first time in the days before a week, and those that EROS chose
-- for them untried before that, with what is believed of them. Wear is not counted: a rate is that of
-- an unworn caption.
-- Grain: one row per page in @pages and such caption in use.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
--   new_days (INT64): days before the week in which the first trial of a new caption lies.
--   explored_days (INT64): the same of one that was chosen untried.
-- Columns:
--   page_name (STRING): Creator's page.
--   caption_id (INT64): Caption.
--   price_tier (STRING): Its tier.
--   caption_text (STRING): Text.
--   first_sent (DATE): LA date of the first send with a trial.
--   send_count (INT64): The page's sends in the window of the statistics.
--   posterior_successes (FLOAT64): Beta alpha of the posterior, effective trials.
--   posterior_failures (FLOAT64): Beta beta.
--   page_rate (FLOAT64): Mean rate of the page's captions of the tier.
--   chosen_rate (FLOAT64): Mean believed rate of what the page chose by score in the tier this week; NULL without any.
--   is_explored (BOOL): Whether a selection of an earlier week chose it when the page had no trial of it.
WITH chosen AS (
  SELECT
    s.page_name,
    s.price_tier,
    AVG(
      SAFE_DIVIDE(s.posterior_successes, s.posterior_successes + s.posterior_failures)
    ) AS chosen_rate
  FROM `${dataset}.caption_selections` AS s
  WHERE s.week_start = @week_start AND s.page_name IN UNNEST(@pages) AND s.arm = 'treatment'
  GROUP BY s.page_name, s.price_tier
),

explored AS (
  SELECT DISTINCT
    s.page_name,
    s.caption_id
  FROM `${dataset}.caption_selections` AS s
  WHERE
    s.week_start < @week_start
    AND s.week_start >= DATE_SUB(@week_start, INTERVAL @explored_days + 7 DAY)
    AND s.page_name IN UNNEST(@pages)
    AND s.successes + s.failures = 0
)

SELECT
  t.page_name,
  t.caption_id,
  s.price_tier,
  u.caption_text,
  t.send_date AS first_sent,
  s.send_count,
  s.prior_successes + s.effective_successes AS posterior_successes,
  s.prior_failures + s.effective_failures AS posterior_failures,
  p.rate AS page_rate,
  c.chosen_rate,
  e.caption_id IS NOT NULL AS is_explored
FROM `${dataset}.caption_trials` AS t
INNER JOIN `${dataset}.caption_bandit_stats` AS s
  ON t.page_name = s.page_name AND t.caption_id = s.caption_id
INNER JOIN `${dataset}.usable_captions` AS u ON t.caption_id = u.caption_id
INNER JOIN `${dataset}.caption_priors` AS p
  ON s.page_name = p.page_name AND s.price_tier = p.price_tier
LEFT JOIN chosen AS c ON s.page_name = c.page_name AND s.price_tier = c.price_tier
LEFT JOIN explored AS e ON t.page_name = e.page_name AND t.caption_id = e.caption_id
WHERE
  t.is_first
  AND t.page_name IN UNNEST(@pages)
  AND t.send_date >= DATE_SUB(
    @week_start, INTERVAL IF(e.caption_id IS NULL, @new_days, GREATEST(@new_days, @explored_days)) DAY
  )
  AND t.send_date < @week_start
  AND s.send_count > 0
  AND u.is_active
ORDER BY t.page_name, t.send_date, t.caption_id;
