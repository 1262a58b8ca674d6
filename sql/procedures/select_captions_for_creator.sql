-- Chooses the captions of a page's week by Thompson sampling, or of every page with targets for
-- the week at once, and returns them. Replaces what was chosen before.
-- Eligible for a page: active, allowed for it, none of its restrictions, not queued by people and
-- not reserved by any page within 7 days of the week (what these pages hold in the week itself is
-- theirs to choose anew), not sent by it in the 7 days before, within its terms
-- (caption_availability), not rejected by a reviewer for it and this week.
-- thompson_score is a draw from Beta(c * (prior successes + successes / dispersion),
-- c * (prior failures + failures / dispersion)), c being posterior_sharpening and the trials faded
-- by their age. The prior is the pair's own; an untried caption's is that of
-- borrowed_caption_priors where other pages have tried it, else that of its page and tier.
-- final_score is the draw's percentile among the page's eligible of the tier x the segment's
-- multiplier + diversity. A caption without a category has neither diversity nor a limit by category.
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

  -- The bank and the patterns as they are used, judged once.
  CREATE OR REPLACE TEMP TABLE bank AS
  SELECT
    u.caption_id,
    u.caption_text,
    u.content_category,
    u.price_tier,
    u.has_urgency,
    u.page_name,
    u.is_active,
    c.content_id,
    c.is_open
  FROM `${dataset}.usable_captions` AS u
  INNER JOIN `${dataset}.caption_contents` AS c ON u.caption_id = c.caption_id;

  CREATE OR REPLACE TEMP TABLE page_patterns AS
  SELECT DISTINCT
    r.page_name,
    pattern
  FROM `${dataset}.usable_restrictions` AS r
  CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
  WHERE pattern IS NOT NULL AND (p_page_name IS NULL OR r.page_name = p_page_name);

  -- Most captions match no pattern, which one expression tells at once. Patterns that do not go
  -- into one (too many, too large together, or with a quotation that might not end): the empty one,
  -- which matches every caption.
  SET v_any_pattern = (
    SELECT
      IF(
        a.length > 5000
        OR STRPOS(a.pattern, r'\Q') > 0
        OR SAFE.REGEXP_CONTAINS('', a.pattern) IS NULL,
        '',
        a.pattern
      )
    FROM (
      SELECT
        SUM(LENGTH(p.pattern)) AS length,
        STRING_AGG(CONCAT('(?:', p.pattern, ')'), '|' ORDER BY p.pattern) AS pattern
      FROM (SELECT DISTINCT pattern FROM page_patterns) AS p
    ) AS a
  );

  -- One row per page and category that it sent in the days before: use over the most used one's.
  CREATE OR REPLACE TEMP TABLE recent_categories AS
  SELECT
    f.page_name,
    b.content_category,
    SAFE_DIVIDE(COUNT(*), MAX(COUNT(*)) OVER (PARTITION BY f.page_name)) AS relative_use
  FROM `${dataset}.message_facts` AS f
  INNER JOIN bank AS h ON f.caption_id = h.caption_id
  INNER JOIN bank AS b ON h.content_id = b.caption_id
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE
    b.content_category IS NOT NULL
    AND f.send_date >= DATE_SUB(p_week_start, INTERVAL t.diversity_days DAY)
    AND f.send_date < p_week_start
  GROUP BY f.page_name, b.content_category;

  -- One row per eligible page and caption. A statement of its own: an engine that knows how many
  -- rows these are joins the small tables of the next to them, and not them to the small tables.
  CREATE OR REPLACE TEMP TABLE eligible_captions AS
  WITH wanting AS (
    SELECT DISTINCT
      page_name,
      price_tier
    FROM wanted_captions
    WHERE wanted > 0
  ),

  unreserved AS (
    SELECT DISTINCT
      k.caption_id,
      IF(k.is_open, NULL, b.page_name) AS page_name,
      k.price_tier,
      COALESCE(k.content_category, 'uncategorised') AS content_category
    FROM bank AS b
    INNER JOIN bank AS k ON b.content_id = k.caption_id
    WHERE
      b.is_active
      AND b.content_id NOT IN (
        SELECT COALESCE(h.content_id, a.caption_id)
        FROM `${dataset}.active_caption_assignments` AS a
        CROSS JOIN `${dataset}.tuning` AS t
        LEFT JOIN bank AS h ON a.caption_id = h.caption_id
        WHERE
          a.is_active
          AND a.caption_id IS NOT NULL
          AND a.scheduled_send_date >= DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
          AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
          AND NOT (
            a.scheduled_send_date >= p_week_start
            AND a.scheduled_send_date <= DATE_ADD(p_week_start, INTERVAL 6 DAY)
            AND a.page_name IN (SELECT w.page_name FROM wanting AS w)
          )
      )
      AND b.content_id NOT IN (
        SELECT COALESCE(h.content_id, q.caption_id)
        FROM `${dataset}.judged_queue` AS q
        CROSS JOIN `${dataset}.tuning` AS t
        LEFT JOIN bank AS h ON q.caption_id = h.caption_id
        WHERE
          q.reason IS NULL
          AND q.caption_id IS NOT NULL
          AND DATE(q.send_time, 'America/Los_Angeles')
          BETWEEN DATE_SUB(p_week_start, INTERVAL t.reservation_days DAY)
          AND DATE_ADD(p_week_start, INTERVAL t.reservation_days + 6 DAY)
      )
      AND b.content_id NOT IN (
        SELECT COALESCE(h.content_id, s.caption_id)
        FROM `${dataset}.caption_selections` AS s
        LEFT JOIN bank AS h ON s.caption_id = h.caption_id
        WHERE
          s.week_start = p_week_start
          AND p_page_name IS NOT NULL
          AND s.page_name != p_page_name
      )
      AND b.caption_id NOT IN (
        SELECT x.caption_id
        FROM `${dataset}.caption_availability` AS x
        WHERE
          x.active_from > p_week_start
          OR x.active_until < DATE_ADD(p_week_start, INTERVAL 6 DAY)
          OR x.sends >= x.max_sends
      )
  ),

  restricted_categories AS (
    SELECT DISTINCT
      r.page_name,
      content_category
    FROM `${dataset}.usable_restrictions` AS r
    CROSS JOIN UNNEST(r.restricted_categories) AS content_category
    WHERE p_page_name IS NULL OR r.page_name = p_page_name
  ),

  restricted_tiers AS (
    SELECT DISTINCT
      r.page_name,
      price_tier
    FROM `${dataset}.usable_restrictions` AS r
    CROSS JOIN UNNEST(r.restricted_price_tiers) AS price_tier
    WHERE p_page_name IS NULL OR r.page_name = p_page_name
  ),

  suspects AS (
    SELECT
      b.caption_id,
      b.caption_text
    FROM bank AS b
    WHERE REGEXP_CONTAINS(b.caption_text, v_any_pattern)
  ),

  -- Sent by the page in the days before, matching one of its patterns, or rejected by a reviewer.
  refused AS (
    SELECT
      f.page_name,
      h.content_id AS caption_id
    FROM `${dataset}.message_facts` AS f
    INNER JOIN bank AS h ON f.caption_id = h.caption_id
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      f.send_date >= DATE_SUB(p_week_start, INTERVAL t.rest_days DAY)
      AND f.send_date < p_week_start
    UNION DISTINCT
    SELECT
      p.page_name,
      b.caption_id
    FROM page_patterns AS p
    INNER JOIN suspects AS b ON REGEXP_CONTAINS(b.caption_text, p.pattern)
    UNION DISTINCT
    SELECT
      v.page_name,
      h.content_id
    FROM `${dataset}.schedule_review` AS v
    INNER JOIN bank AS h ON v.caption_id = h.caption_id
    WHERE v.week_start = p_week_start AND v.decision = 'reject'
  )

  SELECT
    w.page_name,
    w.price_tier,
    b.caption_id
  FROM wanting AS w
  INNER JOIN unreserved AS b ON w.price_tier = b.price_tier
  LEFT JOIN restricted_categories AS rc
    ON w.page_name = rc.page_name AND b.content_category = rc.content_category
  LEFT JOIN restricted_tiers AS rt
    ON w.page_name = rt.page_name AND b.price_tier = rt.price_tier
  LEFT JOIN refused AS x ON w.page_name = x.page_name AND b.caption_id = x.caption_id
  WHERE
    (b.page_name IS NULL OR b.page_name = w.page_name)
    AND rc.content_category IS NULL
    AND rt.price_tier IS NULL
    AND x.caption_id IS NULL;

  -- One row per page and tier: its places, how many captions are eligible for them, and what their
  -- percentiles are multiplied by.
  CREATE OR REPLACE TEMP TABLE tier_places AS
  WITH eligible AS (
    SELECT
      page_name,
      price_tier,
      COUNT(*) AS captions
    FROM eligible_captions
    GROUP BY page_name, price_tier
  )

  SELECT
    w.page_name,
    w.price_tier,
    SUM(IF(w.arm = 'treatment', w.wanted, 0)) AS treatment_places,
    SUM(IF(w.arm = 'control', w.wanted, 0)) AS control_places,
    MAX(w.week_wanted) AS week_wanted,
    MAX(e.captions) AS captions,
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
  LEFT JOIN eligible AS e ON w.page_name = e.page_name AND w.price_tier = e.price_tier
  GROUP BY w.page_name, w.price_tier;

  -- One row per eligible page and caption: what is believed of it. Rows stay narrow until few are
  -- left: everything is ranked, little is kept. A pair that was never tried has no statistics, and
  -- so the prior that it borrows, else that of its page and tier.
  CREATE OR REPLACE TEMP TABLE beliefs AS
  SELECT
    e.page_name,
    e.price_tier,
    e.caption_id,
    COALESCE(s.prior_successes, b.prior_successes, r.prior_successes, 1.0) AS prior_successes,
    COALESCE(s.prior_failures, b.prior_failures, r.prior_failures, 1.0) AS prior_failures,
    COALESCE(
      s.effective_successes, SAFE_DIVIDE(s.successes, COALESCE(r.dispersion, 1.0)), 0.0
    ) AS effective_successes,
    COALESCE(
      s.effective_failures, SAFE_DIVIDE(s.failures, COALESCE(r.dispersion, 1.0)), 0.0
    ) AS effective_failures
  FROM eligible_captions AS e
  LEFT JOIN `${dataset}.caption_bandit_stats` AS s
    ON e.page_name = s.page_name AND e.caption_id = s.caption_id
  LEFT JOIN `${dataset}.borrowed_caption_priors` AS b
    ON
      e.page_name = b.page_name AND e.caption_id = b.caption_id AND e.price_tier = b.price_tier
  LEFT JOIN `${dataset}.caption_priors` AS r
    ON e.page_name = r.page_name AND e.price_tier = r.price_tier;

  -- One row per page, tier, arm and caption that may be chosen: the best by score, or for the
  -- control arm by a uniform draw, more of them than there are places.
  CREATE OR REPLACE TEMP TABLE fresh_candidates AS
  WITH drawn AS (
    SELECT
      e.page_name,
      e.price_tier,
      e.caption_id,
      `${dataset}.wilson_sample`(
        t.posterior_sharpening * (e.prior_successes + e.effective_successes),
        t.posterior_sharpening * (e.prior_failures + e.effective_failures),
        CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', e.page_name, '|',
          CAST(e.caption_id AS STRING)
        )
      ) AS thompson_score
    FROM beliefs AS e
    CROSS JOIN `${dataset}.tuning` AS t
  ),

  -- draw_rank counts from the best draw, so the percentile is that of CUME_DIST.
  scored AS (
    SELECT
      d.page_name,
      d.price_tier,
      d.caption_id,
      d.thompson_score,
      d.draw_rank,
      m.captions,
      m.multiplier,
      SAFE_DIVIDE(m.captions - d.draw_rank + 1, m.captions) * m.multiplier
      + IF(
        b.content_category IS NULL,
        0.0,
        t.diversity_weight * (1.0 - 2.0 * COALESCE(c.relative_use, 0.0))
      ) AS final_score
    FROM (
      SELECT
        *,
        RANK() OVER (PARTITION BY page_name, price_tier ORDER BY thompson_score DESC) AS draw_rank
      FROM drawn
    ) AS d
    CROSS JOIN `${dataset}.tuning` AS t
    INNER JOIN tier_places AS m ON d.page_name = m.page_name AND d.price_tier = m.price_tier
    INNER JOIN bank AS b ON d.caption_id = b.caption_id
    LEFT JOIN recent_categories AS c
      ON d.page_name = c.page_name AND b.content_category = c.content_category
  ),

  offered AS (
    SELECT
      s.page_name,
      s.price_tier,
      s.caption_id,
      s.thompson_score,
      s.final_score,
      w.arm,
      w.wanted,
      w.week_wanted,
      t.candidate_depth_factor * w.wanted + t.candidate_depth_extra AS depth,
      IF(
        w.arm = 'treatment',
        s.final_score,
        2.0 + (CAST(CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
          p_seed, '|', CAST(p_week_start AS STRING), '|', s.page_name, '|',
          CAST(s.caption_id AS STRING), '|uniform'
        ))), 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
      ) AS offer_score
    FROM scored AS s
    INNER JOIN wanted_captions AS w
      ON s.page_name = w.page_name AND s.price_tier = w.price_tier
    CROSS JOIN `${dataset}.tuning` AS t
    WHERE
      w.wanted > 0
      AND (
        w.arm = 'control'
        -- Diversity can't lift a caption over more places than that.
        OR s.draw_rank <= t.candidate_depth_factor * w.wanted + t.candidate_depth_extra
        + COALESCE(SAFE_DIVIDE(2.0 * t.diversity_weight * s.captions, s.multiplier), s.captions)
      )
  ),

  kept AS (
    SELECT
      *,
      ROW_NUMBER() OVER (
        PARTITION BY page_name, price_tier, arm ORDER BY offer_score DESC, caption_id
      ) AS arm_rank
    FROM offered
    QUALIFY arm_rank <= depth
  )

  SELECT
    k.*,
    b.content_category,
    COALESCE(b.has_urgency, FALSE) AS has_urgency,
    COALESCE(s.successes, 0) AS successes,
    COALESCE(s.failures, 0) AS failures,
    COALESCE(a.pages, 0) - IF(COALESCE(s.total_observations, 0) > 0 AND a.pages > 0, 1, 0)
      AS other_pages,
    e.prior_successes,
    e.prior_failures,
    e.prior_successes + e.effective_successes AS posterior_successes,
    e.prior_failures + e.effective_failures AS posterior_failures
  FROM kept AS k
  INNER JOIN beliefs AS e ON k.page_name = e.page_name AND k.caption_id = e.caption_id
  INNER JOIN bank AS b ON k.caption_id = b.caption_id
  LEFT JOIN `${dataset}.caption_bandit_stats` AS s
    ON k.page_name = s.page_name AND k.caption_id = s.caption_id
  LEFT JOIN `${dataset}.caption_appeal` AS a ON k.caption_id = a.caption_id;

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
    selection_seed
  )
  SELECT
    page_name, p_week_start, arm, caption_id, price_tier, content_category, has_urgency,
    thompson_score, final_score, successes, failures, offer_score, arm_rank, wanted, week_wanted,
    p_seed
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
  -- whose posterior counts differ by less than an eighth are one group. What another page got is
  -- left out, as are the places within the limits that the rest of the page's week fills.
  INSERT INTO `${dataset}.selection_pools` (
    page_name, week_start, price_tier, content_category, has_urgency, captions, prior_successes,
    prior_failures, effective_successes, effective_failures, relative_use, multiplier,
    treatment_places, control_places, category_room, urgent_room
  )
  WITH urgent_rest AS (
    SELECT
      page_name,
      price_tier,
      SUM(urgent) AS chosen
    FROM rest_of_week
    GROUP BY page_name, price_tier
  ),

  alike AS (
    SELECT
      e.page_name,
      e.price_tier,
      COALESCE(b.content_category, 'uncategorised') AS category,
      COALESCE(b.has_urgency, FALSE) AS is_urgent,
      CAST(ROUND(8.0 * LN(e.prior_successes + e.effective_successes)) AS INT64) AS success_group,
      CAST(ROUND(8.0 * LN(e.prior_failures + e.effective_failures)) AS INT64) AS failure_group,
      COUNT(*) AS captions,
      AVG(e.prior_successes) AS prior_successes,
      AVG(e.prior_failures) AS prior_failures,
      AVG(e.effective_successes) AS effective_successes,
      AVG(e.effective_failures) AS effective_failures
    FROM beliefs AS e
    INNER JOIN bank AS b ON e.caption_id = b.caption_id
    LEFT JOIN `${dataset}.caption_selections` AS k
      ON
        e.caption_id = k.caption_id AND e.page_name != k.page_name AND k.week_start = p_week_start
    WHERE e.price_tier != 'bump' AND k.caption_id IS NULL
    GROUP BY e.page_name, e.price_tier, category, is_urgent, success_group, failure_group
  )

  SELECT
    a.page_name,
    p_week_start,
    a.price_tier,
    a.category,
    a.is_urgent,
    a.captions,
    a.prior_successes,
    a.prior_failures,
    a.effective_successes,
    a.effective_failures,
    COALESCE(c.relative_use, IF(a.category = 'uncategorised', 0.5, 0.0)),
    w.multiplier,
    w.treatment_places,
    w.control_places,
    IF(
      a.category = 'uncategorised',
      w.treatment_places,
      GREATEST(CAST(FLOOR(t.max_category_share * w.week_wanted) AS INT64), 1)
      - COALESCE(g.chosen, 0)
    ),
    t.max_urgent_captions - COALESCE(u.chosen, 0)
  FROM alike AS a
  CROSS JOIN `${dataset}.tuning` AS t
  INNER JOIN tier_places AS w ON a.page_name = w.page_name AND a.price_tier = w.price_tier
  LEFT JOIN recent_categories AS c
    ON a.page_name = c.page_name AND a.category = c.content_category
  LEFT JOIN rest_of_week AS g
    ON
      a.page_name = g.page_name
      AND a.price_tier = g.price_tier
      AND a.category = g.content_category
  LEFT JOIN urgent_rest AS u
    ON a.page_name = u.page_name AND a.price_tier = u.price_tier;

  COMMIT TRANSACTION;

  SELECT s.*
  FROM `${dataset}.caption_selections` AS s
  WHERE s.week_start = p_week_start AND (p_page_name IS NULL OR s.page_name = p_page_name)
  ORDER BY s.page_name, s.price_tier, s.tier_rank;
END;
