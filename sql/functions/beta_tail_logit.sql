-- The logit of the number that a draw of Beta(successes, failures) exceeds with probability
-- survival: the inverse of the distribution, for draws made from ordered uniforms.
-- Paulson's approximation: the cube root of the odds over their mean is about normal. Below a
-- survival of 0.05 one step of Newton's method on the logarithm of the survival function follows,
-- by the continued fraction of the incomplete beta function (Didonato and Morris 1992), of which
-- five terms do. A NULL or non-positive argument gives NULL.
-- Grain: scalar.
-- Parameters:
--   successes: Beta alpha, 1 or more.
--   failures: Beta beta, 1 or more.
--   survival: probability of a greater draw, above 0; what is over 0.5 is taken for 0.5.
CREATE OR REPLACE FUNCTION `${dataset}.beta_tail_logit`(
  successes FLOAT64, failures FLOAT64, survival FLOAT64
)
RETURNS FLOAT64
AS (
  IF(
    successes > 0 AND failures > 0 AND survival > 0,
    (
      SELECT
        logit + IF(
          s < 0.05 AND hazard > 0,
          SAFE_DIVIDE(a * LN(x) + b * LN(y) - log_beta - LN(hazard) - LN(s), hazard),
          0.0
        )
      FROM (
        SELECT
          a, b, s, logit, x, y, log_beta,
          beta_0 + SAFE_DIVIDE(
            alpha_1,
            beta_1 + SAFE_DIVIDE(
              alpha_2, beta_2 + SAFE_DIVIDE(alpha_3, beta_3 + SAFE_DIVIDE(alpha_4, beta_4))
            )
          ) AS hazard
        FROM (
          SELECT
            a, b, s, logit, x, y,
            SAFE_DIVIDE(b, b + 1.0) * excess AS beta_0,
            1.0 + SAFE_DIVIDE((a - 1.0) * y, b + 1.0)
            + SAFE_DIVIDE(b + 1.0, b + 3.0) * (excess + 1.0 + x) AS beta_1,
            2.0 + SAFE_DIVIDE(2.0 * (a - 2.0) * y, b + 3.0)
            + SAFE_DIVIDE(b + 2.0, b + 5.0) * (excess + 2.0 * (1.0 + x)) AS beta_2,
            3.0 + SAFE_DIVIDE(3.0 * (a - 3.0) * y, b + 5.0)
            + SAFE_DIVIDE(b + 3.0, b + 7.0) * (excess + 3.0 * (1.0 + x)) AS beta_3,
            4.0 + SAFE_DIVIDE(4.0 * (a - 4.0) * y, b + 7.0)
            + SAFE_DIVIDE(b + 4.0, b + 9.0) * (excess + 4.0 * (1.0 + x)) AS beta_4,
            SAFE_DIVIDE(b * (a + b) * (a - 1.0) * y * y, POW(b + 1.0, 2.0)) AS alpha_1,
            SAFE_DIVIDE(
              (b + 1.0) * (a + b + 1.0) * 2.0 * (a - 2.0) * y * y, POW(b + 3.0, 2.0)
            ) AS alpha_2,
            SAFE_DIVIDE(
              (b + 2.0) * (a + b + 2.0) * 3.0 * (a - 3.0) * y * y, POW(b + 5.0, 2.0)
            ) AS alpha_3,
            SAFE_DIVIDE(
              (b + 3.0) * (a + b + 3.0) * 4.0 * (a - 4.0) * y * y, POW(b + 7.0, 2.0)
            ) AS alpha_4,
            -- Stirling's series at five more, for the logarithm of the Beta function.
            (a + 4.5) * LN(a + 5.0) + (b + 4.5) * LN(b + 5.0)
            - (a + b + 4.5) * LN(a + b + 5.0) - 5.0 + 0.9189385332046727
            + SAFE_DIVIDE(1.0, 12.0 * (a + 5.0)) + SAFE_DIVIDE(1.0, 12.0 * (b + 5.0))
            - SAFE_DIVIDE(1.0, 12.0 * (a + b + 5.0))
            - LN(a * (a + 1.0) * (a + 2.0) * (a + 3.0) * (a + 4.0))
            - LN(b * (b + 1.0) * (b + 2.0) * (b + 3.0) * (b + 4.0))
            + LN((a + b) * (a + b + 1.0) * (a + b + 2.0) * (a + b + 3.0) * (a + b + 4.0))
              AS log_beta
          FROM (
            SELECT
              a, b, s, logit, x,
              (a + b) * x - a + 1.0 AS excess,
              SAFE_DIVIDE(1.0, 1.0 + EXP(logit)) AS y
            FROM (
              SELECT
                a, b, s, logit,
                SAFE_DIVIDE(1.0, 1.0 + EXP(-logit)) AS x
              FROM (
                SELECT
                  a, b, s,
                  LN(SAFE_DIVIDE(a, b)) + 3.0 * LN(
                    SAFE_DIVIDE(
                      mean_a * mean_b
                      + z * SQRT(GREATEST(
                        mean_a * mean_a * variance_b + mean_b * mean_b * variance_a
                        - z * z * variance_a * variance_b,
                        0.0
                      )),
                      GREATEST(mean_b * mean_b - z * z * variance_b, 0.01)
                    )
                  ) AS logit
                FROM (
                  SELECT
                    a, b, s,
                    tail - SAFE_DIVIDE(
                      2.515517 + 0.802853 * tail + 0.010328 * tail * tail,
                      1.0 + 1.432788 * tail + 0.189269 * tail * tail + 0.001308 * POW(tail, 3.0)
                    ) AS z,
                    1.0 - SAFE_DIVIDE(1.0, 9.0 * a) AS mean_a,
                    1.0 - SAFE_DIVIDE(1.0, 9.0 * b) AS mean_b,
                    SAFE_DIVIDE(1.0, 9.0 * a) AS variance_a,
                    SAFE_DIVIDE(1.0, 9.0 * b) AS variance_b
                  FROM (
                    SELECT
                      successes AS a,
                      failures AS b,
                      survival AS s,
                      SQRT(-2.0 * LN(LEAST(survival, 0.5))) AS tail
                  )
                )
              )
            )
          )
        )
      )
    ),
    NULL
  )
);
