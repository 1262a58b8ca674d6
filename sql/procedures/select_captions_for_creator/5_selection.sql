
  -- The choice: six rounds of wishes and awards, as caption_offers has one. Most pages are served in the
  -- first two, what conflicts leave open in the rest. They are one statement, because each statement is a
  -- job of its own: a round is a chain of windows over what the round before has left open. round is
  -- that in which a caption was taken. Of a call for one page the others' candidates wish too, and what
  -- they hold stays.
  MERGE INTO `${dataset}.caption_selections` AS s
  USING (
    WITH kept AS (
      SELECT
        k.page_name,
        k.caption_id,
        k.price_tier,
        k.arm,
        k.content_category,
        k.has_urgency
      FROM `${dataset}.caption_selections` AS k
      WHERE
        k.week_start = p_week_start AND p_page_name IS NOT NULL AND k.page_name != p_page_name
    ),

    counted_0 AS (
      SELECT
        c.page_name,
        c.caption_id,
        c.price_tier,
        c.arm,
        c.content_category,
        c.has_urgency,
        c.offer_score,
        c.offer_value,
        p_page_name IS NULL OR c.page_name = p_page_name AS is_asked,
        CAST(NULL AS INT64) AS round,
        h.caption_id IS NOT NULL AS is_given,
        c.wanted - COALESCE(a.chosen, 0) AS lacking,
        GREATEST(CAST(FLOOR(v_max_category_share * c.week_wanted) AS INT64), 1)
        - COALESCE(g.chosen, 0) AS category_room,
        v_max_urgent_captions - COALESCE(u.chosen, 0) AS urgent_room
      FROM `${dataset}.selection_candidates` AS c
      LEFT JOIN (SELECT DISTINCT caption_id FROM kept) AS h ON c.caption_id = h.caption_id
      LEFT JOIN (
        SELECT
          page_name,
          price_tier,
          arm,
          COUNT(*) AS chosen
        FROM kept
        GROUP BY page_name, price_tier, arm
      ) AS a
        ON c.page_name = a.page_name AND c.price_tier = a.price_tier AND c.arm = a.arm
      LEFT JOIN (
        SELECT
          page_name,
          content_category,
          COUNT(*) AS chosen
        FROM kept
        GROUP BY page_name, content_category
      ) AS g
        ON c.page_name = g.page_name AND c.content_category = g.content_category
      LEFT JOIN (
        SELECT
          page_name,
          COUNTIF(has_urgency) AS chosen
        FROM kept
        GROUP BY page_name
      ) AS u ON c.page_name = u.page_name
      WHERE c.week_start = p_week_start
    ),

    wishing_1 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_0 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_1 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_1 AS w
    ),

    within_1 AS (
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
      FROM won_1 AS w
    ),

    taking_1 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_1 AS w
    ),

    counted_1 AS (
      SELECT
        t.* EXCEPT (is_taken, round, lacking, category_room, urgent_room),
        IF(t.is_taken, 1, t.round) AS round,
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
      FROM taking_1 AS t
    ),

    wishing_2 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_1 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_2 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_2 AS w
    ),

    within_2 AS (
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
      FROM won_2 AS w
    ),

    taking_2 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_2 AS w
    ),

    counted_2 AS (
      SELECT
        t.* EXCEPT (is_taken, round, lacking, category_room, urgent_room),
        IF(t.is_taken, 2, t.round) AS round,
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
      FROM taking_2 AS t
    ),

    wishing_3 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_2 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_3 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_3 AS w
    ),

    within_3 AS (
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
      FROM won_3 AS w
    ),

    taking_3 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_3 AS w
    ),

    counted_3 AS (
      SELECT
        t.* EXCEPT (is_taken, round, lacking, category_room, urgent_room),
        IF(t.is_taken, 3, t.round) AS round,
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
      FROM taking_3 AS t
    ),

    wishing_4 AS (
      SELECT
        o.* EXCEPT (is_given),
        ROW_NUMBER() OVER (
          PARTITION BY o.page_name, o.price_tier, o.arm, o.round IS NULL
          ORDER BY o.offer_score DESC, o.caption_id
        ) AS wish_rank
      FROM counted_3 AS o
      WHERE
        o.round IS NOT NULL
        OR (
          NOT o.is_given
          AND o.lacking > 0
          AND o.category_room > 0
          AND (o.urgent_room > 0 OR NOT o.has_urgency)
        )
    ),

    won_4 AS (
      SELECT
        w.*,
        w.round IS NULL
        AND w.wish_rank <= w.lacking + 5
        AND ROW_NUMBER() OVER (
          PARTITION BY w.caption_id, w.round IS NULL AND w.wish_rank <= w.lacking + 5
          ORDER BY w.wish_rank > w.lacking, w.arm, w.offer_value DESC, w.page_name
        ) = 1 AS is_won
      FROM wishing_4 AS w
    ),

    within_4 AS (
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
      FROM won_4 AS w
    ),

    taking_4 AS (
      SELECT
        w.* EXCEPT (wish_rank, is_won, is_within),
        w.is_within
        AND w.is_asked
        AND ROW_NUMBER() OVER (
          PARTITION BY w.page_name, w.price_tier, w.arm, w.is_within
          ORDER BY w.offer_score DESC, w.caption_id
        ) <= w.lacking AS is_taken
      FROM within_4 AS w
    ),

    counted_4 AS (
      SELECT
        t.* EXCEPT (is_taken, round, lacking, category_room, urgent_room),
        IF(t.is_taken, 4, t.round) AS round,
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
      FROM taking_4 AS t
    ),
