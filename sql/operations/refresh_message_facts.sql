-- Sorts mass_messages into message_facts, scheduled_messages and quarantined_messages: each input row
-- is in one of them.
-- Only what has changed is sorted again, and only rows that differ are written; the tables are as if
-- everything had been sorted again:
-- - Of each LA date of the history, message_days keeps the number of rows and their fingerprint, the
--   sum of 40 bits of the SHA-256 of each. A date whose rows differ from those kept is sorted again.
--   is_whole compares every date; otherwise those from facts_recent_days before the last refresh on,
--   or before its newest message where the export was older than its load.
-- - So are the dates with messages without caption_id when the captions have changed, and those with
--   counts of an unknown time when the time taken for it has.
-- - So are the dates of the last 60 days whose messages were counted several times: how counts ripen
--   is fitted to them.
-- - Rows of one row_id may stand on several dates. Those on other dates whose row_id is or was on one
--   of these dates are sorted with them.
-- - is_anew sorts everything again. So do another made_by, and tables that do not hold as many rows as
--   message_days says: they are not what the last refresh left.
-- The bounds are far beyond what a page can have: sums of counts and of their squares stay within
-- INT64, and amounts are numbers. At most 100,000,000 recipients, 100,000 USD asked for and
-- 100,000,000 USD earned by one message; sent in 2000 or later, before 2100.
-- A message is known by its row_id; without one, by its page, minute and normalised text. Rows of one
-- message (the same row_id, page and minute) are its counts at different times: of those until it was
-- withdrawn, the row that was counted last replaces the others; where that is not known, the one with
-- the most views, since counts only grow. The others are in quarantine, and no fault. A message that
-- was scheduled is sent when a row says so. Another page or minute under the same row_id is another
-- message, a duplicate row_id.
-- A message that is scheduled, or whose time is after its counts were read, has not been sent: it is
-- no fact, and no bad row either. It is what people have queued, until it is withdrawn: then it is in
-- quarantine, and no fault.
-- A message without caption_id takes the caption whose normalised text is its own, as
-- caption_contents normalises. Among several, one of the message's own type, then the page's own,
-- then the smallest id.
-- Counts grow for days. maturity is the share of its final views to expect of a message at the age at
-- which its counts were read. How counts ripen is fitted to messages that were counted several times,
-- where there are enough (maturity_min_messages), else the curve of maturity_curve.
-- Counts that do not say when they were read were read at the newest load. When that is more than 48
-- hours after the newest message that they tell of, the export is older than its load: they were read
-- at that message's time, when the last messages were young.
-- Parameters:
--   loaded_at (TIMESTAMP): newest load of mass_messages.
--   made_by (STRING): fingerprint of this script and of the views that it reads.
--   is_whole (BOOL): whether dates before the recent ones are compared too.
--   is_anew (BOOL): whether everything is sorted again.
DECLARE v_is_anew, v_has_work BOOL;
DECLARE v_loaded_before, v_exported_at TIMESTAMP;
DECLARE v_since, v_first, v_last DATE;
DECLARE v_days, v_others, v_read_days, v_young_days ARRAY<DATE>;
DECLARE v_shared ARRAY<INT64>;

SET (v_is_anew, v_loaded_before, v_since) = (
  SELECT AS STRUCT
    a.is_anew,
    a.loaded_before,
    IF(
      a.is_anew OR @is_whole,
      DATE '1970-01-01',
      DATE_SUB(
        LEAST(
          DATE(a.loaded_before, 'America/Los_Angeles'),
          COALESCE(a.newest_date, DATE(a.loaded_before, 'America/Los_Angeles'))
        ),
        INTERVAL a.recent_days DAY
      )
    ) AS since
  FROM (
    SELECT
      @is_anew
      OR d.days = 0
      OR d.made_by != @made_by
      OR d.messages != f.messages + s.messages + q.messages AS is_anew,
      LEAST(COALESCE(d.loaded_at, @loaded_at), @loaded_at) AS loaded_before,
      d.newest_date,
      k.recent_days
    FROM (
      SELECT
        COUNT(*) AS days,
        COALESCE(SUM(e.messages), 0) AS messages,
        MAX(e.made_by) AS made_by,
        MAX(e.loaded_at) AS loaded_at,
        MAX(
          IF(e.send_date <= DATE(e.loaded_at, 'America/Los_Angeles'), e.send_date, NULL)
        ) AS newest_date
      FROM `${dataset}.message_days` AS e
    ) AS d
    CROSS JOIN (SELECT COUNT(*) AS messages FROM `${dataset}.message_facts`) AS f
    CROSS JOIN (SELECT COUNT(*) AS messages FROM `${dataset}.scheduled_messages`) AS s
    CROSS JOIN (SELECT COUNT(*) AS messages FROM `${dataset}.quarantined_messages`) AS q
    CROSS JOIN (
      SELECT COALESCE(MAX(t.facts_recent_days), 60) AS recent_days FROM `${dataset}.tuning` AS t
    ) AS k
  ) AS a
);

-- One row per LA date of the history, as it is now and was at the last refresh: what has to be sorted
-- again. 1970-01-01 stands for rows without a time, or with one that is not from 2000 to 2099.
CREATE OR REPLACE TEMP TABLE compared_days AS
WITH dated AS (
  SELECT
    m.*,
    IF(
      m.sending_time >= TIMESTAMP '2000-01-01 00:00:00+00'
      AND m.sending_time < TIMESTAMP '2100-01-01 00:00:00+00',
      DATE(m.sending_time, 'America/Los_Angeles'),
      DATE '1970-01-01'
    ) AS day,
    -- Most are NULL or plain: the rest takes time.
    CASE
      WHEN m.status IS NULL THEN 'sent'
      WHEN m.status IN ('sent', 'scheduled', 'withdrawn') THEN m.status
      ELSE LOWER(TRIM(m.status))
    END AS state,
    UNIX_MICROS(m.sending_time) AS sent_micros,
    UNIX_MICROS(m.counted_at) AS counted_micros
  FROM `${dataset}.mass_messages` AS m
  WHERE
    m.sending_time >= TIMESTAMP(v_since, 'America/Los_Angeles')
    OR m.sending_time IS NULL
    OR m.sending_time < TIMESTAMP '2000-01-01 00:00:00+00'
),

