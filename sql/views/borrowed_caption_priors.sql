-- The prior that a caption has on a page by what other pages saw of it and what its text says, tried
-- by this one or not.
-- Its mean is the page's times the caption's appeal, the page's own trials left out of the appeal;
-- its squared coefficient of variation is (1 + 1/shape)(1 + B) - 1, at most that of the page's
-- prior, with shape that of the appeal and B the page's pair_variance. Strengths are within the
-- bounds of the tuning. Where nothing is here the prior is that of the page and tier.
-- Grain: one row per page and caption that another page has tried in the window, or of whose text
-- there is a prior.
-- Columns:
--   page_name (STRING): Creator's page.
--   caption_id (INT64): Caption.
--   price_tier (STRING): Its tier.
--   prior_successes (FLOAT64): Beta alpha, effective trials.
--   prior_failures (FLOAT64): Beta beta, effective trials.
--   is_tried (BOOL): Whether the page itself has ever sent it, and so has statistics of it.
CREATE OR REPLACE VIEW `${dataset}.borrowed_caption_priors`
AS
WITH elsewhere AS (
  SELECT
    r.page_name,
    a.caption_id,
    a.price_tier,
    r.rate AS page_rate,
    r.variation AS page_variation,
    r.pair_variance,
    s.caption_id IS NOT NULL AS is_tried,
    a.appeal_shape - COALESCE(s.appeal_successes, 0.0) AS shape,
    a.appeal_rate - COALESCE(s.appeal_exposure, 0.0) AS rate
  FROM `${dataset}.caption_appeal` AS a
  INNER JOIN `${dataset}.caption_priors` AS r ON a.price_tier = r.price_tier
  LEFT JOIN `${dataset}.caption_bandit_stats` AS s
    ON r.page_name = s.page_name AND a.caption_id = s.caption_id
  WHERE
    a.text_multiplier IS NOT NULL
    OR a.pages > IF(COALESCE(s.appeal_exposure, 0.0) > 0, 1, 0)
),

moments AS (
  SELECT
    e.page_name,
    e.caption_id,
    e.price_tier,
    e.is_tried,
    LEAST(e.page_rate * SAFE_DIVIDE(e.shape, e.rate), t.prior_max_rate) AS rate,
    LEAST(
      (1.0 + SAFE_DIVIDE(1.0, e.shape)) * (1.0 + e.pair_variance) - 1.0, e.page_variation
    ) AS variation,
    t.prior_min_strength,
    t.prior_max_strength
  FROM elsewhere AS e
  CROSS JOIN `${dataset}.tuning` AS t
),

strengths AS (
  SELECT
    m.*,
    LEAST(
      GREATEST(SAFE_DIVIDE(1.0 - m.rate, m.variation * m.rate) - 1.0, m.prior_min_strength),
      m.prior_max_strength
    ) AS strength
  FROM moments AS m
)

SELECT
  s.page_name,
  s.caption_id,
  s.price_tier,
  s.rate * s.strength AS prior_successes,
  (1.0 - s.rate) * s.strength AS prior_failures,
  s.is_tried
FROM strengths AS s;
