
    -- The last two rounds, and what is written.
    wishing_5 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_4 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_5 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_5 AS w
    ),

    within_5 AS (
      SELECT
        w.*,
        w.is_won
        AND (
          w.content_category IS NULL
          OR ROW_NUMBER() OVER (
            PARTITION BY w.page_name, w.content_category, w.is_won
            ORDER BY SAFE_DIVIDE(w.wish_rank, w.lacking), w.caption_id
          ) <= w.category_room
        )
        AND (
          NOT w.has_urgency
          OR ROW_NUMBER() OVER (
            PARTITION BY w.page_name, w.has_urgency, w.is_won
            ORDER BY SAFE_DIVIDE(w.wish_rank, w.lacking), w.caption_id
          ) <= w.urgent_room
        ) AS is_within
      FROM won_5 AS w
    ),

    taking_5 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_5 AS w
    ),

    counted_5 AS (
      SELECT
        t.* EXCEPT (is_taken, round, lacking, category_room, urgent_room),
        IF(t.is_taken, 5, t.round) AS round,
        COUNTIF(t.is_taken) OVER (PARTITION BY t.caption_id) > 0 AS is_given,
        t.lacking - COUNTIF(t.is_taken) OVER (PARTITION BY t.page_name, t.price_tier, t.arm)
          AS lacking,
        t.category_room - IF(
          t.content_category IS NULL,
          0,
          COUNTIF(t.is_taken) OVER (PARTITION BY t.page_name, t.content_category)
        ) AS category_room,
        t.urgent_room - COUNTIF(t.is_taken AND t.has_urgency) OVER (PARTITION BY t.page_name)
          AS urgent_room
      FROM taking_5 AS t
    ),

    wishing_6 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_5 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_6 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_6 AS w
    ),

    within_6 AS (
      SELECT
        w.*,
        w.is_won
        AND (
          w.content_category IS NULL
          OR ROW_NUMBER() OVER (
            PARTITION BY w.page_name, w.content_category, w.is_won
            ORDER BY SAFE_DIVIDE(w.wish_rank, w.lacking), w.caption_id
          ) <= w.category_room
        )
        AND (
          NOT w.has_urgency
          OR ROW_NUMBER() OVER (
            PARTITION BY w.page_name, w.has_urgency, w.is_won
            ORDER BY SAFE_DIVIDE(w.wish_rank, w.lacking), w.caption_id
          ) <= w.urgent_room
        ) AS is_within
      FROM won_6 AS w
    ),

    taking_6 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_6 AS w
    )

    SELECT
      c.*,
      ROW_NUMBER() OVER (
        PARTITION BY c.page_name, c.price_tier ORDER BY c.final_score DESC, c.caption_id
      ) AS tier_rank
    FROM `${dataset}.selection_candidates` AS c
    INNER JOIN taking_6 AS t
      ON c.page_name = t.page_name AND c.caption_id = t.caption_id AND c.arm = t.arm
    WHERE c.week_start = p_week_start AND (t.is_taken OR t.round IS NOT NULL)
  ) AS f
  ON FALSE
  WHEN NOT MATCHED THEN
    INSERT (
      page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency, tier_rank,
      thompson_score, final_score, successes, failures, prior_successes, prior_failures,
      posterior_successes, posterior_failures, other_pages, suggested_price, expected_value,
      selection_seed, selected_at
    )
    VALUES (
      f.page_name, f.week_start, f.arm, f.caption_id, f.price_tier, f.content_category,
      f.has_urgency, f.tier_rank, f.thompson_score, f.final_score, f.successes, f.failures,
      f.prior_successes, f.prior_failures, f.posterior_successes, f.posterior_failures,
      f.other_pages, f.suggested_price, f.expected_value, f.selection_seed, CURRENT_TIMESTAMP()
    )
  WHEN NOT MATCHED BY SOURCE
    AND s.week_start = p_week_start
    AND (p_page_name IS NULL OR s.page_name = p_page_name)
    THEN DELETE;
