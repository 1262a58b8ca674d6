-- What people have queued by hand, wherever they said so: usable lines of the spreadsheet, usable rows
-- of queued_messages, and the messages that the platform says are scheduled. A message is known by
-- its page, minute and normalised text: one that several rows have counts once, as the first of these
-- has it, and with its note.
-- Grain: one row per message.
-- Columns:
--   page_name (STRING): Creator's page.
--   send_time (TIMESTAMP): Instant at which it goes out.
--   message_type (STRING): PPV or Bump.
--   caption_id (INT64): Caption; NULL: it has its own text.
--   message (STRING): Its own text, else the caption's; what no file or cell can hold is replaced.
--   price_tier (STRING): Tier of the caption; NULL without one.
--   content_category (STRING): What the caption is about; NULL without one.
--   price (FLOAT64): Price of a PPV, USD.
--   note (STRING): Why, for people.
CREATE OR REPLACE VIEW `${dataset}.whole_queue`
AS
WITH platform AS (
  SELECT
    s.page_name,
    s.send_time,
    s.message_type,
    s.caption_id,
    TRIM(
      REGEXP_REPLACE(
        SUBSTR(COALESCE(s.message, b.caption_text, ''), 1, 50000),
        r'[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]',
        ' '
      )
    ) AS message,
    b.price_tier,
    b.content_category,
    s.price
  FROM `${dataset}.scheduled_messages` AS s
  LEFT JOIN `${dataset}.usable_captions` AS b ON s.caption_id = b.caption_id
),

gathered AS (
  SELECT
    q.meant_page AS page_name,
    q.send_time,
    q.message_type,
    q.caption_id,
    q.message,
    q.price_tier,
    q.content_category,
    q.price,
    q.note,
    IF(q.in_sheet, 0, 1) AS place
  FROM `${dataset}.judged_queue` AS q
  WHERE q.reason IS NULL
  UNION ALL
  SELECT
    p.page_name,
    p.send_time,
    p.message_type,
    p.caption_id,
    IF(REGEXP_CONTAINS(p.message, r'[^\s\p{Z}\p{C}]'), p.message, '(no text)') AS message,
    p.price_tier,
    p.content_category,
    p.price,
    'scheduled on the platform' AS note,
    2 AS place
  FROM platform AS p
),

-- What a message says at which minute; a text without a letter or digit says itself.
said AS (
  SELECT
    g.*,
    DIV(UNIX_SECONDS(g.send_time), 60) AS minute,
    COALESCE(
      NULLIF(
        REGEXP_REPLACE(
          REGEXP_REPLACE(
            LOWER(NORMALIZE(g.message)), r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
          ),
          r'[^\p{L}\p{N}]+', ''
        ),
        ''
      ),
      g.message
    ) AS content
  FROM gathered AS g
)

SELECT
  s.page_name,
  s.send_time,
  s.message_type,
  s.caption_id,
  s.message,
  s.price_tier,
  s.content_category,
  s.price,
  REGEXP_REPLACE(s.note, r'[\x00-\x1F\x7F]', ' ') AS note
FROM said AS s
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY s.page_name, s.minute, s.content
    ORDER BY
      s.place, s.note IS NULL, s.price DESC NULLS LAST, s.send_time, s.caption_id NULLS LAST,
      s.message_type, s.message, s.note
  ) = 1;
