-- What LA clocks show at some instants of a year, as the warehouse tells it.
-- Grain: one row per number in @quarters that lies in the year.
-- Parameters:
--   first_instant (TIMESTAMP): first instant of the year.
--   quarters (ARRAY<INT64>): quarters of an hour after it.
WITH instants AS (
  SELECT
    96 * day + quarter AS quarters,
    TIMESTAMP_ADD(@first_instant, INTERVAL 15 * (96 * day + quarter) MINUTE) AS instant
  FROM UNNEST(GENERATE_ARRAY(0, 373)) AS day
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 95)) AS quarter
  WHERE 96 * day + quarter IN UNNEST(@quarters)
)

SELECT
  quarters,
  DATE(instant, 'America/Los_Angeles') AS send_date,
  EXTRACT(HOUR FROM instant AT TIME ZONE 'America/Los_Angeles') AS send_hour,
  FORMAT_TIMESTAMP('%A', instant, 'America/Los_Angeles') AS day_of_week,
  FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S%Ez', instant, 'America/Los_Angeles') AS local_time
FROM instants
ORDER BY quarters;
