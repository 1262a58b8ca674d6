-- Rebuilds caption_priors, caption_appeal, caption_bandit_stats and page_tastes from message_facts.
-- Trials and first sends are those of the view caption_trials. What is learned of a pair is the rate of
-- a usual view: views are divided by how much more than usual the caption is viewed.
-- A send of e expected successes has the variance e + noise x e^2; the noise is estimated per message
-- type from pairs sent twice or more. Without it (send_noise_weight 0) the variance is phi x e, the
-- dispersion phi being Pearson's chi-square over its degrees of freedom, per page and message type,
-- pooled over pages where thin, at least 1. A repeat sells e^(-effect x wear) of a first send, see the
-- part on wear. The prior is fitted by the method of moments on each caption's first send, per page and
-- tier, else per tier, else per message type: with p the pool's rate,
-- v = (sum n(s/n - p)^2 - phi(K - 1)p(1 - p)) / (sum n - sum n^2 / sum n), phi being 1 where the noise
-- is known, V = (1 + v/p^2) / (1 + noise) - 1, M = (1 - p)/(pV) - 1, alpha = pM, beta = (1 - p)M.
-- Captions borrow strength from other pages. A pair's rate is taken for the page's mean x the
-- caption's appeal (mean 1 over captions, variance A) x the pair's own part (mean 1, variance B),
-- with (1 + A)(1 + B) - 1 the squared coefficient of variation T of the page's prior. A is what the
-- first send on one page tells of the first send on a later one: with z the send's rate over the
-- page's mean, less 1, and w = 1 over the variance of z, E[z_later | z_earlier] is
-- A w z_earlier however the later page came to try it, so that A = sum of w' z' w z over
-- sum of w' w^2 z^2. A caption's appeal is Gamma(1/A + sum of kx, 1/A + sum of k) over its pages, x
-- the pair's rate over the page's mean and k = e/(1 + eB). The view borrowed_caption_priors makes
-- a pair's prior of it, the page's own part left out. A = 0 (knob borrowing_weight 0, or nothing to
-- borrow) leaves every pair the prior of its page and tier.
-- Where caption_text_priors has a multiplier m of a caption its appeal begins with the mean m instead
-- of 1: the rate of the Gamma is 1/(Am) + sum of k. What texts explain of how captions differ, E, is no
-- longer uncertain then: (1 + A)/(1 + E) - 1 and (1 + T)/(1 + E) - 1 stand in the place of A and T.
-- What a page likes of each category, and changes, is its taste: see the part on tastes.
-- Evidence fades by half in stats_half_life_days (91 at least; 0: not at all); priors and
-- dispersions are fitted without that.
-- Running it twice changes nothing but last_updated.
-- Parameters:
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
CREATE OR REPLACE PROCEDURE `${dataset}.update_caption_performance`(
  IN p_as_of DATE, IN p_lookback_days INT64
)
BEGIN
  DECLARE v_stats_half_life_days, v_dispersion_min_degrees, v_prior_min_captions,
    v_borrowing_min_pairs, v_account_lookback_days INT64;
  DECLARE v_view_lift_weight, v_send_noise_weight, v_prior_min_strength, v_prior_max_strength,
    v_prior_max_rate, v_wear_weight, v_borrowing_weight, v_text_prior_weight, v_taste_weight FLOAT64;

  IF p_as_of IS NULL THEN
    RAISE USING MESSAGE = 'update_caption_performance: p_as_of is NULL; give an LA date';
  END IF;
  IF p_lookback_days IS NULL OR p_lookback_days <= 0 THEN
    RAISE USING MESSAGE = 'update_caption_performance: p_lookback_days must be 1 or more';
  END IF;

  -- The knobs are variables, because each statement that reads the table tuning is billed for it.
  SET (
    v_stats_half_life_days, v_view_lift_weight, v_dispersion_min_degrees, v_send_noise_weight,
    v_prior_min_captions, v_prior_min_strength, v_prior_max_strength, v_prior_max_rate,
    v_wear_weight, v_borrowing_weight, v_borrowing_min_pairs, v_text_prior_weight,
    v_taste_weight, v_account_lookback_days
  ) = (
    SELECT AS STRUCT
      MAX(t.stats_half_life_days) AS stats_half_life_days,
      MAX(t.view_lift_weight) AS view_lift_weight,
      MAX(t.dispersion_min_degrees) AS dispersion_min_degrees,
      MAX(t.send_noise_weight) AS send_noise_weight,
      MAX(t.prior_min_captions) AS prior_min_captions,
      MAX(t.prior_min_strength) AS prior_min_strength,
      MAX(t.prior_max_strength) AS prior_max_strength,
      MAX(t.prior_max_rate) AS prior_max_rate,
      MAX(t.wear_weight) AS wear_weight,
      MAX(t.borrowing_weight) AS borrowing_weight,
      MAX(t.borrowing_min_pairs) AS borrowing_min_pairs,
      MAX(t.text_prior_weight) AS text_prior_weight,
      MAX(t.taste_weight) AS taste_weight,
      MAX(t.account_lookback_days) AS account_lookback_days
    FROM `${dataset}.tuning` AS t
  );

  -- One row per send that is a trial of its caption, before p_as_of. A caption without a tier in
  -- the bank is mid once it was sent as a PPV, else bump. day is 0 for p_as_of and falls backwards.
  CREATE OR REPLACE TEMP TABLE tried_sends AS
  WITH unbanked AS (
    SELECT
      c.caption_id,
      IF(LOGICAL_OR(c.message_type = 'PPV'), 'mid', 'bump') AS price_tier
    FROM `${dataset}.caption_trials` AS c
    WHERE c.price_tier IS NULL AND c.send_date < p_as_of
    GROUP BY c.caption_id
  )

  SELECT
    c.* EXCEPT (price_tier, send_date),
    CAST(DATE_DIFF(c.send_date, p_as_of, DAY) AS FLOAT64) AS day,
    COALESCE(c.price_tier, u.price_tier) AS price_tier,
    IF(
      v_stats_half_life_days > 0,
      POW(
        0.5, SAFE_DIVIDE(DATE_DIFF(p_as_of, c.send_date, DAY), GREATEST(v_stats_half_life_days, 91))
      ),
      1.0
    ) AS freshness,
    c.send_date >= DATE_SUB(p_as_of, INTERVAL p_lookback_days DAY) AS in_window
  FROM `${dataset}.caption_trials` AS c
  LEFT JOIN unbanked AS u ON c.caption_id = u.caption_id
  WHERE
    c.send_date < p_as_of
    AND (c.message_type = 'Bump') = (COALESCE(c.price_tier, u.price_tier) = 'bump');

  -- One row per send. usual_trials are the views that a caption of the usual view rate would have had:
  -- what is learned is the purchases of a usual view, so that a recipient's purchases are in it.
  CREATE OR REPLACE TEMP TABLE caption_sends AS
  WITH
  -- One row per caption of the PPVs: its views per recipient over its pages', shrunk by how much sends
  -- of one caption vary (Var), and how much captions differ (Diff): 1 + sum of excess / (Var / Diff +
  -- number of sends), from sums over captions sent twice or more.
  view_lifts AS (
    WITH excesses AS (
      SELECT
        s.caption_id,
        SAFE_DIVIDE(s.trials, s.sent_count * SAFE_DIVIDE(v.views, v.recipients)) - 1.0 AS excess
      FROM tried_sends AS s
      INNER JOIN (
        SELECT
          page_name,
          SUM(trials) AS views,
          SUM(sent_count) AS recipients
        FROM tried_sends
        WHERE message_type = 'PPV' AND in_window AND trials > 0
        GROUP BY page_name
      ) AS v ON s.page_name = v.page_name
      WHERE s.message_type = 'PPV' AND s.in_window AND s.trials > 0
    ),

    sums AS (
      SELECT
        caption_id,
        COUNT(*) AS sends,
        SUM(excess) AS total,
        SUM(excess * excess) AS squares
      FROM excesses
      GROUP BY caption_id
    ),

    moments AS (
      SELECT
        SAFE_DIVIDE(
          SUM(IF(sends >= 2, squares - SAFE_DIVIDE(total * total, sends), 0.0)), SUM(sends - 1)
        ) AS within_captions,
        SAFE_DIVIDE(
          SUM(IF(sends >= 2, total * total - squares, 0.0)), SUM(sends * (sends - 1))
        ) AS between_captions,
        SUM(sends - 1) AS degrees
      FROM sums
    )

    SELECT
      u.caption_id,
      GREATEST(
        1.0 + v_view_lift_weight * SAFE_DIVIDE(
          u.total, SAFE_DIVIDE(m.within_captions, m.between_captions) + u.sends
        ),
        0.25
      ) AS view_lift
    FROM sums AS u
    CROSS JOIN moments AS m
    WHERE m.between_captions > 0 AND m.degrees >= v_dispersion_min_degrees
  )

  SELECT
    s.*,
    SAFE_DIVIDE(s.trials, COALESCE(v.view_lift, 1.0)) AS usual_trials
  FROM tried_sends AS s
  LEFT JOIN view_lifts AS v ON s.caption_id = v.caption_id AND s.message_type = 'PPV';
