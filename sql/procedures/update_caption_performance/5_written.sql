
  -- What is written.

  BEGIN TRANSACTION;

  -- One row per page and tier: earnings of a message = conversion rate x trials_per_recipient x
  -- recipients x earnings_per_success. Prices and recipients are medians of what the page sent in the
  -- account's window, values that were seen. Views and earnings ripen for days: rates are those of
  -- comparable_facts, which scale recipients by maturity and leave out what is too young. A page
  -- without sends of a tier has the agency's price of the tier; a page without sends of the type has
  -- the agency's rates, and no number of recipients.
  MERGE INTO `${dataset}.caption_priors` AS c
  USING (
    WITH fresh_prices AS (
      WITH sends AS (
        SELECT
          f.page_name,
          f.message_type,
          e.price_tier,
          f.price,
          f.sent_count,
          f.viewed_count,
          f.earnings,
          f.exposure,
          f.row_id
        FROM `${dataset}.comparable_facts` AS f
        LEFT JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
        LEFT JOIN pair_evidence AS e
          ON f.page_name = e.page_name AND COALESCE(c.content_id, f.caption_id) = e.caption_id
        WHERE
          f.send_date >= DATE_SUB(p_as_of, INTERVAL v_account_lookback_days DAY)
          AND f.send_date < p_as_of
      ),

      -- The middle row of each group is its median, of two the lower.
      page_prices AS (
        SELECT
          page_name,
          price_tier,
          price
        FROM sends
        WHERE message_type = 'PPV' AND price > 0 AND price_tier != 'bump'
        QUALIFY
          ROW_NUMBER() OVER (PARTITION BY page_name, price_tier ORDER BY price, row_id)
          = DIV(COUNT(*) OVER (PARTITION BY page_name, price_tier) + 1, 2)
      ),

      agency_prices AS (
        SELECT
          price_tier,
          price
        FROM sends
        WHERE message_type = 'PPV' AND price > 0 AND price_tier != 'bump'
        QUALIFY
          ROW_NUMBER() OVER (PARTITION BY price_tier ORDER BY price, row_id)
          = DIV(COUNT(*) OVER (PARTITION BY price_tier) + 1, 2)
      ),

      audiences AS (
        SELECT
          page_name,
          message_type,
          sent_count AS recipients
        FROM sends
        QUALIFY
          ROW_NUMBER() OVER (PARTITION BY page_name, message_type ORDER BY sent_count, row_id)
          = DIV(COUNT(*) OVER (PARTITION BY page_name, message_type) + 1, 2)
      ),

      -- One row per page (NULL: all pages) and message type.
      rates AS (
        SELECT
          page_name,
          message_type,
          SAFE_DIVIDE(SUM(viewed_count), SUM(exposure)) AS view_rate,
          SAFE_DIVIDE(SUM(earnings), SUM(viewed_count)) AS earnings_per_view
        FROM sends
        WHERE exposure IS NOT NULL
        GROUP BY GROUPING SETS ((page_name, message_type), (message_type))
      )

      SELECT
        y.page_name,
        y.price_tier,
        COALESCE(p.price, g.price) AS suggested_price,
        a.recipients,
        IF(y.message_type = 'PPV', COALESCE(r.view_rate, n.view_rate), 1.0) AS trials_per_recipient,
        IF(
          y.message_type = 'PPV',
          COALESCE(p.price, g.price),
          COALESCE(r.earnings_per_view, n.earnings_per_view)
        ) AS earnings_per_success
      FROM page_tiers AS y
      LEFT JOIN page_prices AS p ON y.page_name = p.page_name AND y.price_tier = p.price_tier
      LEFT JOIN agency_prices AS g ON y.price_tier = g.price_tier
      LEFT JOIN audiences AS a ON y.page_name = a.page_name AND y.message_type = a.message_type
      LEFT JOIN rates AS r ON y.page_name = r.page_name AND y.message_type = r.message_type
      LEFT JOIN rates AS n ON n.page_name IS NULL AND y.message_type = n.message_type
    )

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

  -- One row per caption that was tried in the window, where there is anything to borrow, or of whose
  -- text there is a prior.
  MERGE INTO `${dataset}.caption_appeal` AS c
  USING (
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
        WHERE v_text_prior_weight > 0
      ) AS x ON e.caption_id = x.caption_id
    ) AS a
    INNER JOIN (
      SELECT
        price_tier,
        MAX(appeal_variance) AS appeal_variance
      FROM fresh_priors
      GROUP BY price_tier
    ) AS v ON a.price_tier = v.price_tier
    WHERE v.appeal_variance > 0
  ) AS f
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

  -- One row per page and caption that was ever sent: its statistics. Its prior is the one that it
  -- borrows, as borrowed_caption_priors has it, else that of its page and tier.
  MERGE INTO `${dataset}.caption_bandit_stats` AS c
  USING (
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
    ),

    -- As the part on pools has them.
    repeated_captions AS (
      SELECT
        p.page_name,
        p.caption_id,
        SAFE_DIVIDE(p.squares, p.rate * (1.0 - p.rate)) AS chi_square,
        p.degrees
      FROM (
        SELECT
          s.page_name,
          s.caption_id,
          COUNT(*) - 1 AS degrees,
          SUM(SAFE_DIVIDE(s.successes * s.successes, s.trials))
          - SAFE_DIVIDE(CAST(SUM(s.successes) AS FLOAT64) * SUM(s.successes), SUM(s.trials))
            AS squares,
          SAFE_DIVIDE(SUM(s.successes), SUM(s.trials)) AS rate
        FROM caption_sends AS s
        WHERE s.in_window AND s.trials > 0
        GROUP BY s.page_name, s.caption_id
        HAVING COUNT(*) >= 2 AND SUM(s.successes) > 0 AND SUM(s.successes) < SUM(s.trials)
      ) AS p
    ),

    -- What pages saw of the caption, its own page left out; NULL where no other page saw it and no
    -- text tells.
    borrowing AS (
      SELECT
        e.*,
        r.dispersion,
        r.prior_successes AS flat_successes,
        r.prior_failures AS flat_failures,
        LEAST(
          r.rate * SAFE_DIVIDE(
            a.appeal_shape - COALESCE(e.appeal_successes, 0.0),
            a.appeal_rate - COALESCE(e.appeal_exposure, 0.0)
          ),
          v_prior_max_rate
        ) AS rate,
        LEAST(
          (1.0 + SAFE_DIVIDE(1.0, a.appeal_shape - COALESCE(e.appeal_successes, 0.0)))
          * (1.0 + r.pair_variance) - 1.0,
          r.variation
        ) AS variation
      FROM pair_evidence AS e
      INNER JOIN fresh_priors AS r ON e.page_name = r.page_name AND e.price_tier = r.price_tier
      LEFT JOIN `${dataset}.caption_appeal` AS a
        ON
          e.caption_id = a.caption_id
          AND e.price_tier = a.price_tier
          AND (
            a.text_multiplier IS NOT NULL
            OR a.pages > IF(COALESCE(e.appeal_exposure, 0.0) > 0, 1, 0)
          )
    ),

    believed AS (
      SELECT
        b.* EXCEPT (rate, variation, flat_successes, flat_failures, strength),
        COALESCE(b.rate * b.strength, b.flat_successes) AS prior_successes,
        COALESCE((1.0 - b.rate) * b.strength, b.flat_failures) AS prior_failures
      FROM (
        SELECT
          *,
          LEAST(
            GREATEST(SAFE_DIVIDE(1.0 - rate, variation * rate) - 1.0, v_prior_min_strength),
            v_prior_max_strength
          ) AS strength
        FROM borrowing
      ) AS b
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
      e.prior_successes,
      e.prior_failures,
      e.dispersion,
      e.effective_successes,
      e.effective_trials - e.effective_successes AS effective_failures,
      CAST(ROUND(100.0 * PERCENT_RANK() OVER (
        PARTITION BY e.page_name, e.price_tier
        -- Sums of floats differ in their last digits from run to run: equal means stay equal.
        ORDER BY ROUND(
          SAFE_DIVIDE(
            e.prior_successes + e.effective_successes,
            e.prior_successes + e.prior_failures + e.effective_trials
          ),
          12
        )
      )) AS INT64) AS performance_percentile,
      e.last_used,
      COALESCE(d.chi_square, 0.0) AS chi_square,
      COALESCE(d.degrees, 0) AS degrees,
      e.appeal_successes,
      e.appeal_exposure,
      e.wear
    FROM believed AS e
    LEFT JOIN repeated_captions AS d ON e.page_name = d.page_name AND e.caption_id = d.caption_id
    LEFT JOIN last_sends AS l ON e.page_name = l.page_name AND e.caption_id = l.caption_id
  ) AS f
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
      prior_successes = f.prior_successes,
      prior_failures = f.prior_failures,
      dispersion = f.dispersion,
      effective_successes = f.effective_successes,
      effective_failures = f.effective_failures,
      performance_percentile = f.performance_percentile,
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
      confidence_upper_bound, exploration_score, prior_successes, prior_failures, dispersion,
      effective_successes, effective_failures, performance_percentile, last_used, chi_square,
      degrees, appeal_successes, appeal_exposure, wear, stats_as_of, last_updated
    )
    VALUES (
      f.page_name, f.caption_id, f.price_tier, f.send_count, f.successes, f.failures,
      f.total_observations, f.total_revenue, f.avg_conversion_rate, f.avg_emv,
      f.last_emv_observed, f.bounds.lower_bound, f.bounds.upper_bound,
      f.bounds.exploration_bonus, f.prior_successes, f.prior_failures, f.dispersion,
      f.effective_successes, f.effective_failures, f.performance_percentile, f.last_used,
      f.chi_square, f.degrees, f.appeal_successes, f.appeal_exposure, f.wear, p_as_of,
      CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE THEN DELETE;