present AS (
  SELECT
    m.day,
    COUNT(*) AS messages,
    SUM(
      CAST(
        CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
          COALESCE(CAST(m.row_id AS STRING), ''), '|',
          COALESCE(CAST(m.sent_micros AS STRING), ''), '|',
          COALESCE(CAST(m.counted_micros AS STRING), ''), '|',
          COALESCE(CAST(m.sent_count AS STRING), ''), '|',
          COALESCE(CAST(m.viewed_count AS STRING), ''), '|',
          COALESCE(CAST(m.purchased_count AS STRING), ''), '|',
          COALESCE(CAST(m.earnings AS STRING), ''), '|',
          COALESCE(CAST(m.price AS STRING), ''), '|',
          COALESCE(CAST(m.caption_id AS STRING), ''), '|',
          COALESCE(m.page_name, '|'), '|',
          COALESCE(m.message_type, '|'), '|',
          COALESCE(m.status, '|'), '|',
          COALESCE(m.message, '|')
        ))), 1, 10)) AS INT64
      )
    ) AS fingerprint,
    COUNTIF(m.counted_at IS NULL) AS untimed,
    COUNTIF(m.caption_id IS NULL) AS unnamed,
    COUNTIF(m.state IN ('scheduled', 'withdrawn')) AS unsent,
    MAX(
      IF(
        m.counted_at IS NULL
        AND m.sending_time <= @loaded_at
        AND m.state != 'scheduled'
        AND NOT (m.state = 'withdrawn' AND COALESCE(m.sent_count, 0) = 0),
        m.sending_time,
        NULL
      )
    ) AS newest_untimed,
    MIN(m.row_id) AS least_row_id,
    MAX(m.row_id) AS greatest_row_id
  FROM dated AS m
  GROUP BY m.day
),

known AS (
  SELECT
    p.day AS send_date, p.messages, p.fingerprint, p.untimed, p.unnamed, p.unsent,
    p.newest_untimed, p.least_row_id, p.greatest_row_id
  FROM present AS p
  WHERE p.day >= v_since OR p.day = DATE '1970-01-01'
  UNION ALL
  SELECT
    d.send_date, d.messages, d.fingerprint, d.untimed, d.unnamed, d.unsent, d.newest_untimed,
    d.least_row_id, d.greatest_row_id
  FROM `${dataset}.message_days` AS d
  WHERE d.send_date < v_since AND d.send_date != DATE '1970-01-01'
),

-- Exactly one row: what all dates depend on.
settled AS (
  SELECT
    IF(
      TIMESTAMP_DIFF(@loaded_at, n.newest_untimed, MINUTE) > 2880, n.newest_untimed, @loaded_at
    ) AS exported_at,
    c.fingerprint AS captions_fingerprint,
    TO_HEX(SHA256(CONCAT(CAST(t.messages AS STRING), '|', COALESCE(u.ages, ''))))
      AS curve_fingerprint,
    IF(u.last_maturity < 1, 1000000.0, u.last_age) AS ripe_hours
  FROM (SELECT MAX(k.newest_untimed) AS newest_untimed FROM known AS k) AS n
  CROSS JOIN (
    SELECT
      COALESCE(
        SUM(
          CAST(
            CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
              CAST(b.caption_id AS STRING), '|', COALESCE(b.page_name, '|'), '|', b.price_tier, '|',
              b.caption_text
            ))), 1, 10)) AS INT64
          )
        ),
        0
      ) AS fingerprint
    FROM `${dataset}.usable_captions` AS b
  ) AS c
  CROSS JOIN (
    SELECT COALESCE(MAX(k.maturity_min_messages), 50) AS messages FROM `${dataset}.tuning` AS k
  ) AS t
  CROSS JOIN (
    SELECT
      STRING_AGG(
        CONCAT(CAST(m.age_hours AS STRING), ':', CAST(m.maturity AS STRING)), '|'
        ORDER BY m.age_hours, m.maturity
      ) AS ages,
      MAX(m.age_hours) AS last_age,
      MIN(IF(m.age_hours = l.age_hours, m.maturity, NULL)) AS last_maturity
    FROM `${dataset}.maturity_curve` AS m
    CROSS JOIN (SELECT MAX(a.age_hours) AS age_hours FROM `${dataset}.maturity_curve` AS a) AS l
  ) AS u
),

-- Counts of an unknown time have the age that exported_at gives them, up to 30 days. It also decides
-- which of several counts of a message is the newest, where some have their time.
judged AS (
  SELECT
    COALESCE(k.send_date, d.send_date) AS send_date,
    COALESCE(k.messages, 0) AS messages,
    k.fingerprint, k.untimed, k.unnamed, k.unsent, k.newest_untimed, k.least_row_id,
    k.greatest_row_id, d.youngest_hours, s.exported_at, s.captions_fingerprint,
    s.curve_fingerprint,
    LEAST(COALESCE(k.least_row_id, d.least_row_id), COALESCE(d.least_row_id, k.least_row_id))
      AS least,
    GREATEST(
      COALESCE(k.greatest_row_id, d.greatest_row_id),
      COALESCE(d.greatest_row_id, k.greatest_row_id)
    ) AS greatest,
    COALESCE(
      d.youngest_hours < s.ripe_hours OR d.curve_fingerprint != s.curve_fingerprint, FALSE
    ) AS is_young,
    COALESCE(d.curve_fingerprint != s.curve_fingerprint, FALSE) AS has_other_curve,
    COALESCE(d.loaded_at != @loaded_at, FALSE) AS has_other_load,
    COALESCE(
      v_is_anew
      OR k.send_date IS NULL
      OR d.send_date IS NULL
      OR k.messages != d.messages
      OR k.fingerprint != d.fingerprint
      OR (k.unnamed > 0 AND d.captions_fingerprint != s.captions_fingerprint)
      OR (
        k.untimed > 0
        AND d.exported_at != s.exported_at
        AND (
          k.untimed < k.messages
          OR k.unsent > 0
          OR k.send_date >= DATE(
            TIMESTAMP_SUB(LEAST(d.exported_at, s.exported_at), INTERVAL 31 DAY),
            'America/Los_Angeles'
          )
        )
      ),
      FALSE
    ) AS is_changed
  FROM known AS k
  FULL JOIN `${dataset}.message_days` AS d ON k.send_date = d.send_date
  CROSS JOIN settled AS s
),

