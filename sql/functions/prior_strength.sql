-- The strength (successes plus failures) of a Beta prior whose rate varies with a given relative
-- variance, within bounds.
-- Grain: scalar.
-- Parameters:
--   rate: mean of the prior.
--   variation: variance of the rate over its square.
--   least: smallest strength.
--   most: greatest strength.
CREATE OR REPLACE FUNCTION `${dataset}.prior_strength`(
  rate FLOAT64, variation FLOAT64, least FLOAT64, most FLOAT64
)
RETURNS FLOAT64
AS (
  LEAST(GREATEST(SAFE_DIVIDE(1.0 - rate, variation * rate) - 1.0, least), most)
);
