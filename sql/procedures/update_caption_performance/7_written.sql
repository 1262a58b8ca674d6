
  -- What is written.

  BEGIN TRANSACTION;

  MERGE INTO `${dataset}.caption_priors` AS c
  USING (
    SELECT
      f.*,
      v.suggested_price,
      v.recipients,
      v.trials_per_recipient,
      v.earnings_per_success
    FROM fresh_priors AS f
    INNER JOIN fresh_prices AS v ON f.page_name = v.page_name AND f.price_tier = v.price_tier
  ) AS f
  ON c.page_name = f.page_name AND c.price_tier = f.price_tier
  WHEN MATCHED THEN
    UPDATE SET
      prior_successes = f.prior_successes,
      prior_failures = f.prior_failures,
      dispersion = f.dispersion,
      fitted_on = f.fitted_on,
      fitted_captions = f.fitted_captions,
      dispersion_fitted_on = f.dispersion_fitted_on,
      appeal_variance = f.appeal_variance,
      pair_variance = f.pair_variance,
      appeal_pairs = f.appeal_pairs,
      appeal_fitted_on = f.appeal_fitted_on,
      rate = f.rate,
      variation = f.variation,
      send_noise = f.send_noise,
      wear_effect = f.wear_effect,
      wear_days = f.wear_days,
      suggested_price = f.suggested_price,
      recipients = f.recipients,
      trials_per_recipient = f.trials_per_recipient,
      earnings_per_success = f.earnings_per_success,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, price_tier, prior_successes, prior_failures, dispersion, fitted_on,
      fitted_captions, dispersion_fitted_on, appeal_variance, pair_variance, appeal_pairs,
      appeal_fitted_on, rate, variation, send_noise, wear_effect, wear_days, suggested_price,
      recipients, trials_per_recipient, earnings_per_success, stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.price_tier, f.prior_successes, f.prior_failures, f.dispersion, f.fitted_on,
      f.fitted_captions, f.dispersion_fitted_on, f.appeal_variance, f.pair_variance,
      f.appeal_pairs, f.appeal_fitted_on, f.rate, f.variation, f.send_noise,
      f.wear_effect, f.wear_days, f.suggested_price, f.recipients, f.trials_per_recipient,
      f.earnings_per_success, p_as_of, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  MERGE INTO `${dataset}.caption_appeal` AS c
  USING fresh_appeal AS f
  ON c.caption_id = f.caption_id
  WHEN MATCHED THEN
    UPDATE SET
      price_tier = f.price_tier,
      pages = f.pages,
      appeal = SAFE_DIVIDE(f.appeal_shape, f.appeal_rate),
      appeal_shape = f.appeal_shape,
      appeal_rate = f.appeal_rate,
      text_multiplier = f.text_multiplier,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      caption_id, price_tier, pages, appeal, appeal_shape, appeal_rate, text_multiplier,
      stats_as_of, last_updated
    )
    VALUES (
      f.caption_id, f.price_tier, f.pages, SAFE_DIVIDE(f.appeal_shape, f.appeal_rate),
      f.appeal_shape, f.appeal_rate, f.text_multiplier, p_as_of, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  MERGE INTO `${dataset}.caption_bandit_stats` AS c
  USING fresh_stats AS f
  ON c.page_name = f.page_name AND c.caption_id = f.caption_id
  WHEN MATCHED THEN
    UPDATE SET
      price_tier = f.price_tier,
      send_count = f.send_count,
      successes = f.successes,
      failures = f.failures,
      total_observations = f.total_observations,
      total_revenue = f.total_revenue,
      avg_conversion_rate = f.avg_conversion_rate,
      avg_emv = f.avg_emv,
      last_emv_observed = f.last_emv_observed,
      confidence_lower_bound = f.bounds.lower_bound,
      confidence_upper_bound = f.bounds.upper_bound,
      exploration_score = f.bounds.exploration_bonus,
      dispersion = f.dispersion,
      effective_successes = f.effective_successes,
      effective_failures = f.effective_failures,
      last_used = f.last_used,
      chi_square = f.chi_square,
      degrees = f.degrees,
      appeal_successes = f.appeal_successes,
      appeal_exposure = f.appeal_exposure,
      wear = f.wear,
      stats_as_of = p_as_of,
      last_updated = CURRENT_TIMESTAMP()
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, caption_id, price_tier, send_count, successes, failures, total_observations,
      total_revenue, avg_conversion_rate, avg_emv, last_emv_observed, confidence_lower_bound,
      confidence_upper_bound, exploration_score, dispersion, effective_successes,
      effective_failures, last_used, chi_square, degrees, appeal_successes, appeal_exposure,
      wear, stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.caption_id, f.price_tier, f.send_count, f.successes, f.failures,
      f.total_observations, f.total_revenue, f.avg_conversion_rate, f.avg_emv,
      f.last_emv_observed, f.bounds.lower_bound, f.bounds.upper_bound,
      f.bounds.exploration_bonus, f.dispersion, f.effective_successes, f.effective_failures,
      f.last_used, f.chi_square, f.degrees, f.appeal_successes, f.appeal_exposure, f.wear,
      p_as_of, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;

  -- A pair's prior is the one that it borrows, else that of its page and tier. The view needs what
  -- was written above.
  UPDATE `${dataset}.caption_bandit_stats` AS s
  SET
    prior_successes = p.prior_successes,
    prior_failures = p.prior_failures,
    performance_percentile = p.performance_percentile
  FROM (
    SELECT
      page_name,
      caption_id,
      prior_successes,
      prior_failures,
      CAST(ROUND(100.0 * PERCENT_RANK() OVER (
        PARTITION BY page_name, price_tier
        -- Sums of floats differ in their last digits from run to run: equal means stay equal.
        ORDER BY ROUND(
          SAFE_DIVIDE(
            prior_successes + effective_successes,
            prior_successes + prior_failures + effective_trials
          ),
          12
        )
      )) AS INT64) AS performance_percentile
    FROM (
      SELECT
        e.page_name,
        e.caption_id,
        e.price_tier,
        e.effective_successes,
        e.effective_trials,
        COALESCE(b.prior_successes, r.prior_successes) AS prior_successes,
        COALESCE(b.prior_failures, r.prior_failures) AS prior_failures
      FROM pair_evidence AS e
      INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
      LEFT JOIN `${dataset}.borrowed_caption_priors` AS b
        ON
          e.page_name = b.page_name
          AND e.caption_id = b.caption_id
          AND e.price_tier = b.price_tier
          AND b.is_tried
    )
  ) AS p
  WHERE s.page_name = p.page_name AND s.caption_id = p.caption_id;

  COMMIT TRANSACTION;
END;