-- The dates whose messages tell how counts ripen, now or at the last refresh.
telling AS (
  SELECT DISTINCT q.send_date
  FROM `${dataset}.quarantined_messages` AS q
  WHERE
    q.reason = 'replaced by newer counts'
    AND q.send_date >= DATE(
      TIMESTAMP_SUB(v_loaded_before, INTERVAL 60 DAY), 'America/Los_Angeles'
    )
),

wanted AS (
  SELECT
    j.* EXCEPT (is_changed),
    j.is_changed
    OR (
      t.send_date IS NOT NULL
      AND LOGICAL_OR(j.is_changed OR j.has_other_curve OR j.has_other_load) OVER ()
    ) AS is_changed
  FROM judged AS j
  LEFT JOIN telling AS t ON j.send_date = t.send_date
),

-- Other dates that may have a row_id of these.
beside AS (
  SELECT DISTINCT o.send_date
  FROM wanted AS o
  INNER JOIN wanted AS w ON o.least <= w.greatest AND o.greatest >= w.least
  WHERE
    w.is_changed
    AND NOT o.is_changed
    AND w.send_date != DATE '1970-01-01'
    AND o.send_date != DATE '1970-01-01'
)

SELECT
  w.* EXCEPT (least, greatest),
  b.send_date IS NOT NULL AS is_beside
FROM wanted AS w
LEFT JOIN beside AS b ON w.send_date = b.send_date;

SET (v_has_work, v_exported_at, v_first, v_last, v_days, v_others, v_young_days) = (
  SELECT AS STRUCT
    v_is_anew OR COUNTIF(c.is_changed OR c.has_other_curve) > 0 AS has_work,
    MAX(c.exported_at) AS exported_at,
    MIN(IF(c.is_changed AND c.send_date != DATE '1970-01-01', c.send_date, NULL)) AS first_date,
    MAX(IF(c.is_changed AND c.send_date != DATE '1970-01-01', c.send_date, NULL)) AS last_date,
    ARRAY_AGG(IF(c.is_changed, c.send_date, NULL) IGNORE NULLS ORDER BY c.send_date) AS days,
    ARRAY_AGG(IF(c.is_beside, c.send_date, NULL) IGNORE NULLS ORDER BY c.send_date) AS others,
    ARRAY_AGG(
      IF(c.is_young AND NOT c.is_changed, c.send_date, NULL) IGNORE NULLS ORDER BY c.send_date
    ) AS young_days
  FROM compared_days AS c
);

IF v_has_work THEN

SET v_read_days = v_days;
IF ARRAY_LENGTH(v_others) > 0 THEN
SET (v_shared, v_read_days, v_first, v_last) = (
  WITH changed AS (
    SELECT m.row_id
    FROM `${dataset}.mass_messages` AS m
    WHERE
      m.row_id IS NOT NULL
      AND m.sending_time >= TIMESTAMP(v_first, 'America/Los_Angeles')
      AND m.sending_time < TIMESTAMP(DATE_ADD(v_last, INTERVAL 1 DAY), 'America/Los_Angeles')
      AND DATE(m.sending_time, 'America/Los_Angeles') IN UNNEST(v_days)
    UNION DISTINCT
    SELECT f.row_id FROM `${dataset}.message_facts` AS f WHERE f.send_date IN UNNEST(v_days)
    UNION DISTINCT
    SELECT s.row_id
    FROM `${dataset}.scheduled_messages` AS s
    WHERE DATE(s.send_time, 'America/Los_Angeles') IN UNNEST(v_days)
    UNION DISTINCT
    SELECT q.row_id
    FROM `${dataset}.quarantined_messages` AS q
    WHERE q.row_id IS NOT NULL AND q.send_date IN UNNEST(v_days)
  ),

  others AS (
    SELECT f.row_id, f.send_date
    FROM `${dataset}.message_facts` AS f
    WHERE f.send_date IN UNNEST(v_others)
    UNION ALL
    SELECT s.row_id, DATE(s.send_time, 'America/Los_Angeles') AS send_date
    FROM `${dataset}.scheduled_messages` AS s
    WHERE DATE(s.send_time, 'America/Los_Angeles') IN UNNEST(v_others)
    UNION ALL
    SELECT q.row_id, q.send_date
    FROM `${dataset}.quarantined_messages` AS q
    WHERE q.send_date IN UNNEST(v_others)
  ),

  found AS (
    SELECT o.row_id, o.send_date
    FROM others AS o
    INNER JOIN changed AS c ON o.row_id = c.row_id
  )

  SELECT AS STRUCT
    (
      SELECT ARRAY_AGG(i.row_id IGNORE NULLS ORDER BY i.row_id LIMIT 50001)
      FROM (SELECT DISTINCT f.row_id FROM found AS f) AS i
    ) AS shared,
    (
      SELECT ARRAY_AGG(e.send_date IGNORE NULLS ORDER BY e.send_date)
      FROM (
        SELECT f.send_date FROM found AS f
        UNION DISTINCT
        SELECT d AS send_date FROM UNNEST(v_days) AS d
      ) AS e
    ) AS read_days,
    (SELECT LEAST(v_first, COALESCE(MIN(f.send_date), v_first)) FROM found AS f) AS first_date,
    (SELECT GREATEST(v_last, COALESCE(MAX(f.send_date), v_last)) FROM found AS f) AS last_date
);
-- More than a variable should hold.
IF ARRAY_LENGTH(v_shared) > 50000 THEN
SET v_is_anew = TRUE;
SET (v_first, v_last) = (
  SELECT AS STRUCT MIN(c.send_date) AS first_date, MAX(c.send_date) AS last_date
  FROM compared_days AS c
  WHERE c.send_date != DATE '1970-01-01'
);
END IF;
END IF;

