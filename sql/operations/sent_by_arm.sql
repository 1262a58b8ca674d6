-- What became of the planned PPVs of past weeks: the results of each arm, and what was not sent.
-- A sent message belongs to a planned one when page and caption are the same and their LA dates
-- lie at most @attribution_days apart, however it was sent and at whatever hour. A schedule in
-- force goes before a superseded one, then the nearer date; a sent message belongs to one plan and
-- a plan to one sent message at most. A superseded schedule counts by what was sent of it only.
-- Bumps have no control arm and are left out, as are messages that are not ripe. Captions that say the same are one, see
-- caption_contents.
-- Grain: one row per planned PPV that was sent, or that an active schedule holds.
-- Parameters:
--   as_of (DATE): LA date; weeks that began before it are looked at.
--   lookback_days (INT64): days before as_of in which those weeks begin.
--   attribution_days (INT64): days between planned and actual sending, at most.
-- Columns:
--   page_name: Creator's page.
--   week_start: Monday that names the week for which it was planned.
--   price_tier: budget, mid or premium.
--   arm: treatment or control.
--   caption_id: Caption.
--   row_id: The sent message; NULL when none was.
--   sent_count: Recipients x maturity, see comparable_facts.
--   earnings: What it earned, USD.
WITH planned AS (
  SELECT
    r.schedule_id,
    r.message_number,
    r.page_name,
    r.week_start,
    r.price_tier,
    r.arm,
    r.caption_id,
    COALESCE(c.content_id, r.caption_id) AS content_id,
    r.send_date,
    r.status
  FROM `${dataset}.schedule_recommendations` AS r
  LEFT JOIN `${dataset}.caption_contents` AS c ON r.caption_id = c.caption_id
  WHERE
    r.week_start >= DATE_SUB(@as_of, INTERVAL @lookback_days DAY)
    AND r.week_start < @as_of
    AND r.status IN ('active', 'superseded')
    AND r.message_type = 'PPV'
    AND r.arm IN ('treatment', 'control')
),

ppvs AS (
  SELECT
    f.row_id,
    f.page_name,
    COALESCE(c.content_id, f.caption_id) AS content_id,
    f.send_date,
    f.exposure AS sent_count,
    f.earnings,
    f.is_ripe
  FROM `${dataset}.comparable_facts` AS f
  LEFT JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
  WHERE
    f.message_type = 'PPV'
    AND f.send_date >= DATE_SUB(@as_of, INTERVAL @lookback_days + @attribution_days DAY)
    AND f.send_date < @as_of
),

sent AS (
  SELECT
    p.schedule_id,
    p.message_number,
    p.status,
    f.row_id,
    f.sent_count,
    f.earnings,
    f.is_ripe,
    ABS(DATE_DIFF(f.send_date, p.send_date, DAY)) AS days_apart
  FROM planned AS p
  INNER JOIN ppvs AS f
    ON
      p.page_name = f.page_name
      AND p.content_id = f.content_id
      AND ABS(DATE_DIFF(f.send_date, p.send_date, DAY)) <= @attribution_days
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY f.row_id
      ORDER BY p.status, days_apart, p.schedule_id, p.message_number
    ) = 1
),

first_sent AS (
  SELECT *
  FROM sent AS s
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY s.schedule_id, s.message_number ORDER BY s.days_apart, s.row_id
    ) = 1
)

SELECT
  p.page_name,
  p.week_start,
  p.price_tier,
  p.arm,
  p.caption_id,
  s.row_id,
  s.sent_count,
  s.earnings
FROM planned AS p
LEFT JOIN first_sent AS s
  ON p.schedule_id = s.schedule_id AND p.message_number = s.message_number
WHERE (p.status = 'active' OR s.row_id IS NOT NULL) AND COALESCE(s.is_ripe, TRUE)
ORDER BY p.page_name, p.week_start, p.schedule_id, p.message_number;
