-- Sorts mass_messages into message_facts and quarantined_messages: facts + quarantine = input.
-- Only rows that changed are written, so a second run writes nothing.
-- The bounds are far beyond what a page can have: sums of counts and of their squares stay within
-- INT64, and amounts are numbers. At most 100,000,000 recipients, 100,000 USD asked for and
-- 100,000,000 USD earned by one message; sent in 2000 or later, before 2100.
-- A message without caption_id takes the caption whose normalised text is its own, as
-- caption_contents normalises. Among several, one of the message's own type, then the page's own,
-- then the smallest id.
CREATE OR REPLACE TEMP TABLE judged_messages AS
WITH typed AS (
  SELECT
    m.row_id,
    m.page_name,
    m.message,
    m.sending_time,
    m.price,
    SAFE_CAST(m.sent_count AS INT64) AS sent_count,
    SAFE_CAST(m.viewed_count AS INT64) AS viewed_count,
    SAFE_CAST(COALESCE(m.purchased_count, 0) AS INT64) AS purchased_count,
    COALESCE(m.earnings, 0.0) AS earnings,
    m.message_type,
    m.caption_id,
    (m.sent_count IS NOT NULL AND SAFE_CAST(m.sent_count AS INT64) IS NULL)
    OR (m.viewed_count IS NOT NULL AND SAFE_CAST(m.viewed_count AS INT64) IS NULL)
    OR (m.purchased_count IS NOT NULL AND SAFE_CAST(m.purchased_count AS INT64) IS NULL)
      AS has_no_count,
    TO_JSON_STRING(STRUCT(
      m.row_id, m.page_name, m.message, m.sending_time, m.price, m.sent_count, m.viewed_count,
      m.purchased_count, m.earnings, m.message_type, m.caption_id
    )) AS payload
  FROM `${dataset}.mass_messages` AS m
),

ruled AS (
  SELECT
    t.*,
    CASE
      WHEN t.row_id IS NULL THEN 'missing row_id'
      WHEN t.page_name IS NULL OR TRIM(t.page_name) = '' THEN 'missing page_name'
      WHEN NOT REGEXP_CONTAINS(t.page_name, r'^[a-z0-9_]+$') THEN 'page_name is not [a-z0-9_]+'
      WHEN LENGTH(t.page_name) > 100 THEN 'page_name is longer than 100 characters'
      WHEN t.sending_time IS NULL THEN 'missing sending_time'
      WHEN
        t.sending_time < TIMESTAMP '2000-01-01 00:00:00+00'
        OR t.sending_time >= TIMESTAMP '2100-01-01 00:00:00+00'
        THEN 'sending_time is not from 2000 to 2099'
      WHEN t.message_type IS NULL OR t.message_type NOT IN ('PPV', 'Bump')
        THEN 'message_type is not PPV or Bump'
      WHEN t.has_no_count THEN 'a count is not a whole number'
      WHEN t.sent_count IS NULL OR t.sent_count <= 0 THEN 'sent_count is not above 0'
      WHEN t.sent_count > 100000000 THEN 'sent_count is above 100,000,000'
      WHEN t.viewed_count IS NULL THEN 'missing viewed_count'
      WHEN t.viewed_count < 0 OR t.purchased_count < 0 THEN 'a count is negative'
      WHEN t.viewed_count > t.sent_count THEN 'viewed_count exceeds sent_count'
      WHEN t.purchased_count > t.viewed_count THEN 'purchased_count exceeds viewed_count'
      WHEN t.earnings < 0 THEN 'earnings are negative'
      -- NaN compares as FALSE on BigQuery, and above every number on the embedded warehouse.
      WHEN NOT COALESCE(t.earnings <= 100000000, FALSE)
        THEN 'earnings are not a number up to 100,000,000'
      WHEN t.price < 0 THEN 'price is negative'
      WHEN t.price IS NOT NULL AND NOT t.price <= 100000 THEN 'price is not a number up to 100,000'
    END AS broken_rule
  FROM typed AS t
)

SELECT
  r.* EXCEPT (broken_rule, has_no_count),
  CASE
    WHEN r.broken_rule IS NOT NULL THEN r.broken_rule
    WHEN
      ROW_NUMBER() OVER (
        PARTITION BY r.row_id, r.broken_rule ORDER BY r.sending_time, r.page_name, r.payload
      ) > 1
      THEN 'duplicate row_id'
  END AS reason
FROM ruled AS r;