CREATE OR REPLACE TEMP TABLE judged_messages AS
WITH dated AS (
  SELECT
    m.*,
    IF(
      m.sending_time >= TIMESTAMP '2000-01-01 00:00:00+00'
      AND m.sending_time < TIMESTAMP '2100-01-01 00:00:00+00',
      DATE(m.sending_time, 'America/Los_Angeles'),
      DATE '1970-01-01'
    ) AS day,
    CASE
      WHEN m.status IS NULL THEN 'sent'
      WHEN m.status IN ('sent', 'scheduled', 'withdrawn') THEN m.status
      ELSE LOWER(TRIM(m.status))
    END AS state
  FROM `${dataset}.mass_messages` AS m
  WHERE
    (
      m.sending_time >= TIMESTAMP(v_first, 'America/Los_Angeles')
      AND m.sending_time < TIMESTAMP(DATE_ADD(v_last, INTERVAL 1 DAY), 'America/Los_Angeles')
    )
    OR m.sending_time IS NULL
    OR m.sending_time < TIMESTAMP '2000-01-01 00:00:00+00'
    OR m.sending_time >= TIMESTAMP '2100-01-01 00:00:00+00'
),

typed AS (
  SELECT
    m.day AS send_date,
    COALESCE(
      m.row_id,
      CAST(
        CONCAT('0x', SUBSTR(TO_HEX(SHA256(CONCAT(
          m.page_name, '|', CAST(DIV(UNIX_SECONDS(m.sending_time), 60) AS STRING), '|',
          COALESCE(
            REGEXP_REPLACE(
              REGEXP_REPLACE(
                LOWER(NORMALIZE(IF(m.row_id IS NULL, m.message, NULL))),
                r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
              ),
              r'[^\p{L}\p{N}]+', ''
            ),
            ''
          )
        ))), 1, 15)) AS INT64
      )
    ) AS row_id,
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
    m.state AS status,
    COALESCE(m.counted_at, v_exported_at) AS counted_at,
    m.counted_at IS NOT NULL AS is_timed,
    m.state = 'scheduled'
    OR (m.state = 'withdrawn' AND COALESCE(m.sent_count, 0) = 0)
    OR m.sending_time > COALESCE(m.counted_at, v_exported_at) AS is_scheduled,
    (m.sent_count IS NOT NULL AND SAFE_CAST(m.sent_count AS INT64) IS NULL)
    OR (m.viewed_count IS NOT NULL AND SAFE_CAST(m.viewed_count AS INT64) IS NULL)
    OR (m.purchased_count IS NOT NULL AND SAFE_CAST(m.purchased_count AS INT64) IS NULL)
      AS has_no_count,
    m.row_id AS given_row_id,
    m.sent_count AS given_sent_count,
    m.viewed_count AS given_viewed_count,
    m.purchased_count AS given_purchased_count,
    m.earnings AS given_earnings,
    m.status AS given_status,
    m.counted_at AS given_counted_at
  FROM dated AS m
  WHERE v_is_anew OR m.day IN UNNEST(v_days) OR m.row_id IN UNNEST(v_shared)
),

ruled AS (
  SELECT
    t.*,
    CASE
      WHEN t.page_name IS NULL THEN 'missing page_name'
      WHEN
        NOT REGEXP_CONTAINS(t.page_name, r'^[a-z0-9_]+$')
        THEN IF(TRIM(t.page_name) = '', 'missing page_name', 'page_name is not [a-z0-9_]+')
      WHEN LENGTH(t.page_name) > 100 THEN 'page_name is longer than 100 characters'
      WHEN t.sending_time IS NULL THEN 'missing sending_time'
      WHEN
        t.sending_time < TIMESTAMP '2000-01-01 00:00:00+00'
        OR t.sending_time >= TIMESTAMP '2100-01-01 00:00:00+00'
        THEN 'sending_time is not from 2000 to 2099'
      WHEN t.message_type IS NULL OR t.message_type NOT IN ('PPV', 'Bump')
        THEN 'message_type is not PPV or Bump'
      WHEN t.status NOT IN ('sent', 'scheduled', 'withdrawn')
        THEN 'status is not sent, scheduled or withdrawn'
      -- Other control characters do no harm: matching drops them, and no history is exported.
      WHEN REGEXP_CONTAINS(t.message, r'\x00') THEN 'message has a NUL character'
      WHEN t.price < 0 THEN 'price is negative'
      -- NaN compares as FALSE on BigQuery, and above every number on the embedded warehouse.
      WHEN t.price IS NOT NULL AND NOT t.price <= 100000 THEN 'price is not a number up to 100,000'
      -- What was not sent yet has no counts.
      WHEN t.is_scheduled THEN NULL
      WHEN t.has_no_count THEN 'a count is not a whole number'
      WHEN t.sent_count IS NULL OR t.sent_count <= 0 THEN 'sent_count is not above 0'
      WHEN t.sent_count > 100000000 THEN 'sent_count is above 100,000,000'
      WHEN t.viewed_count IS NULL THEN 'missing viewed_count'
      WHEN t.viewed_count < 0 OR t.purchased_count < 0 THEN 'a count is negative'
      WHEN t.viewed_count > t.sent_count THEN 'viewed_count exceeds sent_count'
      WHEN t.purchased_count > t.viewed_count THEN 'purchased_count exceeds viewed_count'
      WHEN t.earnings < 0 THEN 'earnings are negative'
      WHEN NOT COALESCE(t.earnings <= 100000000, FALSE)
        THEN 'earnings are not a number up to 100,000,000'
    END AS broken_rule
  FROM typed AS t
),

