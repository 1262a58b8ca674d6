-- What a week's exploration is expected to cost: the earnings expected of what was chosen, against
-- those of the candidates of which most is expected. Of a page and tier the candidates are the logged
-- ones of the treatment arm that no other page got, with what the page chose; the treatment arm's
-- places are compared with the best of them, those of the control arm with the next best. Limits on
-- categories and on urgent captions are not taken off, so that the cost is at most what is here.
-- Grain: one row per page in @pages and price tier with a chosen caption of which something is known.
-- Parameters:
--   week_start (DATE): Monday that names the week.
--   pages (ARRAY<STRING>): pages to look at.
-- Columns:
--   page_name (STRING): Creator's page.
--   price_tier (STRING): Tier.
--   treatment_places (INT64): Captions chosen by score.
--   control_places (INT64): Captions drawn uniformly.
--   untried (INT64): Of both, those that the page had no trial of.
--   treatment_value (FLOAT64): Earnings expected of those chosen by score, USD.
--   control_value (FLOAT64): The same of those drawn uniformly.
--   best_value (FLOAT64): Earnings expected of as many of the best candidates as treatment_places, USD.
--   next_value (FLOAT64): The same of as many of the next best as control_places.
WITH chosen AS (
  SELECT
    s.page_name,
    s.price_tier,
    s.caption_id,
    s.arm,
    s.expected_value,
    s.successes + s.failures = 0 AS is_untried
  FROM `${dataset}.caption_selections` AS s
  WHERE
    s.week_start = @week_start
    AND s.page_name IN UNNEST(@pages)
    AND s.expected_value IS NOT NULL
),

places AS (
  SELECT
    c.page_name,
    c.price_tier,
    COUNTIF(c.arm = 'treatment') AS treatment_places,
    COUNTIF(c.arm = 'control') AS control_places,
    COUNTIF(c.is_untried) AS untried,
    SUM(IF(c.arm = 'treatment', c.expected_value, 0.0)) AS treatment_value,
    SUM(IF(c.arm = 'control', c.expected_value, 0.0)) AS control_value
  FROM chosen AS c
  GROUP BY c.page_name, c.price_tier
),

could_be_chosen AS (
  SELECT
    c.page_name,
    c.price_tier,
    c.caption_id,
    c.expected_value
  FROM chosen AS c
  UNION ALL
  SELECT
    c.page_name,
    c.price_tier,
    c.caption_id,
    c.expected_value
  FROM `${dataset}.selection_candidates` AS c
  LEFT JOIN `${dataset}.caption_selections` AS s
    ON c.week_start = s.week_start AND c.caption_id = s.caption_id
  WHERE
    c.week_start = @week_start
    AND c.page_name IN UNNEST(@pages)
    AND c.arm = 'treatment'
    AND c.expected_value IS NOT NULL
    AND s.caption_id IS NULL
),

placed AS (
  SELECT
    c.page_name,
    c.price_tier,
    c.expected_value,
    ROW_NUMBER() OVER (
      PARTITION BY c.page_name, c.price_tier ORDER BY c.expected_value DESC, c.caption_id
    ) AS place
  FROM could_be_chosen AS c
),

best AS (
  SELECT
    p.page_name,
    p.price_tier,
    SUM(IF(b.place <= p.treatment_places, b.expected_value, 0.0)) AS best_value,
    SUM(
      IF(
        b.place > p.treatment_places AND b.place <= p.treatment_places + p.control_places,
        b.expected_value,
        0.0
      )
    ) AS next_value
  FROM places AS p
  INNER JOIN placed AS b ON p.page_name = b.page_name AND p.price_tier = b.price_tier
  GROUP BY p.page_name, p.price_tier
)

SELECT
  p.page_name,
  p.price_tier,
  p.treatment_places,
  p.control_places,
  p.untried,
  p.treatment_value,
  p.control_value,
  b.best_value,
  b.next_value
FROM places AS p
INNER JOIN best AS b ON p.page_name = b.page_name AND p.price_tier = b.price_tier
ORDER BY p.page_name, p.price_tier;
