-- What became of the input rows, after the facts were refreshed from them.
-- Grain: exactly one row.
-- Columns:
--   messages: Rows of mass_messages.
--   used: Facts.
--   scheduled: Rows of mass_messages that were not sent yet.
--   replaced: Rows of mass_messages that newer counts of their message replace.
--   withdrawn: Rows of mass_messages that were withdrawn before they were sent.
--   quarantined: Rejected rows of mass_messages.
--   captions: Active captions of the bank that can be used; those that say the same are one.
--   captions_without_evidence: Those of them that no fact is of.
--   pages: For each page that has facts or is an active creator its facts (messages), and those of
--     a caption of the bank (matched). A caption_id that the bank does not have is unmatched.
--   duplicates: The captions in use that are not used because another one of the bank says the same
--     (content_id), with both tiers.
WITH contents AS (
  SELECT
    c.caption_id,
    c.content_id,
    b.price_tier,
    b.is_active
  FROM `${dataset}.caption_contents` AS c
  INNER JOIN `${dataset}.usable_captions` AS b ON c.caption_id = b.caption_id
),

active AS (
  SELECT DISTINCT c.content_id
  FROM contents AS c
  WHERE c.is_active
),

sent AS (
  SELECT DISTINCT c.content_id
  FROM `${dataset}.message_facts` AS f
  INNER JOIN contents AS c ON f.caption_id = c.caption_id
),

bank AS (
  SELECT DISTINCT b.caption_id
  FROM `${dataset}.caption_bank` AS b
  WHERE b.caption_id IS NOT NULL
),

pages AS (
  SELECT
    COALESCE(a.page_name, s.page_name) AS page_name,
    COALESCE(s.messages, 0) AS messages,
    COALESCE(s.matched, 0) AS matched
  FROM (
    SELECT DISTINCT c.page_name
    FROM `${dataset}.usable_creators` AS c
    WHERE c.is_active
  ) AS a
  FULL OUTER JOIN (
    SELECT
      f.page_name,
      COUNT(*) AS messages,
      COUNT(b.caption_id) AS matched
    FROM `${dataset}.message_facts` AS f
    LEFT JOIN bank AS b ON f.caption_id = b.caption_id
    GROUP BY f.page_name
  ) AS s ON a.page_name = s.page_name
)

SELECT
  (SELECT COUNT(*) FROM `${dataset}.mass_messages`) AS messages,
  (SELECT COUNT(*) FROM `${dataset}.message_facts`) AS used,
  (SELECT COUNT(*) FROM `${dataset}.scheduled_messages`) AS scheduled,
  (
    SELECT COUNTIF(q.reason = 'replaced by newer counts')
    FROM `${dataset}.quarantined_messages` AS q
  ) AS replaced,
  (
    SELECT COUNTIF(q.reason = 'withdrawn before it was sent')
    FROM `${dataset}.quarantined_messages` AS q
  ) AS withdrawn,
  (
    SELECT
      COUNTIF(q.reason NOT IN ('replaced by newer counts', 'withdrawn before it was sent'))
    FROM `${dataset}.quarantined_messages` AS q
  ) AS quarantined,
  (SELECT COUNT(*) FROM active) AS captions,
  (
    SELECT COUNT(*)
    FROM active AS a
    LEFT JOIN sent AS s ON a.content_id = s.content_id
    WHERE s.content_id IS NULL
  ) AS captions_without_evidence,
  COALESCE(
    (
      SELECT
        ARRAY_AGG(
          STRUCT(p.page_name AS page_name, p.messages AS messages, p.matched AS matched)
          ORDER BY p.page_name
        )
      FROM pages AS p
    ),
    []
  ) AS pages,
  COALESCE(
    (
      SELECT
        ARRAY_AGG(
          STRUCT(
            d.caption_id AS caption_id,
            d.content_id AS content_id,
            d.price_tier AS price_tier,
            k.price_tier AS used_price_tier
          )
          ORDER BY d.content_id, d.caption_id
        )
      FROM contents AS d
      INNER JOIN contents AS k ON d.content_id = k.caption_id
      WHERE d.is_active AND d.caption_id != d.content_id
    ),
    []
  ) AS duplicates;