-- Most messages have one row that breaks no rule: the others are told apart, at a cost, and only they
-- need their payload.
repeated AS (
  SELECT r.row_id
  FROM ruled AS r
  WHERE r.broken_rule IS NULL
  GROUP BY r.row_id
  HAVING COUNT(*) > 1
),

marked AS (
  SELECT
    r.send_date, r.row_id, r.page_name, r.message, r.sending_time, r.price, r.sent_count,
    r.viewed_count, r.purchased_count, r.earnings, r.message_type, r.caption_id, r.counted_at,
    r.is_timed, r.status, r.is_scheduled, r.broken_rule,
    p.row_id IS NOT NULL AS is_repeated,
    TO_JSON_STRING(STRUCT(
      r.given_row_id AS row_id,
      r.page_name,
      r.message,
      r.sending_time,
      r.price,
      r.given_sent_count AS sent_count,
      r.given_viewed_count AS viewed_count,
      r.given_purchased_count AS purchased_count,
      r.given_earnings AS earnings,
      r.message_type,
      r.caption_id,
      r.given_status AS status,
      r.given_counted_at AS counted_at
    )) AS payload
  FROM ruled AS r
  LEFT JOIN repeated AS p ON r.row_id = p.row_id
  WHERE
    r.broken_rule IS NOT NULL
    OR p.row_id IS NOT NULL
    OR (r.is_scheduled AND r.status = 'withdrawn')
),

-- One row per row of such a message that breaks no rule, with the page and time that its row_id
-- stands for.
known AS (
  SELECT
    r.*,
    FIRST_VALUE(r.page_name) OVER (
      PARTITION BY r.row_id ORDER BY r.is_scheduled, r.sending_time, r.page_name, r.payload
    ) AS known_page,
    FIRST_VALUE(r.sending_time) OVER (
      PARTITION BY r.row_id ORDER BY r.is_scheduled, r.sending_time, r.page_name, r.payload
    ) AS known_time
  FROM marked AS r
  WHERE r.broken_rule IS NULL AND r.is_repeated
),

told AS (
  SELECT
    k.*,
    k.page_name = k.known_page
    AND (
      k.is_scheduled
      OR DIV(UNIX_SECONDS(k.sending_time), 60) = DIV(UNIX_SECONDS(k.known_time), 60)
    ) AS is_known
  FROM known AS k
),

-- One row per row of a message: which one tells its counts.
copies AS (
  SELECT
    w.*,
    ROW_NUMBER() OVER (
      PARTITION BY w.row_id
      ORDER BY
        w.is_scheduled,
        w.is_scheduled AND w.status != 'withdrawn',
        COALESCE(w.counted_at > w.withdrawn_at, FALSE),
        w.counted_at DESC,
        w.viewed_count DESC,
        w.purchased_count DESC,
        w.earnings DESC,
        w.sent_count DESC,
        w.sending_time DESC,
        w.payload
    ) AS place,
    FIRST_VALUE(w.payload) OVER (
      PARTITION BY w.row_id
      ORDER BY
        w.is_scheduled,
        w.is_scheduled AND w.status != 'withdrawn',
        COALESCE(w.counted_at > w.withdrawn_at, FALSE),
        w.counted_at DESC,
        w.viewed_count DESC,
        w.purchased_count DESC,
        w.earnings DESC,
        w.sent_count DESC,
        w.sending_time DESC,
        w.payload
    ) AS newest_payload
  FROM (
    SELECT
      t.*,
      MIN(IF(t.status = 'withdrawn', t.counted_at, NULL)) OVER (PARTITION BY t.row_id)
        AS withdrawn_at
    FROM told AS t
    WHERE t.is_known
  ) AS w
)

SELECT
  c.send_date, c.row_id, c.page_name, c.message, c.sending_time, c.price, c.sent_count,
  c.viewed_count, c.purchased_count, c.earnings, c.message_type, c.caption_id, c.counted_at, c.is_timed,
  c.status, c.is_scheduled, c.payload,
  CASE
    WHEN c.place = 1 AND c.is_scheduled AND c.status = 'withdrawn'
      THEN 'withdrawn before it was sent'
    WHEN c.place = 1 THEN NULL
    WHEN c.payload = c.newest_payload THEN 'duplicate row_id'
    ELSE 'replaced by newer counts'
  END AS reason
FROM copies AS c
UNION ALL
SELECT
  t.send_date, t.row_id, t.page_name, t.message, t.sending_time, t.price, t.sent_count,
  t.viewed_count, t.purchased_count, t.earnings, t.message_type, t.caption_id, t.counted_at, t.is_timed,
  t.status, t.is_scheduled, t.payload, 'duplicate row_id' AS reason
FROM told AS t
WHERE NOT t.is_known
UNION ALL
SELECT
  r.send_date, r.row_id, r.page_name, r.message, r.sending_time, r.price, r.sent_count,
  r.viewed_count, r.purchased_count, r.earnings, r.message_type, r.caption_id, r.counted_at,
  r.is_timed, r.status, r.is_scheduled, r.payload,
  COALESCE(r.broken_rule, 'withdrawn before it was sent') AS reason
