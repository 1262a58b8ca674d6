
  -- The scores, and who may be chosen. What is written is one transaction.

  BEGIN TRANSACTION;

  -- One row per page, tier, arm and caption that may be chosen: the best by score, or for the control
  -- arm by a uniform draw, more of them than there are places. They are kept for the last weeks only.
  -- percentile is that of the draw among the eligible of the tier. Over least_draw every draw is known:
  -- draw_rank counts from the best one, so that the percentile is that of CUME_DIST. Others have no
  -- rank; the percentile of a control caption among draws that were not made follows from the bins.
  -- offer_value is what decides between pages that want the same caption: the rate that was drawn over
  -- the page's mean, times what a message of mean rate earns on the page (USD; views of a Bump) to the
  -- power of offer_money_exponent. For the control arm it is the uniform draw.
  MERGE INTO `${dataset}.selection_candidates` AS c
  USING (
    WITH bounded AS (
      SELECT
        d.*,
        MAX(IF(d.is_ordered, d.least_of_bin, NULL)) OVER (PARTITION BY d.page_name, d.price_tier)
          AS least_draw
      FROM (
        SELECT
          *,
          MIN(IF(is_ordered, thompson_score, NULL)) OVER (PARTITION BY page_name, price_tier, bin)
            AS least_of_bin
        FROM drawn
      ) AS d
    ),

    ranks AS (
      SELECT
        b.page_name,
        b.caption_id,
        b.thompson_score,
        RANK() OVER (
          PARTITION BY b.page_name, b.price_tier ORDER BY ROUND(b.thompson_score, 12) DESC
        ) AS draw_rank
      FROM bounded AS b
      WHERE b.arm = 'treatment' AND (b.least_draw IS NULL OR b.thompson_score >= b.least_draw)
    ),

    estimated AS (
      SELECT
        d.page_name,
        d.caption_id,
        1.0 - SAFE_DIVIDE(
          SUM(
            d.captions
            * SAFE_DIVIDE(1.0, 1.0 + EXP(1.5976 * d.deviation + 0.070566 * POW(d.deviation, 3.0)))
          ),
          SUM(d.captions)
        ) AS percentile
      FROM (
        SELECT
          d.page_name,
          d.caption_id,
          b.captions,
          LEAST(GREATEST(SAFE_DIVIDE(
            EXP(SAFE_DIVIDE(LN(SAFE_DIVIDE(d.thompson_score, 1.0 - d.thompson_score)) - b.centre, 3.0)) * (1.0 - b.variance_b) - (1.0 - b.variance_a),
            SQRT(EXP(2.0 * SAFE_DIVIDE(LN(SAFE_DIVIDE(d.thompson_score, 1.0 - d.thompson_score)) - b.centre, 3.0)) * b.variance_b + b.variance_a)
          ), -6.0), 6.0) AS deviation
        FROM drawn AS d
        LEFT JOIN ranks AS r ON d.page_name = r.page_name AND d.caption_id = r.caption_id
        INNER JOIN (
          SELECT
            w.page_name,
            w.price_tier,
            SUM(bin.captions) AS captions,
            SAFE_DIVIDE(SUM(bin.captions * bin.centre), SUM(bin.captions)) AS centre,
            SAFE_DIVIDE(SUM(bin.captions * bin.variance_a), SUM(bin.captions)) AS variance_a,
            SAFE_DIVIDE(SUM(bin.captions * bin.variance_b), SUM(bin.captions)) AS variance_b
          FROM tier_places AS w
          CROSS JOIN UNNEST(w.bins) AS bin
          GROUP BY w.page_name, w.price_tier, CAST(ROUND(ROUND(40.0 * bin.centre, 9)) AS INT64)
        ) AS b
          ON d.page_name = b.page_name AND d.price_tier = b.price_tier
        WHERE d.arm = 'control' AND r.caption_id IS NULL
      ) AS d
      GROUP BY d.page_name, d.caption_id
    ),

    ranked AS (
      SELECT
        d.* EXCEPT (thompson_score),
        COALESCE(r.thompson_score, d.thompson_score) AS thompson_score,
        r.draw_rank,
        COALESCE(
          SAFE_DIVIDE(m.captions - r.draw_rank + 1, m.captions), p.percentile
        ) AS percentile
      FROM drawn AS d
      INNER JOIN tier_places AS m ON d.page_name = m.page_name AND d.price_tier = m.price_tier
      LEFT JOIN ranks AS r ON d.page_name = r.page_name AND d.caption_id = r.caption_id
      LEFT JOIN estimated AS p ON d.page_name = p.page_name AND d.caption_id = p.caption_id
    ),

    scored AS (
      SELECT
        d.*,
        IF(d.price_tier = 'bump', NULL, COALESCE(d.own_price, m.suggested_price)) AS suggested_price,
        m.trials,
        SAFE_DIVIDE(m.prior_successes, m.prior_successes + m.prior_failures) AS usual_rate,
        IF(
          d.price_tier = 'bump', m.earnings_per_success, COALESCE(d.own_price, m.suggested_price)
        ) AS earnings_per_success,
        ROUND(
          d.percentile * m.multiplier + v_diversity_weight * (1.0 - 2.0 * c.relative_use), 12
        ) AS final_score,
        IF(d.arm = 'treatment', m.treatment_places, m.control_places) AS wanted,
        m.week_wanted,
        m.reach
      FROM ranked AS d
      INNER JOIN tier_places AS m ON d.page_name = m.page_name AND d.price_tier = m.price_tier
      INNER JOIN (
        SELECT
          w.page_name,
          w.price_tier,
          category.content_category,
          category.relative_use
        FROM tier_places AS w
        CROSS JOIN UNNEST(w.categories) AS category
      ) AS c
        ON
          d.page_name = c.page_name
          AND d.price_tier = c.price_tier
          AND COALESCE(d.content_category, '') = COALESCE(c.content_category, '')
          AND (d.content_category IS NULL) = (c.content_category IS NULL)
    ),

    limited AS (
      SELECT o.*
      FROM (
        SELECT
          s.*,
          IF(s.arm = 'treatment', s.final_score, 2.0 + ROUND(s.uniform, 12)) AS offer_score,
          v_candidate_depth_factor * s.wanted + v_candidate_depth_extra AS depth,
          2 * GREATEST(CAST(FLOOR(v_max_category_share * s.week_wanted) AS INT64), 1) + 20
            AS category_depth
        FROM scored AS s
        WHERE s.wanted > 0 AND (s.arm = 'control' OR s.draw_rank <= s.reach)
      ) AS o
      QUALIFY
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.content_category
          ORDER BY o.offer_score DESC, o.caption_id
        ) <= o.category_depth
        OR o.content_category IS NULL
        OR o.arm = 'control'
    )

    SELECT
      l.page_name,
      l.price_tier,
      l.arm,
      l.caption_id,
      l.content_category,
      l.has_urgency,
      l.thompson_score,
      l.final_score,
      l.offer_score,
      IF(
        l.arm = 'control',
        ROUND(l.uniform, 12),
        ROUND(
          SAFE_DIVIDE(l.thompson_score, l.usual_rate) * POW(
            l.usual_rate * COALESCE(l.trials, 1.0)
            * IF(l.price_tier = 'bump', 1.0, COALESCE(l.earnings_per_success, 1.0)),
            v_offer_money_exponent
          ),
          9
        )
      ) AS offer_value,
      l.suggested_price,
      l.trials * l.earnings_per_success * SAFE_DIVIDE(
        l.prior_successes + l.effective_successes,
        l.prior_successes + l.prior_failures + l.effective_successes + l.effective_failures
      ) AS expected_value,
      l.wanted,
      l.week_wanted,
      l.successes,
      l.failures,
      l.other_pages,
      l.prior_successes,
      l.prior_failures,
      l.prior_successes + l.effective_successes AS posterior_successes,
      l.prior_failures + l.effective_failures AS posterior_failures,
      ROW_NUMBER() OVER (
        PARTITION BY l.page_name, l.price_tier, l.arm ORDER BY l.offer_score DESC, l.caption_id
      ) AS arm_rank
    FROM limited AS l
    QUALIFY arm_rank <= l.depth
  ) AS f
  ON FALSE
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
      thompson_score, final_score, successes, failures, offer_score, offer_value, arm_rank, wanted,
      week_wanted, selection_seed, suggested_price, expected_value, prior_successes, prior_failures,
      posterior_successes, posterior_failures, other_pages
    )
    VALUES (
      f.page_name, p_week_start, f.arm, f.caption_id, f.price_tier, f.content_category,
      f.has_urgency, f.thompson_score, f.final_score, f.successes, f.failures, f.offer_score,
      f.offer_value, f.arm_rank, f.wanted, f.week_wanted, p_seed, f.suggested_price,
      f.expected_value, f.prior_successes, f.prior_failures, f.posterior_successes,
      f.posterior_failures, f.other_pages
    )
  WHEN NOT MATCHED BY SOURCE
    AND (
      (c.week_start = p_week_start AND (p_page_name IS NULL OR c.page_name = p_page_name))
      OR c.week_start < v_oldest_week
    )
    THEN DELETE;
