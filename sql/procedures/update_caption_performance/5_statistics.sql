
  -- What is known of each caption, over all pages and on each.

  -- One row per page and caption that was ever sent: what the window has of it, what its trials are
  -- worth, and how worn it is in the middle of the week that begins with p_as_of.
  CREATE OR REPLACE TEMP TABLE pair_evidence AS
  SELECT
    e.*,
    SAFE_DIVIDE(
      e.effective_successes, 1.0 + e.effective_trials * r.rate * r.pair_variance
    ) AS appeal_successes,
    SAFE_DIVIDE(
      e.effective_trials * r.rate, 1.0 + e.effective_trials * r.rate * r.pair_variance
    ) AS appeal_exposure
  FROM (
    SELECT
      s.page_name,
      s.caption_id,
      s.price_tier,
      COUNTIF(s.in_window) AS send_count,
      COALESCE(SUM(IF(s.in_window, s.successes, 0)), 0) AS successes,
      COALESCE(SUM(IF(s.in_window, s.trials, 0)), 0) AS total_observations,
      COALESCE(SUM(IF(s.in_window, s.earnings, 0.0)), 0.0) AS total_revenue,
      COALESCE(SUM(IF(s.in_window, s.sent_count, 0)), 0) AS recipients,
      MAX(s.sending_time) AS last_used,
      SUM(s.worth * s.successes) AS effective_successes,
      GREATEST(
        SUM(s.worth * s.unworn_share * s.usual_trials), SUM(s.worth * s.successes)
      ) AS effective_trials,
      SUM(EXP(SAFE_DIVIDE(s.day - 3.5, s.wear_days))) AS wear
    FROM valued_sends AS s
    GROUP BY s.page_name, s.caption_id, s.price_tier
  ) AS e
  INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier;

  -- One row per caption that was tried in the window, where there is anything to borrow, or of whose
  -- text there is a prior.
  CREATE OR REPLACE TEMP TABLE fresh_appeal AS
  SELECT
    a.caption_id,
    a.price_tier,
    a.pages,
    SAFE_DIVIDE(1.0, v.appeal_variance) + a.successes AS appeal_shape,
    SAFE_DIVIDE(1.0, v.appeal_variance * COALESCE(a.text_multiplier, 1.0)) + a.exposure
      AS appeal_rate,
    a.text_multiplier
  FROM (
    SELECT
      COALESCE(e.caption_id, x.caption_id) AS caption_id,
      COALESCE(e.price_tier, x.price_tier) AS price_tier,
      COALESCE(e.pages, 0) AS pages,
      COALESCE(e.successes, 0.0) AS successes,
      COALESCE(e.exposure, 0.0) AS exposure,
      x.multiplier AS text_multiplier
    FROM (
      SELECT
        caption_id,
        price_tier,
        COUNT(*) AS pages,
        SUM(appeal_successes) AS successes,
        SUM(appeal_exposure) AS exposure
      FROM pair_evidence
      WHERE effective_trials > 0
      GROUP BY caption_id, price_tier
    ) AS e
    FULL JOIN (
      SELECT
        w.caption_id,
        w.price_tier,
        w.multiplier
      FROM `${dataset}.caption_text_priors` AS w
      CROSS JOIN `${dataset}.tuning` AS t
      WHERE t.text_prior_weight > 0
    ) AS x ON e.caption_id = x.caption_id
  ) AS a
  INNER JOIN (
    SELECT
      price_tier,
      MAX(appeal_variance) AS appeal_variance
    FROM fresh_priors
    GROUP BY price_tier
  ) AS v ON a.price_tier = v.price_tier
  WHERE v.appeal_variance > 0;

  -- One row per page and caption that was ever sent: its statistics, all but its prior.
  CREATE OR REPLACE TEMP TABLE fresh_stats AS
  WITH last_sends AS (
    SELECT
      page_name,
      caption_id,
      emv AS last_emv_observed
    FROM caption_sends
    WHERE in_window AND emv IS NOT NULL
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY page_name, caption_id ORDER BY sending_time DESC, row_id DESC
      ) = 1
  )

  SELECT
    e.page_name,
    e.caption_id,
    e.price_tier,
    e.send_count,
    e.successes,
    e.total_observations - e.successes AS failures,
    e.total_observations,
    e.total_revenue,
    SAFE_DIVIDE(e.successes, e.total_observations) AS avg_conversion_rate,
    SAFE_DIVIDE(1000.0 * e.total_revenue, e.recipients) AS avg_emv,
    l.last_emv_observed,
    `${dataset}.wilson_score_bounds`(
      CAST(e.successes AS FLOAT64), CAST(e.total_observations - e.successes AS FLOAT64)
    ) AS bounds,
    r.dispersion,
    e.effective_successes,
    e.effective_trials - e.effective_successes AS effective_failures,
    e.last_used,
    COALESCE(d.chi_square, 0.0) AS chi_square,
    COALESCE(d.degrees, 0) AS degrees,
    e.appeal_successes,
    e.appeal_exposure,
    e.wear
  FROM pair_evidence AS e
  INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
  LEFT JOIN repeated_captions AS d ON e.page_name = d.page_name AND e.caption_id = d.caption_id
  LEFT JOIN last_sends AS l ON e.page_name = l.page_name AND e.caption_id = l.caption_id;
