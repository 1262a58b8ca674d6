-- What each page would take next from its selection candidates, given what is already chosen: one
-- round of an agency-wide allocation. select_captions_for_creator makes six such rounds in one
-- statement, which tests hold against this view; what it offers after them is what was left open.
-- In a round each page wishes, per tier and arm, for the captions that come first in its offer_score:
-- as many as it still lacks, and five to spare. A caption goes to a page that wishes for it outright
-- before one that would have it to spare; then to the control arm before the treatment arm, and to
-- the highest offer_value. A page takes the best of what it won, within its limits on urgent captions
-- and on one category. Those limits are filled in order of rank over number wanted, so that every
-- tier gets its share of them. Captions without a category are not alike: they have no limit.
-- Grain: one row per page, week, and caption that the page would take now.
-- Columns:
--   page_name (STRING): Creator's page.
--   week_start (DATE): Monday that names the week.
--   arm (STRING): treatment or control.
--   caption_id (INT64): Caption.
--   price_tier (STRING): Tier.
--   content_category (STRING): Category.
--   has_urgency (BOOL): Whether it presses for time.
--   thompson_score (FLOAT64): The draw from the posterior.
--   final_score (FLOAT64): Percentile of the draw x segment multiplier + diversity.
--   successes (INT64): Successes of the pair in the window.
--   failures (INT64): Failures of the pair in the window.
--   selection_seed (STRING): Seed of the draws.
CREATE OR REPLACE VIEW `${dataset}.caption_offers`
AS
WITH chosen_by_slot AS (
  SELECT
    page_name,
    week_start,
    price_tier,
    arm,
    COUNT(*) AS chosen
  FROM `${dataset}.caption_selections`
  GROUP BY page_name, week_start, price_tier, arm
),

chosen_by_category AS (
  SELECT
    page_name,
    week_start,
    content_category,
    COUNT(*) AS chosen
  FROM `${dataset}.caption_selections`
  GROUP BY page_name, week_start, content_category
),

chosen_urgent AS (
  SELECT
    page_name,
    week_start,
    COUNTIF(has_urgency) AS chosen
  FROM `${dataset}.caption_selections`
  GROUP BY page_name, week_start
),

open_candidates AS (
  SELECT
    c.*,
    c.wanted - COALESCE(s.chosen, 0) AS lacking,
    GREATEST(CAST(FLOOR(t.max_category_share * c.week_wanted) AS INT64), 1)
    - COALESCE(g.chosen, 0) AS category_room,
    t.max_urgent_captions - COALESCE(u.chosen, 0) AS urgent_room
  FROM `${dataset}.selection_candidates` AS c
  CROSS JOIN `${dataset}.tuning` AS t
  LEFT JOIN `${dataset}.caption_selections` AS taken
    ON c.week_start = taken.week_start AND c.caption_id = taken.caption_id
  LEFT JOIN chosen_by_slot AS s
    ON
      c.page_name = s.page_name
      AND c.week_start = s.week_start
      AND c.price_tier = s.price_tier
      AND c.arm = s.arm
  LEFT JOIN chosen_by_category AS g
    ON
      c.page_name = g.page_name
      AND c.week_start = g.week_start
      AND c.content_category = g.content_category
  LEFT JOIN chosen_urgent AS u
    ON c.page_name = u.page_name AND c.week_start = u.week_start
  WHERE taken.caption_id IS NULL
),

wishes AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY week_start, page_name, price_tier, arm
      ORDER BY offer_score DESC, caption_id
    ) AS wish_rank
  FROM open_candidates
  WHERE
    lacking > 0
    AND category_room > 0
    AND (urgent_room > 0 OR NOT has_urgency)
  QUALIFY wish_rank <= lacking + 5
),

won AS (
  SELECT
    *,
    SAFE_DIVIDE(wish_rank, lacking) AS relative_rank
  FROM wishes
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY week_start, caption_id
      ORDER BY wish_rank > lacking, arm, offer_value DESC, page_name
    ) = 1
),

within_limits AS (
  SELECT *
  FROM won
  QUALIFY
    (
      content_category IS NULL
      OR ROW_NUMBER() OVER (
        PARTITION BY week_start, page_name, content_category ORDER BY relative_rank, caption_id
      ) <= category_room
    )
    AND (
      NOT has_urgency
      OR ROW_NUMBER() OVER (
        PARTITION BY week_start, page_name, has_urgency ORDER BY relative_rank, caption_id
      ) <= urgent_room
    )
)

SELECT
  page_name,
  week_start,
  arm,
  caption_id,
  price_tier,
  content_category,
  has_urgency,
  thompson_score,
  final_score,
  successes,
  failures,
  selection_seed
FROM within_limits
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY week_start, page_name, price_tier, arm ORDER BY offer_score DESC, caption_id
  ) <= lacking;
