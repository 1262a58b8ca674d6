-- What a page's messages earn by LA weekday, LA hour and message type.
-- Slots with few messages are shrunk towards the page's mean of the same message type: Bumps earn
-- nothing, so a mean over both types would make every untried PPV slot look bad.
-- Messages that are not ripe are left out, recipients are scaled by maturity, see comparable_facts.
-- Grain: one row per page, ISO day of week, LA hour and message type that has messages.
-- Parameters:
--   p_page_name: page, NULL for all.
--   p_as_of: LA date after the last one of the window.
--   p_lookback_days: dates in the window, 1 or more.
-- Columns:
--   page_name (STRING): Creator's page.
--   day_of_week (INT64): ISO day of week, LA: 1 Monday to 7 Sunday.
--   send_hour (INT64): LA hour, 0 to 23.
--   message_type (STRING): PPV or Bump.
--   message_count (INT64): Messages sent then.
--   view_rate (FLOAT64): viewed / sent.
--   purchase_rate (FLOAT64): purchased / viewed; NULL without a view.
--   emv (FLOAT64): Recipient-weighted EMV, USD per 1,000 recipients.
--   shrunk_emv (FLOAT64): (n * emv + 10 * page emv) / (n + 10), the page's of the message type.
--   shrunk_view_rate (FLOAT64): The same of the view rate.
--   page_emv (FLOAT64): The page's EMV of the message type, USD per 1,000 recipients.
--   page_view_rate (FLOAT64): The page's view rate of the message type.
--   confidence (STRING): HIGH from 10 messages, MEDIUM from 5, else LOW.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.calculate_engagement_rates`(
  p_page_name STRING, p_as_of DATE, p_lookback_days INT64
)
AS (
  WITH slots AS (
    SELECT
      f.page_name,
      f.day_of_week,
      f.send_hour,
      f.message_type,
      COUNT(*) AS message_count,
      SUM(f.exposure) AS sent_count,
      SUM(f.viewed_count) AS viewed_count,
      SUM(f.purchased_count) AS purchased_count,
      SUM(f.earnings) AS earnings
    FROM `${dataset}.comparable_facts` AS f
    WHERE
      f.is_ripe
      AND f.send_date >= DATE_SUB(
        p_as_of,
        INTERVAL IF(p_lookback_days > 0, p_lookback_days, ERROR('p_lookback_days must be 1 or more')) DAY
      )
      AND f.send_date < p_as_of
      AND (p_page_name IS NULL OR f.page_name = p_page_name)
    GROUP BY f.page_name, f.day_of_week, f.send_hour, f.message_type
  ),

  rates AS (
    SELECT
      page_name,
      day_of_week,
      send_hour,
      message_type,
      message_count,
      SAFE_DIVIDE(viewed_count, sent_count) AS view_rate,
      SAFE_DIVIDE(purchased_count, viewed_count) AS purchase_rate,
      SAFE_DIVIDE(1000.0 * earnings, sent_count) AS emv,
      SAFE_DIVIDE(
        1000.0 * SUM(earnings) OVER (PARTITION BY page_name, message_type),
        SUM(sent_count) OVER (PARTITION BY page_name, message_type)
      ) AS page_emv,
      SAFE_DIVIDE(
        SUM(viewed_count) OVER (PARTITION BY page_name, message_type),
        SUM(sent_count) OVER (PARTITION BY page_name, message_type)
      ) AS page_view_rate
    FROM slots
  )

  SELECT
    r.page_name,
    r.day_of_week,
    r.send_hour,
    r.message_type,
    r.message_count,
    r.view_rate,
    r.purchase_rate,
    r.emv,
    SAFE_DIVIDE(
      r.message_count * r.emv + t.engagement_shrinkage * r.page_emv,
      r.message_count + t.engagement_shrinkage
    ) AS shrunk_emv,
    SAFE_DIVIDE(
      r.message_count * r.view_rate + t.engagement_shrinkage * r.page_view_rate,
      r.message_count + t.engagement_shrinkage
    ) AS shrunk_view_rate,
    r.page_emv,
    r.page_view_rate,
    CASE WHEN r.message_count >= 10 THEN 'HIGH' WHEN r.message_count >= 5 THEN 'MEDIUM' ELSE 'LOW' END
      AS confidence
  FROM rates AS r
  CROSS JOIN `${dataset}.tuning` AS t
);
