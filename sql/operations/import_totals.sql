-- What became of the input rows, after the facts were refreshed from them.
-- Grain: exactly one row.
-- Columns:
--   messages: Rows of mass_messages.
--   used: Facts.
--   quarantined: Rejected rows of mass_messages.
--   captions: Active captions of the bank that can be used.
--   captions_without_evidence: Those of them that no fact is of.
WITH active AS (
  SELECT DISTINCT b.caption_id
  FROM `${dataset}.usable_captions` AS b
  WHERE b.is_active
),

sent AS (
  SELECT DISTINCT f.caption_id
  FROM `${dataset}.message_facts` AS f
  WHERE f.caption_id IS NOT NULL
)

SELECT
  (SELECT COUNT(*) FROM `${dataset}.mass_messages`) AS messages,
  (SELECT COUNT(*) FROM `${dataset}.message_facts`) AS used,
  (SELECT COUNT(*) FROM `${dataset}.quarantined_messages`) AS quarantined,
  (SELECT COUNT(*) FROM active) AS captions,
  (
    SELECT COUNT(*)
    FROM active AS a
    LEFT JOIN sent AS s ON a.caption_id = s.caption_id
    WHERE s.caption_id IS NULL
  ) AS captions_without_evidence;