FROM marked AS r
WHERE r.broken_rule IS NOT NULL OR NOT r.is_repeated
UNION ALL
SELECT
  r.send_date, r.row_id, r.page_name, r.message, r.sending_time, r.price, r.sent_count,
  r.viewed_count, r.purchased_count, r.earnings, r.message_type, r.caption_id, r.counted_at,
  r.is_timed, r.status, r.is_scheduled, CAST(NULL AS STRING) AS payload,
  CAST(NULL AS STRING) AS reason
FROM ruled AS r
LEFT JOIN repeated AS p ON r.row_id = p.row_id
WHERE
  r.broken_rule IS NULL AND p.row_id IS NULL AND NOT (r.is_scheduled AND r.status = 'withdrawn');

-- One row per text of a page and type that a caption of the bank says: texts repeat, and to normalise
-- one costs more than to look it up.
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

texts AS (
  SELECT DISTINCT
    j.page_name,
    j.message_type,
    j.message
  FROM judged_messages AS j
  WHERE j.reason IS NULL AND j.caption_id IS NULL
),

contents AS (
  SELECT
    t.page_name,
    t.message_type,
    t.message,
    REGEXP_REPLACE(
      REPLACE(
        REGEXP_REPLACE(
          LOWER(NORMALIZE(t.message)), r'&(nbsp|amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);', ''
        ),
        ' ', ''
      ),
      r'[^\p{L}\p{N}]+', ''
    ) AS content_text
  FROM texts AS t
)

SELECT
  m.page_name,
  m.message_type,
  m.message,
  b.caption_id
FROM contents AS m
INNER JOIN bank AS b
  ON
    m.content_text = b.content_text
    AND (b.page_name IS NULL OR b.page_name = m.page_name)
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY m.page_name, m.message_type, m.message
    ORDER BY
      IF((b.price_tier = 'bump') = (m.message_type = 'Bump'), 0, 1),
      IF(b.page_name IS NULL, 1, 0),
      b.caption_id
  ) = 1;

-- The curve in force, from age to age, from before the first to after the last: at each age the
-- configured share times how many more views there were near it than expected; it never falls, and
-- ends at 1. Counts are final at once where no curve is configured.
CREATE OR REPLACE TEMP TABLE fresh_curve AS
WITH configured AS (
  SELECT
    p.age_hours,
    IF(p.is_first, -1.0, p.age_hours) AS from_hours,
    COALESCE(p.next_age, 1000000.0) AS until_hours,
    p.maturity,
    COALESCE(p.next_maturity, p.maturity) AS next_maturity
  FROM (
    SELECT
      c.age_hours,
      c.maturity,
      ROW_NUMBER() OVER (ORDER BY c.age_hours) = 1 AS is_first,
      LEAD(c.age_hours) OVER (PARTITION BY c.maturity IS NULL ORDER BY c.age_hours) AS next_age,
      LEAD(c.maturity) OVER (PARTITION BY c.maturity IS NULL ORDER BY c.age_hours)
        AS next_maturity
    FROM `${dataset}.maturity_curve` AS c
  ) AS p
  UNION ALL
  SELECT
    0.0 AS age_hours,
    -1.0 AS from_hours,
    1000000.0 AS until_hours,
    1.0 AS maturity,
    1.0 AS next_maturity
  FROM (SELECT COUNT(*) AS ages FROM `${dataset}.maturity_curve` AS c) AS n
  WHERE n.ages = 0
),

readings AS (
  SELECT
    j.row_id,
    j.viewed_count,
    SAFE_DIVIDE(TIMESTAMP_DIFF(j.counted_at, j.sending_time, MINUTE), 60.0) AS age_hours,
    j.reason IS NULL AS is_newest
  FROM judged_messages AS j
  WHERE
    j.is_timed
    AND NOT j.is_scheduled
    AND j.status = 'sent'
    AND (j.reason IS NULL OR j.reason = 'replaced by newer counts')
    AND j.sending_time >= TIMESTAMP_SUB(@loaded_at, INTERVAL 60 DAY)
),

finals AS (
  SELECT
    r.row_id,
    r.viewed_count
  FROM readings AS r
  CROSS JOIN (SELECT MAX(s.age_hours) AS last_age FROM configured AS s) AS c
  WHERE r.is_newest AND r.viewed_count > 0 AND r.age_hours >= c.last_age
),

-- One row per reading of a message of the last 60 days whose final views were read later: its views,
-- those that the configured curve expects of it, and the nearest age of the curve.
ripening AS (
  SELECT
    r.age_hours,
    r.viewed_count,
    f.viewed_count * (
      s.maturity
      + (s.next_maturity - s.maturity)
      * COALESCE(SAFE_DIVIDE(r.age_hours - s.age_hours, s.until_hours - s.age_hours), 0.0)
    ) AS expected_views,
    IF(
      r.age_hours - s.age_hours <= s.until_hours - r.age_hours, s.age_hours, s.until_hours
    ) AS nearest_age
  FROM readings AS r
  INNER JOIN finals AS f ON r.row_id = f.row_id
  INNER JOIN configured AS s ON r.age_hours >= s.from_hours AND r.age_hours < s.until_hours
  WHERE NOT r.is_newest
),

points AS (
  SELECT
    s.age_hours,
    s.from_hours,
    s.until_hours,
    s.maturity,
    s.next_maturity = s.maturity AND s.until_hours = 1000000.0 AS is_last,
    COUNT(r.age_hours) AS messages,
    SAFE_DIVIDE(SUM(r.viewed_count), SUM(r.expected_views)) AS factor
  FROM configured AS s
  LEFT JOIN ripening AS r ON s.age_hours = r.nearest_age
  GROUP BY s.age_hours, s.maturity, s.next_maturity, s.from_hours, s.until_hours
),

