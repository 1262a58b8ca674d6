-- Chooses the captions of a page's week by Thompson sampling, or of every page with targets for
-- the week at once, and returns them. Replaces what was chosen before.
-- Eligible for a page: active, allowed for it, none of its restrictions, not queued by people and
-- not reserved by any page within 7 days of the week (what these pages hold in the week itself is
-- theirs to choose anew), not sent by it in the 7 days before, within its terms
-- (caption_availability), not rejected by a reviewer, or replaced by request, for it and this week.
-- thompson_score is a draw from Beta(c * (prior successes + successes / dispersion),
-- c * (prior failures + failures / dispersion)), c being posterior_sharpening and the trials faded
-- by their age. The prior is the pair's own; an untried caption's is that of
-- borrowed_caption_priors where other pages have tried it, else that of its page and tier.
-- In a tier of more than individual_draws captions, those that the page has not tried draw by bins:
-- the best draws of a bin alone are made, as order statistics, so that the work grows with pages
-- plus captions and not with their product.
-- final_score is the draw's percentile among the page's eligible of the tier x the segment's
-- multiplier + diversity. A caption without a category has neither diversity nor a limit by
-- category.
-- A share of the PPVs, the control arm, is drawn uniformly instead; it is served first, so that
-- the treatment arm's choice doesn't bias it. How many a page gets is the share times its PPVs,
-- rounded up or down by a draw so that the mean is exact.
-- A caption goes to one page a week at most; caption_offers says how. Captions that say the same
-- are one, see caption_contents: they share evidence and rest together.
-- Rows of the bank, of creators and of restrictions that break a rule are left out, see
-- quarantined_inputs. A page of pages_without_selection gets no captions: in a call for all pages
-- it is passed over, a call for it alone raises an error that says why.
-- Parameters:
--   p_page_name: page, NULL for every page with targets for the week.
--   p_week_start: Monday that names the week.
--   p_num_budget: captions of tier budget, NULL for the target's.
--   p_num_mid: captions of tier mid, NULL for the target's.
--   p_num_premium: captions of tier premium, NULL for the target's.
--   p_num_bump: captions of tier bump, NULL for the target's.
--   p_seed: first part of every draw's key; the same seed, the same choice.
CREATE OR REPLACE PROCEDURE `${dataset}.select_captions_for_creator`(
  IN p_page_name STRING,
  IN p_week_start DATE,
  IN p_num_budget INT64,
  IN p_num_mid INT64,
  IN p_num_premium INT64,
  IN p_num_bump INT64,
  IN p_seed STRING
)
BEGIN
  DECLARE v_any_pattern STRING;
  DECLARE v_refusal STRING;
  DECLARE v_oldest_week DATE;

  IF p_week_start IS NULL OR p_week_start != DATE_TRUNC(p_week_start, ISOWEEK) THEN
    RAISE USING MESSAGE = CONCAT(
      'select_captions_for_creator: p_week_start must be a Monday, not ',
      COALESCE(CAST(p_week_start AS STRING), 'NULL')
    );
  END IF;
  IF p_seed IS NULL THEN
    RAISE USING MESSAGE = 'select_captions_for_creator: p_seed is NULL; give any text';
  END IF;
  IF p_page_name IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM `${dataset}.usable_creators` AS c WHERE c.page_name = p_page_name
  ) THEN
    RAISE USING MESSAGE = CONCAT(
      'select_captions_for_creator: page ', p_page_name, ' is not in creators'
    );
  END IF;
  SET v_refusal = (
    SELECT MAX(x.reason)
    FROM `${dataset}.pages_without_selection` AS x
    WHERE x.page_name = p_page_name
  );
  IF v_refusal IS NOT NULL THEN
    RAISE USING MESSAGE = CONCAT(
      'select_captions_for_creator: page ', p_page_name, ': ', v_refusal
    );
  END IF;
  IF
    p_page_name IS NOT NULL
    AND p_num_budget + p_num_mid + p_num_premium + p_num_bump IS NULL
    AND NOT EXISTS (
      SELECT 1
      FROM `${dataset}.weekly_volume_targets` AS w
      WHERE w.week_start = p_week_start AND w.page_name = p_page_name
    )
  THEN
    RAISE USING MESSAGE = CONCAT(
      'select_captions_for_creator: page ', p_page_name, ' has no weekly_volume_targets for ',
      CAST(p_week_start AS STRING), '; give all four counts or make the targets first'
    );
  END IF;

  -- One row per page, tier and arm.
  CREATE OR REPLACE TEMP TABLE wanted_captions AS
  WITH pages AS (
    SELECT
      c.page_name,
      COALESCE(w.behavioral_segment, 'EXPLORATORY') AS behavioral_segment,
      COALESCE(p_num_budget, w.num_budget) AS num_budget,
      COALESCE(p_num_mid, w.num_mid) AS num_mid,
      COALESCE(p_num_premium, w.num_premium) AS num_premium,
      COALESCE(p_num_bump, w.num_bump) AS num_bump
    FROM `${dataset}.usable_creators` AS c
    LEFT JOIN `${dataset}.weekly_volume_targets` AS w
      ON c.page_name = w.page_name AND w.week_start = p_week_start
    WHERE
      -- In a call for one page, only its own restrictions are looked at, and its refusal is known:
      -- those of another page may take long.
      c.page_name NOT IN (
        SELECT x.page_name
        FROM `${dataset}.pages_without_selection` AS x
        WHERE p_page_name IS NULL
      )
      AND IF(
        p_page_name IS NULL,
        w.page_name IS NOT NULL AND c.is_active,
        c.page_name = p_page_name
      )
  ),

  tiers AS (
    SELECT
      p.page_name,
      p.behavioral_segment,
      price_tier,
      CASE price_tier
        WHEN 'budget' THEN p.num_budget
        WHEN 'mid' THEN p.num_mid
        WHEN 'premium' THEN p.num_premium
        ELSE p.num_bump
      END AS tier_wanted,
      p.num_budget + p.num_mid + p.num_premium AS ppv_wanted,
      p.num_budget + p.num_mid + p.num_premium + p.num_bump AS week_wanted
    FROM pages AS p
    CROSS JOIN UNNEST(['budget', 'mid', 'premium', 'bump']) AS price_tier
  ),

  -- One row per wanted PPV; the first ones by hash are control.
  control_slots AS (
    SELECT
      i.page_name,
      i.price_tier,
      ROW_NUMBER() OVER (
        PARTITION BY i.page_name
        ORDER BY
          TO_HEX(SHA256(CONCAT(
            p_seed, '|', CAST(p_week_start AS STRING), '|', i.page_name, '|control|',
            i.price_tier, '|', CAST(place AS STRING)
          )))
      ) <= FLOOR(
        t.control_share * i.ppv_wanted
        + (CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', i.page_name, '|control'
        ))), 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
      ) AS is_control
    FROM tiers AS i
    CROSS JOIN UNNEST(GENERATE_ARRAY(1, i.tier_wanted)) AS place
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE i.price_tier != 'bump'
  ),

  control_tiers AS (
    SELECT
      page_name,
      price_tier,
      COUNTIF(is_control) AS controls
    FROM control_slots
    GROUP BY page_name, price_tier
  )

  SELECT
    i.page_name,
    i.behavioral_segment,
    i.price_tier,
    arm,
    IF(arm = 'control', COALESCE(c.controls, 0), i.tier_wanted - COALESCE(c.controls, 0)) AS wanted,
    i.week_wanted
  FROM tiers AS i
  CROSS JOIN UNNEST(['treatment', 'control']) AS arm
  LEFT JOIN control_tiers AS c ON i.page_name = c.page_name AND i.price_tier = c.price_tier;

  CREATE OR REPLACE TEMP TABLE page_patterns AS
  SELECT DISTINCT
    r.page_name,
    pattern
  FROM `${dataset}.usable_restrictions` AS r
  CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
  WHERE pattern IS NOT NULL AND (p_page_name IS NULL OR r.page_name = p_page_name);

  -- Most captions match no pattern, which one expression tells at once: it is compiled once, where
  -- a column of patterns is compiled again for every caption. A quotation that does not end is ended,
  -- or it would quote the patterns behind it. Patterns that do not go into one (too many, too large
  -- together, or with a quotation and other escapes): the empty one, which matches every caption.
  SET v_any_pattern = (
    SELECT
      IF(
        a.length > 50000
        OR a.has_other_quotations
        OR SAFE.REGEXP_CONTAINS('', a.pattern) IS NULL,
        '',
        a.pattern
      )
    FROM (
      SELECT
        SUM(LENGTH(p.pattern)) AS length,
        LOGICAL_OR(
          STRPOS(p.pattern, r'\Q') > 0
          AND NOT REGEXP_CONTAINS(p.pattern, r'^[^\\]*\\Q[^\\]*(?:\\E)?$')
        ) AS has_other_quotations,
        STRING_AGG(
          CONCAT(
            '(?:', p.pattern, IF(REGEXP_CONTAINS(p.pattern, r'\\Q[^\\]*$'), r'\E', ''), ')'
          ),
          '|' ORDER BY p.pattern
        ) AS pattern
      FROM (SELECT DISTINCT pattern FROM page_patterns) AS p
    ) AS a
  );

  -- Every usable caption, with the content that it is.
  CREATE OR REPLACE TEMP TABLE contents AS
  SELECT
    u.caption_id,
    u.caption_text,
    u.content_category,
    u.price_tier,
    COALESCE(u.has_urgency, FALSE) AS has_urgency,
    u.page_name,
    u.is_active,
    c.content_id,
    c.is_open
  FROM `${dataset}.usable_captions` AS u
  INNER JOIN `${dataset}.caption_contents` AS c ON u.caption_id = c.caption_id;

  -- One row per content, and page where not every page may use it, with its bin: contents of a tier
  -- of which all pages together believe much the same. Within its bin, and its tier, it has a place
  -- in an order that is drawn anew each week. Those of one page are in orders of their own.
  CREATE OR REPLACE TEMP TABLE bank AS
  WITH busy AS (
    SELECT COALESCE(h.content_id, a.caption_id) AS caption_id
    FROM `${dataset}.active_caption_assignments` AS a
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN contents AS h ON a.caption_id = h.caption_id
    WHERE
      a.is_active
      AND a.caption_id IS NOT NULL
      AND a.scheduled_send_date >= DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
      AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
      AND NOT (
        a.scheduled_send_date >= p_week_start
        AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL 6 DAY)
        AND a.page_name IN (SELECT w.page_name FROM wanted_captions AS w WHERE w.wanted > 0)
      )
    UNION DISTINCT
    SELECT COALESCE(h.content_id, q.caption_id) AS caption_id
    FROM `${dataset}.whole_queue` AS q
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN contents AS h ON q.caption_id = h.caption_id
    WHERE
      q.caption_id IS NOT NULL
      AND DATE(q.send_time, 'America/Los_Angeles')
      BETWEEN DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
      AND DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
    UNION DISTINCT
    SELECT COALESCE(h.content_id, s.caption_id) AS caption_id
    FROM `${dataset}.caption_selections` AS s
    LEFT JOIN contents AS h ON s.caption_id = h.caption_id
    WHERE
      s.week_start = p_week_start
      AND p_page_name IS NOT NULL
      AND s.page_name != p_page_name
  ),

  unavailable AS (
    SELECT x.caption_id
    FROM `${dataset}.caption_availability` AS x
    WHERE
      x.active_from > p_week_start
      OR x.active_until < DATE_ADD(p_week_start, INTERVAL 6 DAY)
      OR x.sends >= x.max_sends
  ),

  units AS (
    SELECT
      m.content_id,
      IF(m.is_open, NULL, m.page_name) AS owner,
      LOGICAL_OR(x.caption_id IS NULL) AS is_available
    FROM contents AS m
    LEFT JOIN unavailable AS x ON m.caption_id = x.caption_id
    WHERE m.is_active
    GROUP BY m.content_id, owner
  ),

  believed AS (
    SELECT
      k.caption_id,
      k.content_category,
      k.price_tier,
      k.has_urgency,
      u.owner AS page_name,
      u.is_available AND b.caption_id IS NULL AS is_free,
      IF(REGEXP_CONTAINS(k.caption_text, v_any_pattern), k.caption_text, NULL) AS suspect_text,
      COALESCE(a.pages, 0) AS appeal_pages,
      a.appeal_shape,
      a.appeal_rate,
      -- Rounded before it is grouped: sums of floats differ in their last digits from run to run.
      COALESCE(
        CONCAT(
          CAST(CAST(ROUND(ROUND(
            2.0 * EXP(0.5 * ROUND(ROUND(LN(a.appeal_shape), 9)))
            * LN(SAFE_DIVIDE(a.appeal_shape, a.appeal_rate)),
            9
          )) AS INT64) AS STRING),
          '|',
          CAST(CAST(ROUND(ROUND(LN(a.appeal_shape), 9)) AS INT64) AS STRING)
        ),
        'untried'
      ) AS bin,
      TO_HEX(SHA256(CONCAT(
        p_seed, '|', CAST(p_week_start AS STRING), '|', CAST(k.caption_id AS STRING)
      ))) AS bank_order
    FROM units AS u
    INNER JOIN contents AS k ON u.content_id = k.caption_id
    LEFT JOIN busy AS b ON k.caption_id = b.caption_id
    LEFT JOIN `${dataset}.caption_appeal` AS a
      ON
        k.caption_id = a.caption_id
        AND k.price_tier = a.price_tier
        AND a.appeal_shape > 0
        AND a.appeal_rate > 0
  )

  SELECT
    b.* EXCEPT (bank_order),
    ROW_NUMBER() OVER (
      PARTITION BY b.price_tier, b.page_name, b.bin ORDER BY b.bank_order, b.caption_id
    ) - 1 AS bin_place,
    ROW_NUMBER() OVER (
      PARTITION BY b.price_tier, b.page_name ORDER BY b.bank_order, b.caption_id
    ) - 1 AS tier_place
  FROM believed AS b;

  -- One row per page and category that it sent in the days before: use over the most used one's.
  CREATE OR REPLACE TEMP TABLE recent_categories AS
  SELECT
    f.page_name,
    b.content_category,
    SAFE_DIVIDE(COUNT(*), MAX(COUNT(*)) OVER (PARTITION BY f.page_name)) AS relative_use
  FROM `${dataset}.message_facts` AS f
  INNER JOIN contents AS h ON f.caption_id = h.caption_id
  INNER JOIN contents AS b ON h.content_id = b.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    b.content_category IS NOT NULL
    AND f.send_date >= DATE_SUB(p_week_start, INTERVAL t.diversity_days DAY)
    AND f.send_date < p_week_start
  GROUP BY f.page_name, b.content_category;

  -- One row per page and caption that it must not use: sent in the days before, matching one of
  -- its patterns, rejected by a reviewer, or replaced by request.
  CREATE OR REPLACE TEMP TABLE refused AS
  SELECT
    f.page_name,
    h.content_id AS caption_id
  FROM `${dataset}.message_facts` AS f
  INNER JOIN contents AS h ON f.caption_id = h.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    f.send_date >= DATE_SUB(p_week_start, INTERVAL t.rest_days DAY)
    AND f.send_date < p_week_start
  UNION DISTINCT
  SELECT
    p.page_name,
    m.caption_id
  FROM page_patterns AS p
  INNER JOIN (
    -- Pages share patterns. In a call for one page each suspect matches one of its patterns, and
    -- which one does not matter.
    SELECT
      d.pattern,
      b.caption_id
    FROM (SELECT DISTINCT pattern FROM page_patterns) AS d
    CROSS JOIN bank AS b
    WHERE
      b.suspect_text IS NOT NULL
      AND IF(
        p_page_name IS NOT NULL AND v_any_pattern != '',
        TRUE,
        REGEXP_CONTAINS(b.suspect_text, d.pattern)
      )
  ) AS m
    ON p.pattern = m.pattern
  UNION DISTINCT
  SELECT
    v.page_name,
    h.content_id
  FROM `${dataset}.schedule_review` AS v
  INNER JOIN contents AS h ON v.caption_id = h.caption_id
  WHERE v.week_start = p_week_start AND v.decision = 'reject'
  UNION DISTINCT
  SELECT
    o.page_name,
    h.content_id
  FROM `${dataset}.message_replacements` AS o
  INNER JOIN contents AS h ON o.caption_id = h.caption_id
  WHERE o.week_start = p_week_start;

  -- One row per page, tier and category with eligible captions, counted without listing them: what
  -- all pages may use, and the page's own, less what the page must not use.
  CREATE OR REPLACE TEMP TABLE category_counts AS
  WITH wanting AS (
    SELECT DISTINCT
      w.page_name,
      w.price_tier
    FROM wanted_captions AS w
    LEFT JOIN (
      SELECT DISTINCT
        r.page_name,
        price_tier
      FROM `${dataset}.usable_restrictions` AS r
      CROSS JOIN UNNEST(r.restricted_price_tiers) AS price_tier
      WHERE p_page_name IS NULL OR r.page_name = p_page_name
    ) AS x ON w.page_name = x.page_name AND w.price_tier = x.price_tier
    WHERE w.wanted > 0 AND x.price_tier IS NULL
  ),

  restricted AS (
    SELECT DISTINCT
      r.page_name,
      content_category
    FROM `${dataset}.usable_restrictions` AS r
    CROSS JOIN UNNEST(r.restricted_categories) AS content_category
    WHERE p_page_name IS NULL OR r.page_name = p_page_name
  ),

  counted AS (
    SELECT
      w.page_name,
      w.price_tier,
      s.content_category,
      s.captions
    FROM wanting AS w
    INNER JOIN (
      SELECT
        price_tier,
        content_category,
        COUNT(*) AS captions
      FROM bank
      WHERE is_free AND page_name IS NULL
      GROUP BY price_tier, content_category
    ) AS s ON w.price_tier = s.price_tier
    UNION ALL
    SELECT
      b.page_name,
      b.price_tier,
      b.content_category,
      COUNT(*) AS captions
    FROM bank AS b
    WHERE b.is_free AND b.page_name IS NOT NULL
    GROUP BY b.page_name, b.price_tier, b.content_category
    UNION ALL
    SELECT
      x.page_name,
      b.price_tier,
      b.content_category,
      -COUNT(*) AS captions
    FROM refused AS x
    INNER JOIN bank AS b ON x.caption_id = b.caption_id
    WHERE b.is_free AND (b.page_name IS NULL OR b.page_name = x.page_name)
    GROUP BY x.page_name, b.price_tier, b.content_category
  )

  SELECT
    c.page_name,
    c.price_tier,
    c.content_category,
    c.captions,
    -- A caption without a category has no diversity.
    COALESCE(u.relative_use, IF(c.content_category IS NULL, 0.5, 0.0)) AS relative_use
  FROM (
    SELECT
      page_name,
      price_tier,
      content_category,
      SUM(captions) AS captions
    FROM counted
    GROUP BY page_name, price_tier, content_category
  ) AS c
  INNER JOIN wanting AS w ON c.page_name = w.page_name AND c.price_tier = w.price_tier
  LEFT JOIN restricted AS r
    ON
      c.page_name = r.page_name
      AND COALESCE(c.content_category, 'uncategorised') = r.content_category
  LEFT JOIN recent_categories AS u
    ON c.page_name = u.page_name AND c.content_category = u.content_category
  WHERE c.captions > 0 AND r.page_name IS NULL;

  -- One row per page and tier: its places, how many captions are eligible for them, what their
  -- percentiles are multiplied by, the prior of the untried, and how far down the order of draws
  -- one must look (reach) for the best by final_score. A caption that is drawn later has a
  -- percentile too low for any diversity to lift it, or is one of a category of which there are
  -- more than the page may take.
  CREATE OR REPLACE TEMP TABLE tier_places AS
  WITH places AS (
    SELECT
      w.page_name,
      w.price_tier,
      SUM(IF(w.arm = 'treatment', w.wanted, 0)) AS treatment_places,
      SUM(IF(w.arm = 'control', w.wanted, 0)) AS control_places,
      MAX(w.week_wanted) AS week_wanted,
      MAX(
        CASE w.price_tier
          WHEN 'budget' THEN g.budget_multiplier
          WHEN 'mid' THEN g.mid_multiplier
          WHEN 'premium' THEN g.premium_multiplier
          ELSE g.bump_multiplier
        END
      ) AS multiplier
    FROM wanted_captions AS w
    INNER JOIN `${dataset}.segment_rules` AS g ON w.behavioral_segment = g.behavioral_segment
    GROUP BY w.page_name, w.price_tier
  ),

  looked_at AS (
    SELECT
      p.page_name,
      p.price_tier,
      p.multiplier,
      t.candidate_depth_factor * p.treatment_places + t.candidate_depth_extra AS depth,
      2 * GREATEST(CAST(FLOOR(t.max_category_share * p.week_wanted) AS INT64), 1) + 20
        AS category_depth
    FROM places AS p
    CROSS JOIN `${dataset}.tuning` AS t
  ),

  -- Categories that the page used least come first; level_captions are those used as little.
  levels AS (
    SELECT
      c.page_name,
      c.price_tier,
      SUM(c.captions) OVER (PARTITION BY c.page_name, c.price_tier) AS tier_captions,
      SUM(c.captions) OVER (
        PARTITION BY c.page_name, c.price_tier ORDER BY c.relative_use
      ) AS level_captions,
      MIN(c.captions) OVER (
        PARTITION BY c.page_name, c.price_tier ORDER BY c.relative_use
      ) AS least_captions,
      c.relative_use - MIN(c.relative_use) OVER (PARTITION BY c.page_name, c.price_tier)
        AS use_difference
    FROM category_counts AS c
  ),

  reaches AS (
    SELECT
      l.page_name,
      l.price_tier,
      MAX(l.tier_captions) AS captions,
      MIN(
        SAFE_DIVIDE((d.depth + 4.0 * SQRT(d.depth)) * l.tier_captions, l.level_captions)
        + LEAST(
          COALESCE(
            SAFE_DIVIDE(
              2.0 * t.diversity_weight * l.use_difference * l.tier_captions, d.multiplier
            ),
            l.tier_captions
          ),
          IF(
            l.use_difference > 0,
            SAFE_DIVIDE(
              (d.category_depth + 4.0 * SQRT(d.category_depth)) * l.tier_captions, l.least_captions
            ),
            0.0
          )
        )
      ) AS reach
    FROM levels AS l
    INNER JOIN looked_at AS d ON l.page_name = d.page_name AND l.price_tier = d.price_tier
    CROSS JOIN `${dataset}.tuning` AS t
    GROUP BY l.page_name, l.price_tier
  ),

  shared AS (
    SELECT
      price_tier,
      COUNT(*) AS captions
    FROM bank
    WHERE page_name IS NULL
    GROUP BY price_tier
  ),

  owned AS (
    SELECT
      page_name,
      price_tier,
      COUNT(*) AS captions
    FROM bank
    WHERE page_name IS NOT NULL
    GROUP BY page_name, price_tier
  )

  SELECT
    p.*,
    e.captions,
    e.reach,
    COALESCE(s.captions, 0) AS shared_captions,
    COALESCE(o.captions, 0) AS owned_captions,
    COALESCE(r.prior_successes, 1.0) AS prior_successes,
    COALESCE(r.prior_failures, 1.0) AS prior_failures,
    COALESCE(r.dispersion, 1.0) AS dispersion,
    r.rate,
    r.variation,
    r.pair_variance
  FROM places AS p
  LEFT JOIN reaches AS e ON p.page_name = e.page_name AND p.price_tier = e.price_tier
  LEFT JOIN shared AS s ON p.price_tier = s.price_tier
  LEFT JOIN owned AS o ON p.page_name = o.page_name AND p.price_tier = o.price_tier
  LEFT JOIN `${dataset}.caption_priors` AS r
    ON p.page_name = r.page_name AND p.price_tier = r.price_tier;

  -- One row per page, tier and bin of the captions that all pages may use: the posterior of its
  -- typical caption as the page sees it, and how many draws are made of it, best first (depth). Of
  -- a large bin these are order statistics of as many draws as it has captions; of a small one
  -- (depth NULL) every caption draws.
  CREATE OR REPLACE TEMP TABLE page_bins AS
  WITH bins AS (
    SELECT
      price_tier,
      bin,
      COUNT(*) AS captions,
      EXP(AVG(LN(appeal_shape))) AS shape,
      EXP(AVG(LN(SAFE_DIVIDE(appeal_shape, appeal_rate)))) AS appeal,
      MAX(SAFE_DIVIDE(appeal_shape, appeal_rate)) AS greatest_appeal
    FROM bank
    WHERE page_name IS NULL
    GROUP BY price_tier, bin
  ),

  moments AS (
    SELECT
      m.page_name,
      m.price_tier,
      b.bin,
      b.captions,
      COALESCE(LN(SAFE_DIVIDE(b.greatest_appeal, b.appeal)), 0.0) AS spread,
      m.prior_successes,
      m.prior_failures,
      m.reach,
      m.shared_captions + m.owned_captions > t.individual_draws AS is_large,
      SAFE_DIVIDE(m.shared_captions + m.owned_captions, m.captions) AS per_eligible,
      LEAST(m.rate * b.appeal, t.prior_max_rate) AS rate,
      LEAST((1.0 + SAFE_DIVIDE(1.0, b.shape)) * (1.0 + m.pair_variance) - 1.0, m.variation)
        AS variation
    FROM tier_places AS m
    INNER JOIN bins AS b ON m.price_tier = b.price_tier
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE m.captions > 0
  ),

  believed AS (
    SELECT
      m.page_name,
      m.price_tier,
      m.bin,
      m.captions,
      m.spread,
      m.is_large,
      m.reach * m.per_eligible + 4.0 * SQRT(m.reach * m.per_eligible) AS reach,
      COALESCE(m.rate * m.strength, m.prior_successes) AS prior_successes,
      COALESCE((1.0 - m.rate) * m.strength, m.prior_failures) AS prior_failures
    FROM (
      SELECT
        m.*,
        LEAST(
          GREATEST(
            SAFE_DIVIDE(1.0 - m.rate, m.variation * m.rate) - 1.0, t.prior_min_strength
          ),
          t.prior_max_strength
        ) AS strength
      FROM moments AS m
      CROSS JOIN `${dataset}.tuning` AS t
    ) AS m
  ),

  -- Draws are looked at as logits. By Paulson's approximation the cube root of the odds over
  -- their mean, w, is normal in (w*mean_b - mean_a) / sqrt(w^2*variance_b + variance_a).
  shaped AS (
    SELECT
      b.*,
      LN(SAFE_DIVIDE(b.prior_successes, b.prior_failures)) AS centre,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * t.posterior_sharpening * b.prior_successes) AS mean_a,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * t.posterior_sharpening * b.prior_failures) AS mean_b,
      SAFE_DIVIDE(1.0, 9.0 * t.posterior_sharpening * b.prior_successes) AS variance_a,
      SAFE_DIVIDE(1.0, 9.0 * t.posterior_sharpening * b.prior_failures) AS variance_b,
      b.is_large
      AND t.posterior_sharpening * LEAST(b.prior_successes, b.prior_failures) >= 1.0 AS may_order
    FROM believed AS b
    CROSS JOIN `${dataset}.tuning` AS t
  ),

  -- The highest of some thresholds that as many draws as are needed are expected to pass.
  thresholds AS (
    SELECT
      page_name,
      price_tier,
      MAX(IF(expected >= reach, threshold, NULL)) AS threshold
    FROM (
      SELECT
        d.page_name,
        d.price_tier,
        d.reach,
        d.threshold,
        SUM(d.captions * SAFE_DIVIDE(
          1.0, 1.0 + EXP(1.5976 * d.deviation + 0.070566 * POW(d.deviation, 3.0))
        )) AS expected
      FROM (
        SELECT
          s.page_name,
          s.price_tier,
          s.reach,
          s.captions,
          c.threshold,
          LEAST(GREATEST(SAFE_DIVIDE(
            EXP(SAFE_DIVIDE(c.threshold - s.centre, 3.0)) * s.mean_b - s.mean_a,
            SQRT(EXP(2.0 * SAFE_DIVIDE(c.threshold - s.centre, 3.0)) * s.variance_b + s.variance_a)
          ), -6.0), 6.0) AS deviation
        FROM shaped AS s
        INNER JOIN (
          SELECT
            page_name,
            price_tier,
            ROUND(
              SAFE_DIVIDE(SUM(captions * centre), SUM(captions)) + 0.25 * step * SQRT(
                SAFE_DIVIDE(
                  SUM(captions * (centre * centre + 9.0 * (variance_a + variance_b))), SUM(captions)
                ) - POW(SAFE_DIVIDE(SUM(captions * centre), SUM(captions)), 2.0)
              ),
              9
            ) AS threshold
          FROM shaped
          CROSS JOIN UNNEST(GENERATE_ARRAY(-2, 20)) AS step
          GROUP BY page_name, price_tier, step
        ) AS c ON s.page_name = c.page_name AND s.price_tier = c.price_tier
      ) AS d
      GROUP BY d.page_name, d.price_tier, d.reach, d.threshold
    )
    GROUP BY page_name, price_tier
  ),

  passing AS (
    SELECT
      c.*,
      c.captions * SAFE_DIVIDE(
        1.0, 1.0 + EXP(1.5976 * c.deviation + 0.070566 * POW(c.deviation, 3.0))
      ) AS expected
    FROM (
      SELECT
        s.*,
        LEAST(GREATEST(SAFE_DIVIDE(
          EXP(SAFE_DIVIDE(h.threshold - s.centre - s.spread, 3.0)) * s.mean_b - s.mean_a,
          SQRT(
            EXP(2.0 * SAFE_DIVIDE(h.threshold - s.centre - s.spread, 3.0)) * s.variance_b
            + s.variance_a
          )
        ), -6.0), 6.0) AS deviation
      FROM shaped AS s
      INNER JOIN thresholds AS h ON s.page_name = h.page_name AND s.price_tier = h.price_tier
    ) AS c
  )

  SELECT
    p.page_name,
    p.price_tier,
    p.bin,
    p.captions,
    p.prior_successes,
    p.prior_failures,
    p.centre,
    p.mean_a,
    p.mean_b,
    p.variance_a,
    p.variance_b,
    IF(
      p.may_order AND 2.0 * (1.3 * p.expected + 3.0 * SQRT(p.expected) + 3.0) <= p.captions,
      CAST(CEIL(1.3 * p.expected + 3.0 * SQRT(p.expected) + 3.0) AS INT64),
      NULL
    ) AS depth
  FROM passing AS p;

  -- One row per page and caption that draws from a posterior, eligible ones only. Captions that the
  -- page has tried, its own ones and those of small bins draw each by their own key. The best
  -- draws of a large bin are made in order: from uniforms, one after the other the greatest that
  -- are left, and dealt to its captions at random.
  CREATE OR REPLACE TEMP TABLE drawn AS
  WITH control_pools AS (
    SELECT
      d.page_name,
      d.price_tier,
      d.captions,
      d.shared_captions,
      IF(
        d.captions > d.individual_draws AND 2.0 * d.depth <= d.captions,
        CAST(CEIL(d.depth) AS INT64),
        NULL
      ) AS depth
    FROM (
      SELECT
        m.page_name,
        m.price_tier,
        m.shared_captions,
        m.shared_captions + m.owned_captions AS captions,
        t.individual_draws,
        SAFE_DIVIDE(m.shared_captions + m.owned_captions, m.captions) * (
          t.candidate_depth_factor * m.control_places + t.candidate_depth_extra
          + 4.0 * SQRT(t.candidate_depth_factor * m.control_places + t.candidate_depth_extra)
        ) AS depth
      FROM tier_places AS m
      CROSS JOIN `${dataset}.tuning` AS t
      WHERE m.control_places > 0 AND m.captions > 0
    ) AS d
  ),

  slots AS (
    SELECT
      s.page_name,
      s.price_tier,
      s.bin,
      s.captions,
      s.slot,
      CAST(FLOOR(
        s.captions * (CAST(CONCAT('0x', SUBSTR(s.digest, 1, 13)) AS INT64) + 0.5)
        * 2.220446049250313e-16
      ) AS INT64) AS bin_place,
      -LN(
        (CAST(CONCAT('0x', SUBSTR(s.digest, 14, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
      ) AS spacing
    FROM (
      SELECT
        b.page_name,
        b.price_tier,
        b.bin,
        b.captions,
        slot,
        TO_HEX(SHA256(CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', b.page_name, '|', b.price_tier, '|',
          b.bin, '|', CAST(slot AS STRING)
        ))) AS digest
      FROM (
        SELECT page_name, price_tier, bin, captions, depth FROM page_bins
        UNION ALL
        SELECT page_name, price_tier, 'control' AS bin, captions, depth FROM control_pools
      ) AS b
      CROSS JOIN UNNEST(GENERATE_ARRAY(1, b.depth + DIV(b.depth, 2) + 10)) AS slot
      WHERE b.depth IS NOT NULL
    ) AS s
  ),

  -- A place that comes up again is passed over: what is left is a random order of the bin.
  dealt AS (
    SELECT
      *,
      ROW_NUMBER() OVER (PARTITION BY page_name, price_tier, bin ORDER BY slot) AS bin_rank
    FROM (
      SELECT *
      FROM slots
      QUALIFY
        ROW_NUMBER() OVER (PARTITION BY page_name, price_tier, bin, bin_place ORDER BY slot) = 1
    )
  ),

  -- Renyi: spacings of the order statistics of n exponentials are exponential over n, n - 1, ...
  ordered AS (
    SELECT
      page_name,
      price_tier,
      bin,
      bin_place,
      GREATEST(
        1.0 - EXP(-SUM(SAFE_DIVIDE(spacing, captions - bin_rank + 1)) OVER (
          PARTITION BY page_name, price_tier, bin ORDER BY bin_rank
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )),
        1e-18
      ) AS survival
    FROM dealt
  ),

  tried AS (
    SELECT
      s.page_name,
      s.caption_id,
      s.prior_successes,
      s.prior_failures,
      s.successes,
      s.failures,
      s.effective_successes,
      s.effective_failures,
      s.total_observations
    FROM `${dataset}.caption_bandit_stats` AS s
    WHERE p_page_name IS NULL OR s.page_name = p_page_name
  ),

  -- The control arm's are drawn uniformly from the eligible: by a uniform of each, or as the
  -- places of the tier in a random order, the page's own captions after those of all pages.
  pairs AS (
    SELECT
      o.page_name,
      b.caption_id,
      'treatment' AS arm,
      FALSE AS is_own,
      o.survival,
      0.0 AS uniform
    FROM ordered AS o
    INNER JOIN bank AS b
      ON o.price_tier = b.price_tier AND o.bin = b.bin AND o.bin_place = b.bin_place
    LEFT JOIN tried AS s ON o.page_name = s.page_name AND b.caption_id = s.caption_id
    WHERE b.is_free AND b.page_name IS NULL AND s.caption_id IS NULL
    UNION ALL
    SELECT
      p.page_name,
      b.caption_id,
      'treatment' AS arm,
      FALSE AS is_own,
      NULL AS survival,
      0.0 AS uniform
    FROM page_bins AS p
    INNER JOIN bank AS b ON p.price_tier = b.price_tier AND p.bin = b.bin
    LEFT JOIN tried AS s ON p.page_name = s.page_name AND b.caption_id = s.caption_id
    WHERE p.depth IS NULL AND b.is_free AND b.page_name IS NULL AND s.caption_id IS NULL
    UNION ALL
    SELECT
      s.page_name,
      b.caption_id,
      'treatment' AS arm,
      TRUE AS is_own,
      NULL AS survival,
      0.0 AS uniform
    FROM tried AS s
    INNER JOIN bank AS b ON s.caption_id = b.caption_id
    WHERE b.is_free AND b.page_name IS NULL
    UNION ALL
    SELECT
      b.page_name,
      b.caption_id,
      'treatment' AS arm,
      TRUE AS is_own,
      NULL AS survival,
      0.0 AS uniform
    FROM bank AS b
    WHERE b.is_free AND b.page_name IS NOT NULL
    UNION ALL
    SELECT
      o.page_name,
      b.caption_id,
      'control' AS arm,
      FALSE AS is_own,
      NULL AS survival,
      1.0 - o.survival AS uniform
    FROM ordered AS o
    INNER JOIN control_pools AS c ON o.page_name = c.page_name AND o.price_tier = c.price_tier
    INNER JOIN bank AS b
      ON
        o.price_tier = b.price_tier
        AND IF(o.bin_place < c.shared_captions, '', o.page_name) = COALESCE(b.page_name, '')
        AND IF(
          o.bin_place < c.shared_captions, o.bin_place, o.bin_place - c.shared_captions
        ) = b.tier_place
    WHERE o.bin = 'control' AND b.is_free
    UNION ALL
    SELECT
      c.page_name,
      b.caption_id,
      'control' AS arm,
      FALSE AS is_own,
      NULL AS survival,
      (CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
        p_seed, '|', CAST(p_week_start AS STRING), '|', c.page_name, '|',
        CAST(b.caption_id AS STRING), '|uniform'
      ))), 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS uniform
    FROM control_pools AS c
    INNER JOIN bank AS b ON c.price_tier = b.price_tier
    WHERE
      c.depth IS NULL AND b.is_free AND (b.page_name IS NULL OR b.page_name = c.page_name)
  ),

  -- A pair that was never tried has no statistics, and so the prior that it borrows from what other
  -- pages saw of the caption, else that of its page and tier.
  borrowed AS (
    SELECT
      p.page_name,
      b.price_tier,
      p.caption_id,
      p.arm,
      p.is_own,
      p.uniform,
      p.survival,
      b.bin,
      b.content_category,
      b.has_urgency,
      b.appeal_pages,
      COALESCE(s.total_observations, 0) AS total_observations,
      m.prior_successes AS flat_successes,
      m.prior_failures AS flat_failures,
      s.prior_successes,
      s.prior_failures,
      COALESCE(s.effective_successes, SAFE_DIVIDE(s.successes, m.dispersion), 0.0)
        AS effective_successes,
      COALESCE(s.effective_failures, SAFE_DIVIDE(s.failures, m.dispersion), 0.0)
        AS effective_failures,
      COALESCE(s.successes, 0) AS successes,
      COALESCE(s.failures, 0) AS failures,
      LEAST(m.rate * SAFE_DIVIDE(b.appeal_shape, b.appeal_rate), t.prior_max_rate) AS rate,
      LEAST(
        (1.0 + SAFE_DIVIDE(1.0, b.appeal_shape)) * (1.0 + m.pair_variance) - 1.0, m.variation
      ) AS variation,
      t.posterior_sharpening,
      t.prior_min_strength,
      t.prior_max_strength
    FROM pairs AS p
    INNER JOIN bank AS b
      ON p.caption_id = b.caption_id AND (b.page_name IS NULL OR b.page_name = p.page_name)
    INNER JOIN tier_places AS m ON p.page_name = m.page_name AND b.price_tier = m.price_tier
    -- Of the categories that the page may use.
    INNER JOIN category_counts AS c
      ON
        p.page_name = c.page_name
        AND b.price_tier = c.price_tier
        AND COALESCE(b.content_category, '') = COALESCE(c.content_category, '')
        AND (b.content_category IS NULL) = (c.content_category IS NULL)
    LEFT JOIN refused AS x ON p.page_name = x.page_name AND p.caption_id = x.caption_id
    LEFT JOIN tried AS s ON p.page_name = s.page_name AND p.caption_id = s.caption_id
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE x.caption_id IS NULL
  ),

  known AS (
    SELECT
      b.*,
      COALESCE(b.prior_successes, b.rate * b.strength, b.flat_successes) AS alpha,
      COALESCE(b.prior_failures, (1.0 - b.rate) * b.strength, b.flat_failures) AS beta
    FROM (
      SELECT
        *,
        LEAST(
          GREATEST(SAFE_DIVIDE(1.0 - rate, variation * rate) - 1.0, prior_min_strength),
          prior_max_strength
        ) AS strength
      FROM borrowed
    ) AS b
  ),

  -- a and b are those of order statistics; what draws by its own key needs none of what follows.
  posteriors AS (
    SELECT
      k.*,
      IF(
        k.survival IS NULL,
        NULL,
        k.posterior_sharpening * (k.alpha + k.effective_successes)
      ) AS a,
      IF(
        k.survival IS NULL,
        NULL,
        k.posterior_sharpening * (k.beta + k.effective_failures)
      ) AS b,
      SQRT(-2.0 * LN(LEAST(k.survival, 0.5))) AS tail
    FROM known AS k
  ),

  deviated AS (
    SELECT
      p.*,
      p.tail - SAFE_DIVIDE(
        2.515517 + 0.802853 * p.tail + 0.010328 * p.tail * p.tail,
        1.0 + 1.432788 * p.tail + 0.189269 * p.tail * p.tail + 0.001308 * POW(p.tail, 3.0)
      ) AS z,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * p.a) AS mean_a,
      1.0 - SAFE_DIVIDE(1.0, 9.0 * p.b) AS mean_b,
      SAFE_DIVIDE(1.0, 9.0 * p.a) AS variance_a,
      SAFE_DIVIDE(1.0, 9.0 * p.b) AS variance_b
    FROM posteriors AS p
  ),

  first_logits AS (
    SELECT
      d.*,
      LN(SAFE_DIVIDE(d.a, d.b)) + 3.0 * LN(
        SAFE_DIVIDE(
          d.mean_a * d.mean_b
          + d.z * SQRT(GREATEST(
            d.mean_a * d.mean_a * d.variance_b + d.mean_b * d.mean_b * d.variance_a
            - d.z * d.z * d.variance_a * d.variance_b,
            0.0
          )),
          GREATEST(d.mean_b * d.mean_b - d.z * d.z * d.variance_b, 0.01)
        )
      ) AS logit
    FROM deviated AS d
  ),

  -- One step of Newton's method on the logarithm of the survival function, by the continued
  -- fraction of the incomplete beta function (Didonato and Morris 1992), of which five terms do.
  terms AS (
    SELECT
      f.*,
      (f.a + f.b) * f.x - f.a + 1.0 AS excess,
      SAFE_DIVIDE(1.0, 1.0 + EXP(f.logit)) AS y
    FROM (
      SELECT
        l.*,
        SAFE_DIVIDE(1.0, 1.0 + EXP(-l.logit)) AS x
      FROM first_logits AS l
    ) AS f
  ),

  fractions AS (
    SELECT
      e.*,
      SAFE_DIVIDE(e.b, e.b + 1.0) * e.excess AS beta_0,
      1.0 + SAFE_DIVIDE((e.a - 1.0) * e.y, e.b + 1.0)
      + SAFE_DIVIDE(e.b + 1.0, e.b + 3.0) * (e.excess + 1.0 + e.x) AS beta_1,
      2.0 + SAFE_DIVIDE(2.0 * (e.a - 2.0) * e.y, e.b + 3.0)
      + SAFE_DIVIDE(e.b + 2.0, e.b + 5.0) * (e.excess + 2.0 * (1.0 + e.x)) AS beta_2,
      3.0 + SAFE_DIVIDE(3.0 * (e.a - 3.0) * e.y, e.b + 5.0)
      + SAFE_DIVIDE(e.b + 3.0, e.b + 7.0) * (e.excess + 3.0 * (1.0 + e.x)) AS beta_3,
      4.0 + SAFE_DIVIDE(4.0 * (e.a - 4.0) * e.y, e.b + 7.0)
      + SAFE_DIVIDE(e.b + 4.0, e.b + 9.0) * (e.excess + 4.0 * (1.0 + e.x)) AS beta_4,
      SAFE_DIVIDE(e.b * (e.a + e.b) * (e.a - 1.0) * e.y * e.y, POW(e.b + 1.0, 2.0)) AS alpha_1,
      SAFE_DIVIDE(
        (e.b + 1.0) * (e.a + e.b + 1.0) * 2.0 * (e.a - 2.0) * e.y * e.y, POW(e.b + 3.0, 2.0)
      ) AS alpha_2,
      SAFE_DIVIDE(
        (e.b + 2.0) * (e.a + e.b + 2.0) * 3.0 * (e.a - 3.0) * e.y * e.y, POW(e.b + 5.0, 2.0)
      ) AS alpha_3,
      SAFE_DIVIDE(
        (e.b + 3.0) * (e.a + e.b + 3.0) * 4.0 * (e.a - 4.0) * e.y * e.y, POW(e.b + 7.0, 2.0)
      ) AS alpha_4,
      -- Stirling's series at five more, for the logarithm of the Beta function.
      (e.a + 4.5) * LN(e.a + 5.0) + (e.b + 4.5) * LN(e.b + 5.0)
      - (e.a + e.b + 4.5) * LN(e.a + e.b + 5.0) - 5.0 + 0.9189385332046727
      + SAFE_DIVIDE(1.0, 12.0 * (e.a + 5.0)) + SAFE_DIVIDE(1.0, 12.0 * (e.b + 5.0))
      - SAFE_DIVIDE(1.0, 12.0 * (e.a + e.b + 5.0))
      - LN(e.a * (e.a + 1.0) * (e.a + 2.0) * (e.a + 3.0) * (e.a + 4.0))
      - LN(e.b * (e.b + 1.0) * (e.b + 2.0) * (e.b + 3.0) * (e.b + 4.0))
      + LN(
        (e.a + e.b) * (e.a + e.b + 1.0) * (e.a + e.b + 2.0) * (e.a + e.b + 3.0)
        * (e.a + e.b + 4.0)
      ) AS log_beta
    FROM terms AS e
  ),

  hazards AS (
    SELECT
      f.*,
      f.beta_0 + SAFE_DIVIDE(
        f.alpha_1,
        f.beta_1 + SAFE_DIVIDE(
          f.alpha_2, f.beta_2 + SAFE_DIVIDE(f.alpha_3, f.beta_3 + SAFE_DIVIDE(f.alpha_4, f.beta_4))
        )
      ) AS hazard
    FROM fractions AS f
  ),

  logits AS (
    SELECT
      h.*,
      h.logit + IF(
        h.survival < 0.05 AND h.hazard > 0,
        SAFE_DIVIDE(
          h.a * LN(h.x) + h.b * LN(h.y) - h.log_beta - LN(h.hazard) - LN(h.survival), h.hazard
        ),
        0.0
      ) AS last_logit
    FROM hazards AS h
  )

  SELECT
    l.page_name,
    l.price_tier,
    l.caption_id,
    l.arm,
    l.is_own,
    l.uniform,
    l.bin,
    l.content_category,
    l.has_urgency,
    l.appeal_pages - IF(l.total_observations > 0 AND l.appeal_pages > 0, 1, 0) AS other_pages,
    l.successes,
    l.failures,
    l.alpha AS prior_successes,
    l.beta AS prior_failures,
    l.effective_successes,
    l.effective_failures,
    l.survival IS NOT NULL AS is_ordered,
    IF(
      l.survival IS NULL,
      `${dataset}.wilson_sample`(
        l.posterior_sharpening * (l.alpha + l.effective_successes),
        l.posterior_sharpening * (l.beta + l.effective_failures),
        CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', l.page_name, '|',
          CAST(l.caption_id AS STRING)
        )
      ),
      SAFE_DIVIDE(1.0, 1.0 + EXP(-l.last_logit))
    ) AS thompson_score
  FROM logits AS l;

  -- One row per page, tier, arm and caption that may be chosen: the best by score, or for the
  -- control arm by a uniform draw, more of them than there are places.
  CREATE OR REPLACE TEMP TABLE fresh_candidates AS
  WITH complete AS (
    SELECT
      page_name,
      price_tier,
      MAX(least_draw) AS least_draw
    FROM (
      SELECT
        page_name,
        price_tier,
        bin,
        MIN(thompson_score) AS least_draw
      FROM drawn
      WHERE is_ordered
      GROUP BY page_name, price_tier, bin
    )
    GROUP BY page_name, price_tier
  ),

  -- Over least_draw every draw is known. draw_rank counts from the best one, so the percentile is
  -- that of CUME_DIST.
  ranked AS (
    SELECT
      d.page_name,
      d.price_tier,
      d.caption_id,
      d.thompson_score,
      RANK() OVER (
        PARTITION BY d.page_name, d.price_tier ORDER BY ROUND(d.thompson_score, 12) DESC
      ) AS draw_rank
    FROM drawn AS d
    LEFT JOIN complete AS c ON d.page_name = c.page_name AND d.price_tier = c.price_tier
    WHERE d.arm = 'treatment' AND (c.least_draw IS NULL OR d.thompson_score >= c.least_draw)
  ),

  -- The percentile of a control caption's draw among those that were not made.
  percentiles AS (
    SELECT
      b.page_name,
      b.caption_id,
      1.0 - SAFE_DIVIDE(
        SUM(
          b.captions * SAFE_DIVIDE(
            1.0, 1.0 + EXP(1.5976 * b.deviation + 0.070566 * POW(b.deviation, 3.0))
          )
        ),
        SUM(b.captions)
      ) AS percentile
    FROM (
      SELECT
        d.page_name,
        d.caption_id,
        b.captions,
        LEAST(
          GREATEST(
            SAFE_DIVIDE(
              EXP(SAFE_DIVIDE(d.logit - b.centre, 3.0)) * b.mean_b - b.mean_a,
              SQRT(
                EXP(2.0 * SAFE_DIVIDE(d.logit - b.centre, 3.0)) * b.variance_b + b.variance_a
              )
            ),
            -6.0
          ),
          6.0
        ) AS deviation
      FROM (
        SELECT
          d.page_name,
          d.price_tier,
          d.caption_id,
          LN(SAFE_DIVIDE(d.thompson_score, 1.0 - d.thompson_score)) AS logit
        FROM drawn AS d
        LEFT JOIN ranked AS r ON d.page_name = r.page_name AND d.caption_id = r.caption_id
        WHERE d.arm = 'control' AND r.caption_id IS NULL
      ) AS d
      INNER JOIN page_bins AS b ON d.page_name = b.page_name AND d.price_tier = b.price_tier
    ) AS b
    GROUP BY b.page_name, b.caption_id
  ),

  offered AS (
    SELECT
      d.* EXCEPT (thompson_score, uniform),
      COALESCE(r.thompson_score, d.thompson_score) AS thompson_score,
      ROUND(
        COALESCE(
          SAFE_DIVIDE(m.captions - r.draw_rank + 1, m.captions), p.percentile
        ) * m.multiplier
        + t.diversity_weight * (1.0 - 2.0 * c.relative_use),
        12
      ) AS final_score,
      d.uniform,
      w.wanted,
      w.week_wanted,
      t.candidate_depth_factor * w.wanted + t.candidate_depth_extra AS depth,
      2 * GREATEST(CAST(FLOOR(t.max_category_share * w.week_wanted) AS INT64), 1) + 20
        AS category_depth
    FROM drawn AS d
    INNER JOIN tier_places AS m ON d.page_name = m.page_name AND d.price_tier = m.price_tier
    INNER JOIN wanted_captions AS w
      ON d.page_name = w.page_name AND d.price_tier = w.price_tier AND d.arm = w.arm
    INNER JOIN category_counts AS c
      ON
        d.page_name = c.page_name
        AND d.price_tier = c.price_tier
        AND COALESCE(d.content_category, '') = COALESCE(c.content_category, '')
        AND (d.content_category IS NULL) = (c.content_category IS NULL)
    CROSS JOIN `${dataset}.tuning` AS t
    LEFT JOIN ranked AS r ON d.page_name = r.page_name AND d.caption_id = r.caption_id
    LEFT JOIN percentiles AS p ON d.page_name = p.page_name AND d.caption_id = p.caption_id
    WHERE w.wanted > 0 AND (d.arm = 'control' OR r.draw_rank <= m.reach)
  ),

  limited AS (
    SELECT *
    FROM (
      SELECT
        o.*,
        IF(o.arm = 'treatment', o.final_score, 2.0 + ROUND(o.uniform, 12)) AS offer_score
      FROM offered AS o
    )
    QUALIFY
      ROW_NUMBER() OVER (
        PARTITION BY page_name, price_tier, arm, content_category
        ORDER BY offer_score DESC, caption_id
      ) <= category_depth
      OR content_category IS NULL
      OR arm = 'control'
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
  QUALIFY arm_rank <= l.depth;

  SET v_oldest_week = (
    SELECT DATE_SUB(p_week_start, INTERVAL t.selection_log_days DAY)
    FROM `${dataset}.tuning` AS t
  );

  BEGIN TRANSACTION;

  -- Candidates and pools are kept for the last weeks only.

  DELETE FROM `${dataset}.selection_candidates`
  WHERE
    (week_start = p_week_start AND (p_page_name IS NULL OR page_name = p_page_name))
    OR week_start < v_oldest_week;

  DELETE FROM `${dataset}.selection_pools`
  WHERE
    (week_start = p_week_start AND (p_page_name IS NULL OR page_name = p_page_name))
    OR week_start < v_oldest_week;

  DELETE FROM `${dataset}.caption_selections`
  WHERE week_start = p_week_start AND (p_page_name IS NULL OR page_name = p_page_name);

  INSERT INTO `${dataset}.selection_candidates` (
    page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, offer_score, arm_rank, wanted, week_wanted,
    selection_seed, prior_successes, prior_failures, posterior_successes, posterior_failures,
    other_pages
  )
  SELECT
    page_name, p_week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, offer_score, arm_rank, wanted, week_wanted,
    p_seed, prior_successes, prior_failures, posterior_successes, posterior_failures,
    other_pages
  FROM fresh_candidates;

  -- Four rounds: nearly every page is served in the first, what conflicts leave open in the rest.
  INSERT INTO `${dataset}.caption_selections` (
    page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, selection_seed, selected_at
  )
  SELECT
    o.page_name, o.week_start, o.arm, o.caption_id, o.price_tier, o.content_category,
    o.has_urgency, o.thompson_score, o.final_score, o.successes, o.failures, o.selection_seed,
    CURRENT_TIMESTAMP() AS selected_at
  FROM `${dataset}.caption_offers` AS o
  WHERE o.week_start = p_week_start AND (p_page_name IS NULL OR o.page_name = p_page_name);

  INSERT INTO `${dataset}.caption_selections` (
    page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, selection_seed, selected_at
  )
  SELECT
    o.page_name, o.week_start, o.arm, o.caption_id, o.price_tier, o.content_category,
    o.has_urgency, o.thompson_score, o.final_score, o.successes, o.failures, o.selection_seed,
    CURRENT_TIMESTAMP() AS selected_at
  FROM `${dataset}.caption_offers` AS o
  WHERE o.week_start = p_week_start AND (p_page_name IS NULL OR o.page_name = p_page_name);

  INSERT INTO `${dataset}.caption_selections` (
    page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, selection_seed, selected_at
  )
  SELECT
    o.page_name, o.week_start, o.arm, o.caption_id, o.price_tier, o.content_category,
    o.has_urgency, o.thompson_score, o.final_score, o.successes, o.failures, o.selection_seed,
    CURRENT_TIMESTAMP() AS selected_at
  FROM `${dataset}.caption_offers` AS o
  WHERE o.week_start = p_week_start AND (p_page_name IS NULL OR o.page_name = p_page_name);

  INSERT INTO `${dataset}.caption_selections` (
    page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, selection_seed, selected_at
  )
  SELECT
    o.page_name, o.week_start, o.arm, o.caption_id, o.price_tier, o.content_category,
    o.has_urgency, o.thompson_score, o.final_score, o.successes, o.failures, o.selection_seed,
    CURRENT_TIMESTAMP() AS selected_at
  FROM `${dataset}.caption_offers` AS o
  WHERE o.week_start = p_week_start AND (p_page_name IS NULL OR o.page_name = p_page_name);

  UPDATE `${dataset}.caption_selections` AS s
  SET
    tier_rank = r.tier_rank,
    prior_successes = r.prior_successes,
    prior_failures = r.prior_failures,
    posterior_successes = r.posterior_successes,
    posterior_failures = r.posterior_failures,
    other_pages = r.other_pages
  FROM (
    SELECT
      c.page_name,
      c.caption_id,
      ROW_NUMBER() OVER (
        PARTITION BY c.page_name, c.price_tier ORDER BY c.final_score DESC, c.caption_id
      ) AS tier_rank,
      f.prior_successes,
      f.prior_failures,
      f.posterior_successes,
      f.posterior_failures,
      f.other_pages
    FROM `${dataset}.caption_selections` AS c
    INNER JOIN fresh_candidates AS f
      ON c.page_name = f.page_name AND c.caption_id = f.caption_id AND c.arm = f.arm
    WHERE c.week_start = p_week_start
  ) AS r
  WHERE
    s.week_start = p_week_start
    AND s.page_name = r.page_name
    AND s.caption_id = r.caption_id
    AND (p_page_name IS NULL OR s.page_name = p_page_name);

  -- One row per page, tier and category: what the rest of the page's week, seen from the tier's
  -- treatment arm, takes of the limits on one category and on urgent captions.
  CREATE OR REPLACE TEMP TABLE rest_of_week AS
  SELECT
    w.page_name,
    w.price_tier,
    k.content_category,
    COUNT(*) AS chosen,
    COUNTIF(k.has_urgency) AS urgent
  FROM tier_places AS w
  INNER JOIN `${dataset}.caption_selections` AS k ON w.page_name = k.page_name
  WHERE
    k.week_start = p_week_start
    AND NOT (k.price_tier = w.price_tier AND k.arm = 'treatment')
  GROUP BY w.page_name, w.price_tier, k.content_category;

  -- What was chosen from, for whoever asks later what another setting would have chosen: captions
  -- whose posterior counts differ by less than a quarter are one group. What another page got is
  -- left out, as are the places within the limits that the rest of the page's week fills. Captions that
  -- the page has not tried are counted by bin and not listed.
  CREATE OR REPLACE TEMP TABLE logged_pools AS
  WITH urgent_rest AS (
    SELECT
      page_name,
      price_tier,
      SUM(urgent) AS chosen
    FROM rest_of_week
    GROUP BY page_name, price_tier
  ),

  chosen AS (
    SELECT
      s.page_name,
      s.caption_id,
      s.prior_successes,
      s.prior_failures
    FROM `${dataset}.caption_selections` AS s
    WHERE s.week_start = p_week_start
  ),

  cells AS (
    SELECT
      b.price_tier,
      b.content_category,
      b.has_urgency,
      b.bin,
      COUNT(*) AS captions
    FROM bank AS b
    LEFT JOIN chosen AS k ON b.caption_id = k.caption_id
    WHERE
      b.is_free AND b.page_name IS NULL AND b.price_tier != 'bump' AND k.caption_id IS NULL
    GROUP BY b.price_tier, b.content_category, b.has_urgency, b.bin
  ),

  -- Captions of these cells that the page has tried or must not use.
  exceptions AS (
    SELECT
      x.page_name,
      b.price_tier,
      b.content_category,
      b.has_urgency,
      b.bin,
      COUNT(*) AS captions
    FROM (
      SELECT
        page_name,
        caption_id
      FROM refused
      UNION DISTINCT
      SELECT
        s.page_name,
        s.caption_id
      FROM `${dataset}.caption_bandit_stats` AS s
    ) AS x
    INNER JOIN bank AS b ON x.caption_id = b.caption_id
    LEFT JOIN chosen AS k ON b.caption_id = k.caption_id
    WHERE b.is_free AND b.page_name IS NULL AND k.caption_id IS NULL
    GROUP BY x.page_name, b.price_tier, b.content_category, b.has_urgency, b.bin
  ),

  counted AS (
    SELECT
      p.page_name,
      p.price_tier,
      c.content_category,
      c.has_urgency,
      c.captions - COALESCE(x.captions, 0) AS captions,
      p.prior_successes,
      p.prior_failures,
      0.0 AS effective_successes,
      0.0 AS effective_failures
    FROM page_bins AS p
    INNER JOIN cells AS c ON p.price_tier = c.price_tier AND p.bin = c.bin
    LEFT JOIN exceptions AS x
      ON
        p.page_name = x.page_name
        AND c.price_tier = x.price_tier
        AND c.bin = x.bin
        AND c.has_urgency = x.has_urgency
        AND COALESCE(c.content_category, '') = COALESCE(x.content_category, '')
        AND (c.content_category IS NULL) = (x.content_category IS NULL)
    WHERE c.captions > COALESCE(x.captions, 0)
    UNION ALL
    SELECT
      d.page_name,
      d.price_tier,
      d.content_category,
      d.has_urgency,
      1 AS captions,
      d.prior_successes,
      d.prior_failures,
      d.effective_successes,
      d.effective_failures
    FROM drawn AS d
    LEFT JOIN chosen AS k ON d.caption_id = k.caption_id AND d.page_name != k.page_name
    WHERE d.is_own AND d.price_tier != 'bump' AND k.caption_id IS NULL
    UNION ALL
    SELECT
      k.page_name,
      b.price_tier,
      b.content_category,
      b.has_urgency,
      1 AS captions,
      k.prior_successes,
      k.prior_failures,
      0.0 AS effective_successes,
      0.0 AS effective_failures
    FROM chosen AS k
    INNER JOIN bank AS b ON k.caption_id = b.caption_id
    LEFT JOIN drawn AS d
      ON k.page_name = d.page_name AND k.caption_id = d.caption_id AND d.is_own
    WHERE b.page_name IS NULL AND b.price_tier != 'bump' AND d.caption_id IS NULL
  ),

  alike AS (
    SELECT
      g.page_name,
      g.price_tier,
      g.content_category,
      g.has_urgency,
      SUM(g.captions) AS captions,
      ROUND(
        SAFE_DIVIDE(
          SUM(SUM(g.captions * g.prior_successes)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          ),
          SUM(SUM(g.captions)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          )
        ),
        12
      ) AS prior_successes,
      ROUND(
        SAFE_DIVIDE(
          SUM(SUM(g.captions * g.prior_failures)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          ),
          SUM(SUM(g.captions)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          )
        ),
        12
      ) AS prior_failures,
      ROUND(
        SAFE_DIVIDE(
          SUM(SUM(g.captions * g.effective_successes)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          ),
          SUM(SUM(g.captions)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          )
        ),
        12
      ) AS effective_successes,
      ROUND(
        SAFE_DIVIDE(
          SUM(SUM(g.captions * g.effective_failures)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          ),
          SUM(SUM(g.captions)) OVER (
            PARTITION BY g.page_name, g.price_tier, g.success_group, g.failure_group
          )
        ),
        12
      ) AS effective_failures
    FROM (
      SELECT
        c.*,
        CAST(ROUND(ROUND(4.0 * LN(c.prior_successes + c.effective_successes), 9)) AS INT64)
          AS success_group,
        CAST(ROUND(ROUND(4.0 * LN(c.prior_failures + c.effective_failures), 9)) AS INT64)
          AS failure_group
      FROM counted AS c
    ) AS g
    GROUP BY
      g.page_name, g.price_tier, g.content_category, g.has_urgency, g.success_group,
      g.failure_group
  )

  SELECT
    a.page_name,
    p_week_start AS week_start,
    a.price_tier,
    COALESCE(a.content_category, 'uncategorised') AS content_category,
    a.has_urgency,
    a.captions,
    a.prior_successes,
    a.prior_failures,
    a.effective_successes,
    a.effective_failures,
    c.relative_use,
    w.multiplier,
    w.treatment_places,
    w.control_places,
    IF(
      a.content_category IS NULL,
      w.treatment_places,
      GREATEST(CAST(FLOOR(t.max_category_share * w.week_wanted) AS INT64), 1)
      - COALESCE(g.chosen, 0)
    ) AS category_room,
    t.max_urgent_captions - COALESCE(u.chosen, 0) AS urgent_room
  FROM alike AS a
  CROSS JOIN `${dataset}.tuning` AS t
  INNER JOIN tier_places AS w ON a.page_name = w.page_name AND a.price_tier = w.price_tier
  INNER JOIN category_counts AS c
    ON
      a.page_name = c.page_name
      AND a.price_tier = c.price_tier
      AND COALESCE(a.content_category, '') = COALESCE(c.content_category, '')
      AND (a.content_category IS NULL) = (c.content_category IS NULL)
  LEFT JOIN rest_of_week AS g
    ON
      a.page_name = g.page_name
      AND a.price_tier = g.price_tier
      AND a.content_category = g.content_category
  LEFT JOIN urgent_rest AS u
    ON a.page_name = u.page_name AND a.price_tier = u.price_tier;

  INSERT INTO `${dataset}.selection_pools` (
    page_name, week_start, price_tier, content_category, has_urgency, captions, prior_successes,
    prior_failures, effective_successes, effective_failures, relative_use, multiplier,
    treatment_places, control_places, category_room, urgent_room
  )
  SELECT
    page_name,
    week_start,
    price_tier,
    content_category,
    has_urgency,
    captions,
    prior_successes,
    prior_failures,
    effective_successes,
    effective_failures,
    relative_use,
    multiplier,
    treatment_places,
    control_places,
    category_room,
    urgent_room
  FROM logged_pools;

  COMMIT TRANSACTION;

  SELECT s.*
  FROM `${dataset}.caption_selections` AS s
  WHERE s.week_start = p_week_start AND (p_page_name IS NULL OR s.page_name = p_page_name)
  ORDER BY s.page_name, s.price_tier, s.tier_rank;
END;
