-- The share of the draws of a Beta distribution that exceed a number, about: by Paulson's
-- approximation the cube root of the odds over their mean, w, is normal in
-- (w * mean_b - mean_a) / sqrt(w^2 * variance_b + variance_a), and the normal tail is the logistic
-- one of Bowling et al. (2009). Error below 0.001 for counts of 1 or more; 6 deviations at most.
-- Grain: scalar.
-- Parameters:
--   distance: logit of the number less the logarithm of successes over failures.
--   variance_a: 1 over 9 times the successes.
--   variance_b: 1 over 9 times the failures.
CREATE OR REPLACE FUNCTION `${dataset}.beta_tail_share`(
  distance FLOAT64, variance_a FLOAT64, variance_b FLOAT64
)
RETURNS FLOAT64
AS (
  (
    SELECT
      SAFE_DIVIDE(1.0, 1.0 + EXP(1.5976 * deviation + 0.070566 * POW(deviation, 3.0)))
    FROM (
      SELECT
        LEAST(GREATEST(SAFE_DIVIDE(
          EXP(SAFE_DIVIDE(distance, 3.0)) * (1.0 - variance_b) - (1.0 - variance_a),
          SQRT(EXP(2.0 * SAFE_DIVIDE(distance, 3.0)) * variance_b + variance_a)
        ), -6.0), 6.0) AS deviation
    )
  )
);
