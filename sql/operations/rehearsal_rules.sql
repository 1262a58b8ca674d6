-- What the configuration says of a page of this size, segment and saturation.
-- Grain: exactly one row, when the configuration has all three.
-- Parameters:
--   account_size (STRING): size tier.
--   behavioral_segment (STRING): price segment.
--   saturation_status (STRING): GREEN, YELLOW or RED.
SELECT
  z.min_gap_minutes + s.gap_extension_minutes AS min_gap_minutes,
  z.max_messages_per_day,
  s.cooling_days,
  g.budget_share,
  g.mid_share,
  g.premium_share
FROM `${dataset}.account_size_tiers` AS z
CROSS JOIN `${dataset}.segment_rules` AS g
CROSS JOIN `${dataset}.saturation_responses` AS s
WHERE
  z.size_tier = @account_size
  AND g.behavioral_segment = @behavioral_segment
  AND s.saturation_status = @saturation_status;
