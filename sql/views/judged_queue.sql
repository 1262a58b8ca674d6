-- The rows of queued_messages and the lines of the spreadsheet's tab Queued messages, and for each that
-- can't be used the first rule that it breaks.
-- Grain: one row per row of queued_messages, and per line that could be read.
-- Columns:
--   page_name (STRING): Page as the row has it.
--   meant_page (STRING): The page that is meant: without white space around it, in lower case.
--   send_time (TIMESTAMP): Instant at which it goes out.
--   message_type (STRING): PPV or Bump.
--   caption_id (INT64): Caption; NULL: it has its own text.
--   message (STRING): Its own text, else the caption's.
--   price_tier (STRING): Tier of the caption; NULL without one.
--   content_category (STRING): What the caption is about; NULL without one.
--   price (FLOAT64): Price of a PPV, USD.
--   note (STRING): Why, for people.
--   in_sheet (BOOL): Whether it is a line of the spreadsheet.
--   reason (STRING): The first rule that the row breaks; NULL when it can be used.
CREATE OR REPLACE VIEW `${dataset}.judged_queue`
AS
WITH gathered AS (
  SELECT
    t.page_name, t.send_time, t.message_type, t.caption_id, t.message, t.price, t.note,
    FALSE AS in_sheet
  FROM `${dataset}.queued_messages` AS t
  UNION ALL
  SELECT
    s.page_name, s.send_time, s.message_type, s.caption_id, s.message, s.price, s.note,
    TRUE AS in_sheet
  FROM `${dataset}.sheet_decisions` AS s
  WHERE s.tab = 'Queued messages' AND s.is_open AND s.fault IS NULL
),

matched AS (
  SELECT
    q.page_name,
    LOWER(TRIM(q.page_name)) AS meant_page,
    q.send_time,
    q.message_type,
    q.caption_id,
    COALESCE(q.message, b.caption_text) AS message,
    b.price_tier,
    b.content_category,
    q.price,
    q.note,
    q.in_sheet,
    c.page_name AS known_page,
    b.caption_id AS known_caption_id
  FROM gathered AS q
  LEFT JOIN `${dataset}.usable_creators` AS c ON LOWER(TRIM(q.page_name)) = c.page_name
  LEFT JOIN `${dataset}.usable_captions` AS b ON q.caption_id = b.caption_id
)

SELECT
  m.page_name,
  m.meant_page,
  m.send_time,
  m.message_type,
  m.caption_id,
  m.message,
  m.price_tier,
  m.content_category,
  m.price,
  m.note,
  m.in_sheet,
  CASE
    WHEN m.page_name IS NULL OR TRIM(m.page_name) = '' THEN 'missing page_name'
    WHEN m.known_page IS NULL THEN 'the page is not in creators'
    WHEN m.send_time IS NULL THEN 'missing send_time'
    WHEN
      m.message_type IS NULL OR m.message_type NOT IN ('PPV', 'Bump')
      THEN 'message_type is not PPV or Bump'
    WHEN
      m.caption_id IS NOT NULL AND m.known_caption_id IS NULL AND m.message IS NULL
      THEN 'the caption is not in caption_bank, and there is no message'
    WHEN
      m.message IS NULL OR NOT REGEXP_CONTAINS(m.message, r'[^\s\p{Z}\p{C}]')
      THEN 'there is neither a caption_id nor a message'
    WHEN LENGTH(m.message) > 50000 THEN 'message is longer than 50,000 characters'
    WHEN
      REGEXP_CONTAINS(m.message, r'[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')
      THEN 'message has a control character'
    -- NaN lies between no numbers on either engine.
    WHEN NOT m.price BETWEEN 0 AND 10000 THEN 'price is not 0 to 10,000'
  END AS reason
FROM matched AS m;
