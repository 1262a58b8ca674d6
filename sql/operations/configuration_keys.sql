-- How many rows of the configuration tables have each key. Each must have one: a second row of a
-- segment would count its captions twice, for every page.
-- Grain: one row per table and key; the key of tuning, which has one row, is empty.
SELECT
  k.table_name,
  k.key_column,
  k.row_key,
  COUNT(*) AS row_count
FROM (
  SELECT
    'account_size_tiers' AS table_name,
    'size_tier' AS key_column,
    a.size_tier AS row_key
  FROM `${dataset}.account_size_tiers` AS a
  UNION ALL
  SELECT
    'saturation_responses' AS table_name,
    'saturation_status' AS key_column,
    s.saturation_status AS row_key
  FROM `${dataset}.saturation_responses` AS s
  UNION ALL
  SELECT
    'segment_rules' AS table_name,
    'behavioral_segment' AS key_column,
    g.behavioral_segment AS row_key
  FROM `${dataset}.segment_rules` AS g
  UNION ALL
  SELECT
    'maturity_curve' AS table_name,
    'age_hours' AS key_column,
    CAST(c.age_hours AS STRING) AS row_key
  FROM `${dataset}.maturity_curve` AS c
  UNION ALL
  SELECT
    'tuning' AS table_name,
    '' AS key_column,
    '' AS row_key
  FROM `${dataset}.tuning` AS t
) AS k
GROUP BY k.table_name, k.key_column, k.row_key
ORDER BY k.table_name, k.row_key;
