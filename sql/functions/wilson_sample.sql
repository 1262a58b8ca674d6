-- One Thompson draw: a sample of the Beta(successes, failures) posterior, prior included in the
-- counts; the same for the same arguments, independent across keys. A NULL or non-positive count,
-- or a NULL key, gives NULL.
-- Two gammas by the Wilson-Hilferty cube-root transform with a shape boost of 3, their ratio the
-- draw; the uniforms are 52-bit slices of SHA-256 of the key. Kolmogorov-Smirnov distance to the
-- exact Beta: at most 0.0004 for shapes from 0.05 to 1000.
-- Grain: scalar.
-- Parameters:
--   successes: Beta alpha, any positive real.
--   failures: Beta beta, any positive real.
--   draw_key: names the draw, as seed|week_start|page_name|caption_id.
CREATE OR REPLACE FUNCTION `${dataset}.wilson_sample`(
  successes FLOAT64, failures FLOAT64, draw_key STRING
)
RETURNS FLOAT64
AS (
  IF(
    successes > 0 AND failures > 0 AND draw_key IS NOT NULL,
    (
      SELECT SAFE_DIVIDE(gamma_a, gamma_a + gamma_b)
      FROM (
        SELECT
          (a + 3.0) * POW(
            GREATEST(
              1.0 - SAFE_DIVIDE(1.0, 9.0 * (a + 3.0))
              + SAFE_DIVIDE(radius * COS(angle), 3.0 * SQRT(a + 3.0)),
              1e-9
            ),
            3.0
          ) * EXP(
            SAFE_DIVIDE(LN(u2), a) + SAFE_DIVIDE(LN(u3), a + 1.0) + SAFE_DIVIDE(LN(u4), a + 2.0)
          ) AS gamma_a,
          (b + 3.0) * POW(
            GREATEST(
              1.0 - SAFE_DIVIDE(1.0, 9.0 * (b + 3.0))
              + SAFE_DIVIDE(radius * SIN(angle), 3.0 * SQRT(b + 3.0)),
              1e-9
            ),
            3.0
          ) * EXP(
            SAFE_DIVIDE(LN(u5), b) + SAFE_DIVIDE(LN(u6), b + 1.0) + SAFE_DIVIDE(LN(u7), b + 2.0)
          ) AS gamma_b
        FROM (
          SELECT
            a,
            b,
            SQRT(-2.0 * LN(u0)) AS radius,
            2.0 * ACOS(-1.0) * u1 AS angle,
            u2, u3, u4, u5, u6, u7
          FROM (
            SELECT
              a,
              b,
              (CAST(CONCAT('0x', SUBSTR(h0, 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u0,
              (CAST(CONCAT('0x', SUBSTR(h0, 14, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u1,
              (CAST(CONCAT('0x', SUBSTR(h0, 27, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u2,
              (CAST(CONCAT('0x', SUBSTR(h0, 40, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u3,
              (CAST(CONCAT('0x', SUBSTR(h1, 1, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u4,
              (CAST(CONCAT('0x', SUBSTR(h1, 14, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u5,
              (CAST(CONCAT('0x', SUBSTR(h1, 27, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u6,
              (CAST(CONCAT('0x', SUBSTR(h1, 40, 13)) AS INT64) + 0.5) * 2.220446049250313e-16 AS u7
            FROM (
              SELECT
                successes AS a,
                failures AS b,
                TO_HEX(SHA256(CONCAT(draw_key, '|0'))) AS h0,
                TO_HEX(SHA256(CONCAT(draw_key, '|1'))) AS h1
            )
          )
        )
      )
    ),
    NULL
  )
);
