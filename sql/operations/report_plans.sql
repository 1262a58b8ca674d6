-- What was planned or queued for a week and the days around it, as a report compares it with what
-- was sent. content_key says what is in the message: captions that say the same are one, see
-- caption_contents; a text of people's own is known by its letters and digits.
-- Grain: one row per message of an active or superseded schedule whose LA date lies in the span.
-- Parameters:
--   first_date (DATE): first LA date of the span.
--   last_date (DATE): last LA date.
-- Columns:
--   schedule_id: Schedule.
--   page_name: Creator's page.
--   week_start: Monday that names the week for which it was planned.
--   message_number: Place in the week.
--   planned_time: Instant for which it was planned.
--   is_active: Whether its schedule is in force.
--   message_type: PPV or Bump.
--   price_tier: Tier.
--   caption_id: Caption.
--   caption_text: Text.
--   content_category: Category; NULL without one.
--   arm: treatment or control; NULL of a queued message.
--   source: planned or queued.
--   suggested_price: Price to ask, USD; NULL for a Bump.
--   expected_value: Earnings to expect, USD.
--   explanation: Why, as JSON.
--   dispersion: By which trials of the page and tier are divided to be effective; NULL: not known.
--   send_noise: Variance of a send's rate about its caption's beyond that, relative; NULL: not known.
--   content_key: What is in the message.
SELECT
  r.schedule_id,
  r.page_name,
  r.week_start,
  r.message_number,
  r.scheduled_send_time AS planned_time,
  r.status = 'active' AS is_active,
  r.message_type,
  r.price_tier,
  r.caption_id,
  COALESCE(r.caption_text, b.caption_text) AS caption_text,
  b.content_category,
  r.arm,
  COALESCE(r.source, 'planned') AS source,
  r.suggested_price,
  r.expected_value,
  r.explanation,
  p.dispersion,
  p.send_noise,
  COALESCE(
    CONCAT('#', CAST(c.content_id AS STRING)),
    NULLIF(
      REGEXP_REPLACE(
        REGEXP_REPLACE(
          LOWER(NORMALIZE(r.caption_text)), r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
        ),
        r'[^\p{L}\p{N}]+', ''
      ),
      ''
    ),
    CONCAT('#', CAST(r.caption_id AS STRING))
  ) AS content_key
FROM `${dataset}.schedule_recommendations` AS r
LEFT JOIN `${dataset}.usable_captions` AS b ON r.caption_id = b.caption_id
LEFT JOIN `${dataset}.caption_contents` AS c ON r.caption_id = c.caption_id
LEFT JOIN `${dataset}.caption_priors` AS p
  ON r.page_name = p.page_name AND r.price_tier = p.price_tier
WHERE
  r.status IN ('active', 'superseded')
  AND r.send_date >= @first_date
  AND r.send_date <= @last_date
  AND r.week_start >= DATE_SUB(@first_date, INTERVAL 7 DAY)
  AND r.week_start <= @last_date
ORDER BY r.page_name, r.scheduled_send_time, r.schedule_id, r.message_number;
