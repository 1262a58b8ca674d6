
  -- What is known of each caption, over all pages and on each.

  -- One row per page and caption that was ever sent: what the window has of it, what its trials are
  -- worth, and how worn it is in the middle of the week that begins with p_as_of.
  CREATE OR REPLACE TEMP TABLE pair_evidence AS
  WITH
  -- One row per send: what share of its conversion wear had left it.
  worn_sends AS (
    SELECT
      b.* EXCEPT (begin_shape, noise, worth, usually_expected, shape, exposure, slope),
      EXP(-w.wear_effect * b.wear) AS unworn_share
    FROM beliefs AS b
    INNER JOIN wear_effects AS w ON b.message_type = w.message_type AND b.wear_days = w.wear_days
  ),

  -- One row per send: what each of its trials is worth, 1 over how much they vary; 0 outside the window.
  -- What varies is the pair's own rate, as all its sends tell it (told over met).
  valued_sends AS (
    WITH first_worths AS (
      SELECT
        s.*,
        p.send_noise,
        SAFE_DIVIDE(1.0, p.variation) AS begin_shape,
        s.expected * s.unworn_share AS worn_expected,
        IF(
          s.in_window,
          SAFE_DIVIDE(
            s.freshness, s.dispersion + p.send_noise * s.expected * s.unworn_share
          ),
          0.0
        ) AS worth
      FROM worn_sends AS s
      INNER JOIN fresh_priors AS p ON s.page_name = p.page_name AND s.price_tier = p.price_tier
    ),

    beliefs_of_pairs AS (
      SELECT
        w.*,
        w.begin_shape
        + SUM(w.worth * w.successes) OVER (PARTITION BY w.page_name, w.caption_id) AS told,
        w.begin_shape
        + SUM(w.worth * w.worn_expected) OVER (PARTITION BY w.page_name, w.caption_id) AS met
      FROM first_worths AS w
    )

    SELECT
      b.* EXCEPT (worth),
      IF(
        b.in_window,
        SAFE_DIVIDE(
          b.freshness, b.dispersion + b.send_noise * b.worn_expected * SAFE_DIVIDE(b.told, b.met)
        ),
        0.0
      ) AS worth
    FROM beliefs_of_pairs AS b
  )

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
