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
WITH active AS (
  SELECT DISTINCT c.content_id
  FROM `${dataset}.caption_contents` AS c
  INNER JOIN `${dataset}.usable_captions` AS b ON c.caption_id = b.caption_id
  WHERE b.is_active
),

sent AS (
  SELECT DISTINCT c.content_id
  FROM `${dataset}.message_facts` AS f
  INNER JOIN `${dataset}.caption_contents` AS c ON f.caption_id = c.caption_id
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
  ) AS captions_without_evidence;