fitted AS (
  SELECT
    p.age_hours,
    p.from_hours,
    p.until_hours,
    p.messages,
    p.maturity IS NULL AS is_unknown,
    p.messages >= n.messages AND NOT p.is_last AS is_fitted,
    IF(
      p.messages >= n.messages AND NOT p.is_last,
      GREATEST(LEAST(ROUND(p.maturity * p.factor, 6), 1.0), 0.001),
      p.maturity
    ) AS maturity
  FROM points AS p
  CROSS JOIN (
    SELECT COALESCE(MAX(t.maturity_min_messages), 50) AS messages FROM `${dataset}.tuning` AS t
  ) AS n
),

rising AS (
  SELECT
    f.* EXCEPT (maturity),
    MAX(f.maturity) OVER (
      ORDER BY f.age_hours ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS maturity
  FROM fitted AS f
)

SELECT
  r.age_hours,
  r.from_hours,
  r.until_hours,
  r.maturity,
  ROUND(r.maturity, 6) AS level_maturity,
  COALESCE(
    LEAD(r.maturity) OVER (PARTITION BY r.is_unknown ORDER BY r.age_hours), r.maturity
  ) AS next_maturity,
  r.messages,
  IF(r.is_fitted, 'history', 'default') AS fitted_on
FROM rising AS r;

BEGIN TRANSACTION;

-- A row that has changed in anything is another row: the old one goes, the new one comes.
MERGE INTO `${dataset}.message_facts` AS m
USING (
  WITH aged AS (
    SELECT
      j.*,
      LEAST(
        SAFE_DIVIDE(TIMESTAMP_DIFF(j.counted_at, j.sending_time, MINUTE), 60.0), 720.0
      ) AS age_hours
    FROM judged_messages AS j
    WHERE j.reason IS NULL AND NOT j.is_scheduled
  )

  SELECT
    j.row_id,
    j.page_name,
    COALESCE(j.caption_id, c.caption_id) AS caption_id,
    j.message_type,
    j.sending_time,
    j.send_date,
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
    SAFE_DIVIDE(1000.0 * j.earnings, j.sent_count) AS emv,
    j.age_hours,
    IF(
      s.next_maturity = s.maturity,
      s.level_maturity,
      ROUND(
        s.maturity
        + (s.next_maturity - s.maturity)
        * COALESCE(
          SAFE_DIVIDE(GREATEST(j.age_hours - s.age_hours, 0.0), s.until_hours - s.age_hours), 0.0
        ),
        6
      )
    ) AS maturity
  FROM aged AS j
  INNER JOIN fresh_curve AS s ON j.age_hours >= s.from_hours AND j.age_hours < s.until_hours
  LEFT JOIN matched_captions AS c
    ON
      j.page_name = c.page_name
      AND j.message_type = c.message_type
      AND IF(j.caption_id IS NULL, j.message, NULL) = c.message
) AS f
ON
  (v_is_anew OR m.send_date IN UNNEST(v_read_days))
  AND m.row_id = f.row_id
  AND m.page_name = f.page_name
  AND COALESCE(m.caption_id, 0) = COALESCE(f.caption_id, 0)
  AND (m.caption_id IS NULL) = (f.caption_id IS NULL)
  AND m.message_type = f.message_type
  AND m.sending_time = f.sending_time
  AND m.send_date = f.send_date
  AND m.send_hour = f.send_hour
  AND m.day_of_week = f.day_of_week
  AND COALESCE(m.price, 0.0) = COALESCE(f.price, 0.0)
  AND (m.price IS NULL) = (f.price IS NULL)
  AND m.sent_count = f.sent_count
  AND m.viewed_count = f.viewed_count
  AND m.purchased_count = f.purchased_count
  AND m.earnings = f.earnings
  AND m.view_rate = f.view_rate
  AND COALESCE(m.purchase_rate, 0.0) = COALESCE(f.purchase_rate, 0.0)
  AND (m.purchase_rate IS NULL) = (f.purchase_rate IS NULL)
  AND m.emv = f.emv
  AND m.age_hours = f.age_hours
  AND m.maturity = f.maturity
WHEN NOT MATCHED THEN
  INSERT (
    row_id, page_name, caption_id, message_type, sending_time, send_date, send_hour, day_of_week,
    price, sent_count, viewed_count, purchased_count, earnings, view_rate, purchase_rate, emv,
    age_hours, maturity
  )
  VALUES (
    f.row_id, f.page_name, f.caption_id, f.message_type, f.sending_time, f.send_date, f.send_hour,
    f.day_of_week, f.price, f.sent_count, f.viewed_count, f.purchased_count, f.earnings,
    f.view_rate, f.purchase_rate, f.emv, f.age_hours, f.maturity
  )
WHEN
  NOT MATCHED BY SOURCE
  AND (
    v_is_anew
    OR (
      m.send_date IN UNNEST(v_read_days)
      AND (m.send_date IN UNNEST(v_days) OR m.row_id IN UNNEST(v_shared))
    )
  )
  THEN DELETE;

MERGE INTO `${dataset}.scheduled_messages` AS m
USING (
  SELECT
    j.row_id,
    j.page_name,
    j.sending_time AS send_time,
    j.message_type,
    COALESCE(j.caption_id, c.caption_id) AS caption_id,
    j.message,
    j.price
  FROM judged_messages AS j
  LEFT JOIN matched_captions AS c
    ON
      j.page_name = c.page_name
      AND j.message_type = c.message_type
      AND IF(j.caption_id IS NULL, j.message, NULL) = c.message
  WHERE j.reason IS NULL AND j.is_scheduled
) AS f
ON
  m.row_id = f.row_id
  AND m.page_name = f.page_name
  AND m.send_time = f.send_time
  AND m.message_type = f.message_type
  AND COALESCE(m.caption_id, 0) = COALESCE(f.caption_id, 0)
  AND (m.caption_id IS NULL) = (f.caption_id IS NULL)
  AND COALESCE(m.message, '') = COALESCE(f.message, '')
  AND (m.message IS NULL) = (f.message IS NULL)
  AND COALESCE(m.price, 0.0) = COALESCE(f.price, 0.0)
  AND (m.price IS NULL) = (f.price IS NULL)
WHEN NOT MATCHED THEN
  INSERT (row_id, page_name, send_time, message_type, caption_id, message, price)
  VALUES (
    f.row_id, f.page_name, f.send_time, f.message_type, f.caption_id, f.message, f.price
  )
WHEN
  NOT MATCHED BY SOURCE
  AND (
    v_is_anew
    OR DATE(m.send_time, 'America/Los_Angeles') IN UNNEST(v_days)
    OR m.row_id IN UNNEST(v_shared)
  )
  THEN DELETE;

MERGE INTO `${dataset}.quarantined_messages` AS q
USING (
  SELECT
    j.row_id,
    j.page_name,
    j.reason,
    NULLIF(j.send_date, DATE '1970-01-01') AS send_date,
    j.payload,
    ROW_NUMBER() OVER (PARTITION BY j.payload ORDER BY j.reason) AS occurrence
  FROM judged_messages AS j
  WHERE j.reason IS NOT NULL
) AS f
ON q.payload = f.payload AND q.occurrence = f.occurrence AND q.reason = f.reason
-- An earlier version kept no date.
WHEN MATCHED AND q.send_date IS NULL AND f.send_date IS NOT NULL THEN
  UPDATE SET send_date = f.send_date
WHEN NOT MATCHED THEN
  INSERT (row_id, page_name, send_date, reason, payload, occurrence, quarantined_at)
  VALUES (
    f.row_id, f.page_name, f.send_date, f.reason, f.payload, f.occurrence, CURRENT_TIMESTAMP()
  )
WHEN
  NOT MATCHED BY SOURCE
  AND (
    v_is_anew
    OR COALESCE(q.send_date, DATE '1970-01-01') IN UNNEST(v_days)
    OR q.row_id IN UNNEST(v_shared)
  )
  THEN DELETE;

MERGE INTO `${dataset}.fitted_maturity` AS m
USING fresh_curve AS f
ON m.age_hours = f.age_hours
WHEN MATCHED THEN
  UPDATE SET maturity = f.maturity, messages = f.messages, fitted_on = f.fitted_on
WHEN NOT MATCHED THEN
  INSERT (age_hours, maturity, messages, fitted_on)
  VALUES (f.age_hours, f.maturity, f.messages, f.fitted_on)
WHEN NOT MATCHED BY SOURCE THEN DELETE;

-- Facts of other dates whose counts were not final: how counts ripen may be known better now.
IF ARRAY_LENGTH(v_young_days) > 0 THEN
UPDATE `${dataset}.message_facts` AS m
SET maturity = a.maturity
FROM (
  SELECT
    f.row_id,
    IF(
      s.next_maturity = s.maturity,
      s.level_maturity,
      ROUND(
        s.maturity
        + (s.next_maturity - s.maturity)
        * COALESCE(
          SAFE_DIVIDE(GREATEST(f.age_hours - s.age_hours, 0.0), s.until_hours - s.age_hours), 0.0
        ),
        6
      )
    ) AS maturity
  FROM `${dataset}.message_facts` AS f
  INNER JOIN fresh_curve AS s ON f.age_hours >= s.from_hours AND f.age_hours < s.until_hours
  WHERE f.send_date IN UNNEST(v_young_days)
) AS a
WHERE
  m.send_date IN UNNEST(v_young_days)
  AND m.row_id = a.row_id
  AND m.maturity != a.maturity;
END IF;

MERGE INTO `${dataset}.message_days` AS m
USING (
  SELECT
    c.*,
    IF(c.is_changed, y.hours, LEAST(COALESCE(c.youngest_hours, y.hours), COALESCE(y.hours, c.youngest_hours)))
      AS fresh_youngest_hours
  FROM compared_days AS c
  LEFT JOIN (
    SELECT
      j.send_date,
      MIN(LEAST(SAFE_DIVIDE(TIMESTAMP_DIFF(j.counted_at, j.sending_time, MINUTE), 60.0), 720.0))
        AS hours
    FROM judged_messages AS j
    WHERE j.reason IS NULL AND NOT j.is_scheduled
    GROUP BY j.send_date
  ) AS y ON c.send_date = y.send_date
  WHERE c.messages > 0
) AS f
ON m.send_date = f.send_date
WHEN MATCHED THEN
  UPDATE SET
    messages = f.messages, fingerprint = f.fingerprint, untimed = f.untimed, unnamed = f.unnamed,
    unsent = f.unsent, newest_untimed = f.newest_untimed, least_row_id = f.least_row_id,
    greatest_row_id = f.greatest_row_id, youngest_hours = f.fresh_youngest_hours,
    exported_at = f.exported_at, captions_fingerprint = f.captions_fingerprint,
    curve_fingerprint = f.curve_fingerprint, loaded_at = @loaded_at, made_by = @made_by
WHEN NOT MATCHED THEN
  INSERT (
    send_date, messages, fingerprint, untimed, unnamed, unsent, newest_untimed, least_row_id,
    greatest_row_id, youngest_hours, exported_at, captions_fingerprint, curve_fingerprint,
    loaded_at, made_by
  )
  VALUES (
    f.send_date, f.messages, f.fingerprint, f.untimed, f.unnamed, f.unsent, f.newest_untimed,
    f.least_row_id, f.greatest_row_id, f.fresh_youngest_hours, f.exported_at,
    f.captions_fingerprint, f.curve_fingerprint, @loaded_at, @made_by
  )
WHEN NOT MATCHED BY SOURCE THEN DELETE;

COMMIT TRANSACTION;
END IF;
