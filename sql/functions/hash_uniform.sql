-- A number between 0 and 1, ends excluded, of 13 digits of a SHA-256 in hexadecimal: 52 bits, so
-- that adding a half never rounds to 1.
-- Grain: scalar.
-- Parameters:
--   digest: the SHA-256, 64 digits.
--   first_digit: where the 13 digits begin: 1, 14, 27 or 40 for independent numbers.
CREATE OR REPLACE FUNCTION `${dataset}.hash_uniform`(digest STRING, first_digit INT64)
RETURNS FLOAT64
AS (
  (CAST(CONCAT('0x', SUBSTR(digest, first_digit, 13)) AS INT64) + 0.5) * 2.220446049250313e-16
);
