
  -- The choice.

  DELETE FROM `${dataset}.caption_selections`
  WHERE week_start = p_week_start AND (p_page_name IS NULL OR page_name = p_page_name);

  -- Six rounds: most pages are served in the first two, what conflicts leave open in the rest.
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
    other_pages = r.other_pages,
    suggested_price = r.suggested_price,
    expected_value = r.expected_value
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
      f.other_pages,
      f.suggested_price,
      f.expected_value
    FROM `${dataset}.caption_selections` AS c
    INNER JOIN `${dataset}.selection_candidates` AS f
      ON
        c.week_start = f.week_start
        AND c.page_name = f.page_name
        AND c.caption_id = f.caption_id
        AND c.arm = f.arm
    WHERE c.week_start = p_week_start
  ) AS r
  WHERE
    s.week_start = p_week_start
    AND s.page_name = r.page_name
    AND s.caption_id = r.caption_id
    AND (p_page_name IS NULL OR s.page_name = p_page_name);