CREATE OR REPLACE TEMP TABLE matched_captions AS
WITH bank AS (
  SELECT
    c.caption_id,
    b.page_name,
    b.price_tier,
    c.content_text
  FROM `${dataset}.caption_contents` AS c
  INNER JOIN `${dataset}.usable_captions` AS b ON c.caption_id = b.caption_id
),

messages AS (
  SELECT
    j.row_id,
    j.page_name,
    j.message_type,
    REGEXP_REPLACE(
      REGEXP_REPLACE(
        LOWER(NORMALIZE(j.message)), r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
      ),
      r'[^\p{L}\p{N}]+', ''
    ) AS content_text
  FROM judged_messages AS j
  WHERE j.reason IS NULL AND j.caption_id IS NULL
)

SELECT
  m.row_id,
  b.caption_id
FROM messages AS m
INNER JOIN bank AS b
  ON
    m.content_text = b.content_text
    AND (b.page_name IS NULL OR b.page_name = m.page_name)
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY m.row_id
    ORDER BY
      IF((b.price_tier = 'bump') = (m.message_type = 'Bump'), 0, 1),
      IF(b.page_name IS NULL, 1, 0),
      b.caption_id
  ) = 1;

CREATE OR REPLACE TEMP TABLE fresh_facts AS
SELECT
  j.row_id,
  j.page_name,
  COALESCE(j.caption_id, c.caption_id) AS caption_id,
  j.message_type,
  j.sending_time,
  DATE(j.sending_time, 'America/Los_Angeles') AS send_date,
  EXTRACT(HOUR FROM j.sending_time AT TIME ZONE 'America/Los_Angeles') AS send_hour,
  MOD(EXTRACT(DAYOFWEEK FROM j.sending_time AT TIME ZONE 'America/Los_Angeles') + 5, 7) + 1
    AS day_of_week,
  j.price,
  j.sent_count,
  j.viewed_count,
  j.purchased_count,
  j.earnings,
  SAFE_DIVIDE(j.viewed_count, j.sent_count) AS view_rate,
  SAFE_DIVIDE(j.purchased_count, j.viewed_count) AS purchase_rate,
  SAFE_DIVIDE(1000.0 * j.earnings, j.sent_count) AS emv
FROM judged_messages AS j
LEFT JOIN matched_captions AS c ON j.row_id = c.row_id
WHERE j.reason IS NULL;

CREATE OR REPLACE TEMP TABLE fresh_quarantine AS
SELECT
  j.row_id,
  j.page_name,
  j.reason,
  j.payload,
  ROW_NUMBER() OVER (PARTITION BY j.payload ORDER BY j.reason) AS occurrence
FROM judged_messages AS j
WHERE j.reason IS NOT NULL;

BEGIN TRANSACTION;

DELETE FROM `${dataset}.message_facts`
WHERE row_id NOT IN (
  SELECT kept.row_id
  FROM (
    SELECT
      row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour,
      day_of_week, price, sent_count, viewed_count, purchased_count, earnings, view_rate,
      purchase_rate, emv
    FROM `${dataset}.message_facts`
    INTERSECT DISTINCT
    SELECT
      row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour,
      day_of_week, price, sent_count, viewed_count, purchased_count, earnings, view_rate,
      purchase_rate, emv
    FROM fresh_facts
  ) AS kept
);

INSERT INTO `${dataset}.message_facts` (
  row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour, day_of_week,
  price, sent_count, viewed_count, purchased_count, earnings, view_rate, purchase_rate, emv
)
SELECT
  row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour, day_of_week,
  price, sent_count, viewed_count, purchased_count, earnings, view_rate, purchase_rate, emv
FROM fresh_facts
EXCEPT DISTINCT
SELECT
  row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour, day_of_week,
  price, sent_count, viewed_count, purchased_count, earnings, view_rate, purchase_rate, emv
FROM `${dataset}.message_facts`;

MERGE INTO `${dataset}.quarantined_messages` AS q
USING fresh_quarantine AS f
ON q.payload = f.payload AND q.occurrence = f.occurrence AND q.reason = f.reason
WHEN NOT MATCHED THEN
  INSERT (row_id, page_name, reason, payload, occurrence, quarantined_at)
  VALUES (f.row_id, f.page_name, f.reason, f.payload, f.occurrence, CURRENT_TIMESTAMP())
WHEN NOT MATCHED BY SOURCE THEN DELETE;

COMMIT TRANSACTION;
