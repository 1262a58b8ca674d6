-- Chooses the captions of a page's week by Thompson sampling, or of every page with targets for
-- the week at once, and returns them. Replaces what was chosen before.
-- Eligible for a page: active, allowed for it, none of its restrictions, not queued by people and
-- not reserved by any page within 7 days of the week (what these pages hold in the week itself is
-- theirs to choose anew), not sent by it in the 7 days before, within its terms
-- (caption_availability), not rejected by a reviewer, or replaced by request, for it and this week.
-- thompson_score is a draw from Beta(c * (a + d * the posterior's standard deviation of successes),
-- c * b), a and b being the pair's prior and effective counts, c posterior_sharpening and d
-- draw_optimism; wear lowers the rate and leaves the certainty, and the page's taste for the category
-- (page_tastes) multiplies the odds. The prior is the pair's own; an
-- untried caption's is that of borrowed_caption_priors where other pages have tried it, else that of
-- its page and tier. What is uncertain on all pages alike they explore together (exploration_sharing):
-- each draws with its share of that variance.
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
  DECLARE v_refusal STRING;
  DECLARE v_any_pattern STRING;
  DECLARE v_oldest_week DATE;
  DECLARE v_reserved_from DATE;
  DECLARE v_reserved_until DATE;
  DECLARE v_rest_from DATE;
  DECLARE v_diversity_from DATE;
  DECLARE v_candidate_depth_factor, v_candidate_depth_extra, v_max_urgent_captions,
    v_individual_draws INT64;
  DECLARE v_control_share, v_max_category_share, v_diversity_weight, v_posterior_sharpening,
    v_draw_optimism, v_prior_max_rate, v_prior_min_strength, v_prior_max_strength,
    v_offer_money_exponent, v_left_to_others FLOAT64;
  DECLARE v_pages INT64;
  DECLARE v_has_tastes BOOL;

  -- v_refusal is why nothing is selected; NULL when something is. The dates are variables, so that
  -- BigQuery reads the partitions between them alone; the knobs are, because each statement that
  -- reads the table tuning is billed for it.
  -- v_control_share is the control arm's share of the PPVs: control_share while it is in doubt what
  -- EROS earns, then what the newest measurement needs, control_share_least at least.
  -- v_pages is how many pages share the captions of all, v_left_to_others how much of what is
  -- uncertain on all of them alike a page leaves to the others to find out, see posteriors.
  -- Most captions match no pattern, which one expression tells at once: it is compiled once, where
  -- a column of patterns is compiled again for every caption. A quotation that does not end is ended,
  -- or it would quote the patterns behind it. Patterns that do not go into one (too many, too large
  -- together, or with a quotation and other escapes): the empty one, which matches every caption.
  SET (
    v_refusal, v_any_pattern, v_oldest_week, v_reserved_from, v_reserved_until, v_rest_from,
    v_diversity_from, v_control_share, v_candidate_depth_factor, v_candidate_depth_extra,
    v_max_category_share, v_max_urgent_captions, v_diversity_weight, v_individual_draws,
    v_posterior_sharpening, v_draw_optimism, v_prior_max_rate, v_prior_min_strength,
    v_prior_max_strength, v_offer_money_exponent, v_pages, v_left_to_others, v_has_tastes
  ) = (
    SELECT AS STRUCT
      COALESCE(
        CASE
          WHEN p_week_start IS NULL OR p_week_start != DATE_TRUNC(p_week_start, ISOWEEK)
            THEN CONCAT(
              'p_week_start must be a Monday, not ', COALESCE(CAST(p_week_start AS STRING), 'NULL')
            )
          WHEN p_seed IS NULL
            THEN 'p_seed is NULL; give any text'
          WHEN p_page_name IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM `${dataset}.usable_creators` AS c WHERE c.page_name = p_page_name
          )
            THEN CONCAT('page ', p_page_name, ' is not in creators')
        END,
        -- As pages_without_selection says it.
        CONCAT('page ', p_page_name, ': creator_caption_restrictions can not be applied: ', a.reasons),
        IF(
          p_page_name IS NOT NULL
          AND p_num_budget + p_num_mid + p_num_premium + p_num_bump IS NULL
          AND NOT EXISTS (
            SELECT 1
            FROM `${dataset}.weekly_volume_targets` AS w
            WHERE w.week_start = p_week_start AND w.page_name = p_page_name
          ),
          CONCAT(
            'page ', p_page_name, ' has no weekly_volume_targets for ',
            CAST(p_week_start AS STRING), '; give all four counts or make the targets first'
          ),
          NULL
        )
      ) AS refusal,
      IF(
        a.length > 50000
        OR a.has_other_quotations
        OR SAFE.REGEXP_CONTAINS('', a.pattern) IS NULL,
        '',
        a.pattern
      ) AS any_pattern,
      DATE_SUB(p_week_start, INTERVAL k.selection_log_days DAY) AS oldest_week,
      DATE_SUB(p_week_start, INTERVAL k.reservation_days DAY) AS reserved_from,
      DATE_ADD(p_week_start, INTERVAL k.reservation_days + 6 DAY) AS reserved_until,
      DATE_SUB(p_week_start, INTERVAL k.rest_days DAY) AS rest_from,
      DATE_SUB(p_week_start, INTERVAL k.diversity_days DAY) AS diversity_from,
      LEAST(
        k.control_share,
        GREATEST(k.control_share_least, COALESCE(m.control_share_needed, k.control_share))
      ) AS control_share,
      k.candidate_depth_factor,
      k.candidate_depth_extra,
      k.max_category_share,
      k.max_urgent_captions,
      k.diversity_weight,
      k.individual_draws,
      k.posterior_sharpening,
      k.draw_optimism,
      k.prior_max_rate,
      k.prior_min_strength,
      k.prior_max_strength,
      k.offer_money_exponent,
      g.pages,
      k.exploration_sharing * (1.0 - SAFE_DIVIDE(1.0, g.pages)) AS left_to_others,
      l.tastes > 0 AS has_tastes
    FROM (
      WITH restrictions AS (
        SELECT
          j.restricted_page,
          j.blocked_patterns,
          j.reason
        FROM `${dataset}.judged_restrictions` AS j
        WHERE p_page_name IS NULL OR j.restricted_page = p_page_name
      )

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
        ) AS pattern,
        (
          SELECT STRING_AGG(r.reason, '; ' ORDER BY r.reason)
          FROM restrictions AS r
          WHERE r.restricted_page = p_page_name
        ) AS reasons
      FROM (
        SELECT DISTINCT pattern
        FROM restrictions AS r
        CROSS JOIN UNNEST(r.blocked_patterns) AS pattern
        WHERE r.reason IS NULL AND pattern IS NOT NULL
      ) AS p
    ) AS a
    CROSS JOIN (
      SELECT
        MAX(t.selection_log_days) AS selection_log_days,
        MAX(t.reservation_days) AS reservation_days,
        MAX(t.rest_days) AS rest_days,
        MAX(t.diversity_days) AS diversity_days,
        MAX(t.control_share) AS control_share,
        MAX(t.control_share_least) AS control_share_least,
        MAX(t.candidate_depth_factor) AS candidate_depth_factor,
        MAX(t.candidate_depth_extra) AS candidate_depth_extra,
        MAX(t.max_category_share) AS max_category_share,
        MAX(t.max_urgent_captions) AS max_urgent_captions,
        MAX(t.diversity_weight) AS diversity_weight,
        MAX(t.individual_draws) AS individual_draws,
        MAX(t.posterior_sharpening) AS posterior_sharpening,
        MAX(t.draw_optimism) AS draw_optimism,
        MAX(t.prior_max_rate) AS prior_max_rate,
        MAX(t.prior_min_strength) AS prior_min_strength,
        MAX(t.prior_max_strength) AS prior_max_strength,
        MAX(t.offer_money_exponent) AS offer_money_exponent,
        MAX(t.exploration_sharing) AS exploration_sharing
      FROM `${dataset}.tuning` AS t
    ) AS k
    -- Pages with an active row, also those that another row contradicts: a mistake in one page's rows
    -- must not change what others draw.
    CROSS JOIN (
      SELECT GREATEST(COUNT(DISTINCT c.page_name), 1) AS pages
      FROM `${dataset}.creators` AS c
      WHERE
        c.is_active
        AND REGEXP_CONTAINS(c.page_name, r'^[a-z0-9_]+$')
        AND LENGTH(c.page_name) <= 100
    ) AS g
    CROSS JOIN (
      SELECT MAX(n.control_share_needed) AS control_share_needed
      FROM (
        SELECT e.control_share_needed
        FROM `${dataset}.emv_improvement` AS e
        WHERE e.scope = 'overall' AND e.as_of <= p_week_start
        QUALIFY ROW_NUMBER() OVER (ORDER BY e.as_of DESC) = 1
      ) AS n
    ) AS m
    CROSS JOIN (SELECT COUNT(*) AS tastes FROM `${dataset}.page_tastes` AS t) AS l
  );

  IF v_refusal IS NOT NULL THEN
    RAISE USING MESSAGE = CONCAT('select_captions_for_creator: ', v_refusal);
  END IF;
