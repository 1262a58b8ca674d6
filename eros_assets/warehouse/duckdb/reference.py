"""How fast this machine is at present, by work that is always the same.

The processor time that a program is charged with grows when other programs take the caches and the
cores that the processor's threads share, when the machine below a virtual one is busy, and while
the engine's threads wait for one another: twofold and more. What is timed here and what is timed
beside it grow alike: measured at loads of 1 to 8 on two cores, a selection took 7.6 to 10.5 times
as long as this work, and 1.6 to 5.3 s of processor time.
"""

import time

import duckdb

REFERENCE_SECONDS = 0.12
"""Processor time of the work on the machine that limits in seconds are meant for."""

STATEMENTS = 20
STATEMENT = """
CREATE OR REPLACE TEMP TABLE work AS
WITH hashed AS (
  SELECT n, CAST(CONCAT('0x', SUBSTR(SHA256(CAST(n + ? AS VARCHAR)), 1, 13)) AS BIGINT) AS h
  FROM range(8000) AS r (n)
),
placed AS (
  SELECT h % 50 AS g, n, h, ROW_NUMBER() OVER (PARTITION BY h % 50 ORDER BY h) AS place FROM hashed
),
grouped AS (
  SELECT g, COUNT(*) AS n, SUM(LN(h + 1)) AS s, MAX(h) AS top FROM placed GROUP BY g
),
joined AS (
  SELECT p.*, c.s
  FROM placed AS p
  INNER JOIN grouped AS c ON p.g = c.g
  LEFT JOIN grouped AS e ON p.h = e.top
  WHERE p.place <= 100
)
SELECT d.g, d.n, d.h, RANK() OVER (PARTITION BY d.g ORDER BY d.s * d.h DESC) AS k
FROM joined AS d
WHERE d.h NOT IN (SELECT top FROM grouped)
"""
"""What a selection's statements are like: hashes, places, groups, joins of a few thousand rows."""


def slowness() -> float:
    """Processor time of the work now over that on the reference machine; at least 1."""
    with duckdb.connect() as connection:
        begun = time.process_time()
        for number in range(STATEMENTS):
            connection.execute(STATEMENT, [number])
        return max((time.process_time() - begun) / REFERENCE_SECONDS, 1.0)
