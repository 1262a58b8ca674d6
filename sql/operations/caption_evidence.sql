-- What was seen of each active caption, over all pages: its posterior, and whether later sends did
-- worse than earlier ones. Earlier and later are the halves of each page's sends of the caption, in
-- the order of sending; the middle one of an odd number is in neither.
-- The prior is the mean of the pages' priors of the caption; trials are effective ones.
-- Grain: one row per active caption with statistics.
-- Columns:
--   caption_id: Caption.
--   price_tier: Its tier.
--   page_name: The one page that may use it; NULL: any page.
--   caption_text: Text.
--   sends: Sends in the window of the statistics.
--   pages: Pages that sent it.
--   posterior_successes: Beta alpha, effective trials.
--   posterior_failures: Beta beta, effective trials.
--   prior_rate: Mean rate that the pages expect of an untried caption of the tier.
--   earlier_successes: Effective successes of the earlier halves.
--   earlier_failures: Effective failures of the earlier halves.
--   later_successes: Effective successes of the later halves.
--   later_failures: Effective failures of the later halves.
WITH seen AS (
  SELECT
    s.caption_id,
    SUM(s.send_count) AS sends,
    COUNT(*) AS pages,
    AVG(s.prior_successes) + SUM(s.effective_successes) AS posterior_successes,
    AVG(s.prior_failures) + SUM(s.effective_failures) AS posterior_failures,
    AVG(
      SAFE_DIVIDE(p.prior_successes, p.prior_successes + p.prior_failures)
    ) AS prior_rate
  FROM `${dataset}.caption_bandit_stats` AS s
  LEFT JOIN `${dataset}.caption_priors` AS p
    ON s.page_name = p.page_name AND s.price_tier = p.price_tier
  WHERE s.send_count > 0
  GROUP BY s.caption_id
),

placed AS (
  SELECT
    t.page_name,
    t.caption_id,
    t.successes,
    t.trials,
    ROW_NUMBER() OVER (
      PARTITION BY t.page_name, t.caption_id ORDER BY t.sending_time, t.row_id
    ) AS place,
    COUNT(*) OVER (PARTITION BY t.page_name, t.caption_id) AS sends
  FROM `${dataset}.caption_trials` AS t
),

-- A send's trials are worth 1 over their dispersion and what the noise of a send adds.
valued AS (
  SELECT
    h.caption_id,
    2 * h.place <= h.sends AS is_earlier,
    2 * h.place > h.sends + 1 AS is_later,
    SAFE_DIVIDE(
      h.successes, s.dispersion + COALESCE(p.send_noise * p.rate * h.trials, 0.0)
    ) AS successes,
    SAFE_DIVIDE(
      h.trials - h.successes, s.dispersion + COALESCE(p.send_noise * p.rate * h.trials, 0.0)
    ) AS failures
  FROM placed AS h
  INNER JOIN `${dataset}.caption_bandit_stats` AS s
    ON h.page_name = s.page_name AND h.caption_id = s.caption_id
  LEFT JOIN `${dataset}.caption_priors` AS p
    ON s.page_name = p.page_name AND s.price_tier = p.price_tier
),

halves AS (
  SELECT
    v.caption_id,
    SUM(IF(v.is_earlier, v.successes, 0.0)) AS earlier_successes,
    SUM(IF(v.is_earlier, v.failures, 0.0)) AS earlier_failures,
    SUM(IF(v.is_later, v.successes, 0.0)) AS later_successes,
    SUM(IF(v.is_later, v.failures, 0.0)) AS later_failures
  FROM valued AS v
  GROUP BY v.caption_id
)

SELECT
  b.caption_id,
  b.price_tier,
  b.page_name,
  b.caption_text,
  s.sends,
  s.pages,
  s.posterior_successes,
  s.posterior_failures,
  s.prior_rate,
  COALESCE(h.earlier_successes, 0.0) AS earlier_successes,
  COALESCE(h.earlier_failures, 0.0) AS earlier_failures,
  COALESCE(h.later_successes, 0.0) AS later_successes,
  COALESCE(h.later_failures, 0.0) AS later_failures
FROM seen AS s
INNER JOIN `${dataset}.usable_captions` AS b ON s.caption_id = b.caption_id
LEFT JOIN halves AS h ON s.caption_id = h.caption_id
WHERE b.is_active
ORDER BY b.caption_id;
