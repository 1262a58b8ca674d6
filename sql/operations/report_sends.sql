-- What was sent in a week and the days around it, with its counts as they are and how ripe they are.
-- content_key is that of report_plans: of a message of no caption it is its text, which is looked
-- up by row_id, else by page and instant.
-- Grain: one row per message of message_facts whose LA date lies in the span.
-- Parameters:
--   first_date (DATE): first LA date of the span.
--   last_date (DATE): last LA date.
-- Columns:
--   row_id: Message.
--   page_name: Creator's page.
--   sent_time: Instant of sending.
--   send_date: LA date of sending.
--   message_type: PPV or Bump.
--   price_tier: Tier of its caption in the bank; NULL without one.
--   caption_id: Caption; NULL when it is of none.
--   message: Text as sent.
--   price: Price asked, USD; NULL for a Bump.
--   sent_count: Recipients.
--   viewed_count: Recipients who viewed it.
--   purchased_count: Viewers who bought it.
--   earnings: What it earned until its counts were read, USD.
--   age_hours: Hours from sending to when its counts were read.
--   maturity: Share of its final views to expect at that age.
--   is_ripe: Whether it is old enough to be compared.
--   content_key: What is in the message; NULL when its text is not known.
WITH span AS (
  SELECT
    f.row_id,
    f.page_name,
    f.caption_id,
    f.message_type,
    f.sending_time,
    f.send_date,
    f.price,
    f.sent_count,
    f.viewed_count,
    f.purchased_count,
    f.earnings,
    f.age_hours,
    COALESCE(f.maturity, 1.0) AS maturity,
    COALESCE(f.age_hours >= t.maturity_min_hours, TRUE) AS is_ripe
  FROM `${dataset}.message_facts` AS f
  CROSS JOIN `${dataset}.tuning` AS t
  WHERE f.send_date >= @first_date AND f.send_date <= @last_date
),

texts AS (
  SELECT
    s.row_id,
    m.message
  FROM span AS s
  INNER JOIN `${dataset}.mass_messages` AS m
    ON s.page_name = m.page_name AND s.sending_time = m.sending_time
  WHERE
    m.message IS NOT NULL
    AND m.sending_time >= TIMESTAMP(@first_date, 'America/Los_Angeles')
    AND m.sending_time < TIMESTAMP(DATE_ADD(@last_date, INTERVAL 1 DAY), 'America/Los_Angeles')
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY s.row_id ORDER BY IF(m.row_id = s.row_id, 0, 1), m.message
    ) = 1
)

SELECT
  s.row_id,
  s.page_name,
  s.sending_time AS sent_time,
  s.send_date,
  s.message_type,
  b.price_tier,
  s.caption_id,
  COALESCE(x.message, b.caption_text) AS message,
  s.price,
  s.sent_count,
  s.viewed_count,
  s.purchased_count,
  s.earnings,
  s.age_hours,
  s.maturity,
  s.is_ripe,
  COALESCE(
    CONCAT('#', CAST(COALESCE(c.content_id, s.caption_id) AS STRING)),
    NULLIF(
      REGEXP_REPLACE(
        REGEXP_REPLACE(
          LOWER(NORMALIZE(x.message)), r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
        ),
        r'[^\p{L}\p{N}]+', ''
      ),
      ''
    )
  ) AS content_key
FROM span AS s
LEFT JOIN texts AS x ON s.row_id = x.row_id
LEFT JOIN `${dataset}.usable_captions` AS b ON s.caption_id = b.caption_id
LEFT JOIN `${dataset}.caption_contents` AS c ON s.caption_id = c.caption_id
ORDER BY s.page_name, s.sending_time, s.row_id;
