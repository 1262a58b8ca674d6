-- The 95 % Wilson score interval of a success rate (Wilson 1927, z = 1.959963984540054), and the
-- exploration bonus 1/sqrt(n + 1). No trial gives (0, 1, 1); a NULL or negative count gives NULL.
-- Written as (s + z^2/2 -+ z * sqrt(s*f/n + z^2/4)) / (n + z^2), which loses no digits near 0 and 1.
-- Grain: scalar.
-- Parameters:
--   successes: trials that succeeded, 0 or more.
--   failures: trials that did not, 0 or more.
-- Columns:
--   lower_bound (FLOAT64): Lower end of the interval, 0 or more.
--   upper_bound (FLOAT64): Upper end of the interval, 1 or less.
--   exploration_bonus (FLOAT64): 1/sqrt(n + 1), n the number of trials.
CREATE OR REPLACE FUNCTION `${dataset}.wilson_score_bounds`(successes FLOAT64, failures FLOAT64)
RETURNS STRUCT<lower_bound FLOAT64, upper_bound FLOAT64, exploration_bonus FLOAT64>
AS (
  IF(
    successes >= 0 AND failures >= 0,
    (
      SELECT STRUCT(
        GREATEST(SAFE_DIVIDE(centre - reach, weight), 0.0) AS lower_bound,
        LEAST(SAFE_DIVIDE(centre + reach, weight), 1.0) AS upper_bound,
        SAFE_DIVIDE(1.0, SQRT(successes + failures + 1.0)) AS exploration_bonus
      )
      FROM (
        SELECT
          successes + 1.9207294103470627 AS centre,
          1.959963984540054 * SQRT(
            IFNULL(SAFE_DIVIDE(successes * failures, successes + failures), 0.0)
            + 0.9603647051735313
          ) AS reach,
          successes + failures + 3.8414588206941254 AS weight
      )
    ),
    NULL
  )
);
