"""How fast this machine is at present, by work that is always the same.

The processor time that a program is charged with grows when other programs take the caches and the
cores that the processor's threads share, or when the machine below a virtual one is busy: twice and
more. What is timed here and what is timed beside it grow alike.
"""

import time

import duckdb

QUIET_SECONDS = 0.09
"""Processor time of `WORK` on two quiet cores of a server of 2024, seconds."""

WORK = """
WITH numbers AS (
  SELECT CAST(CONCAT('0x', SUBSTR(SHA256(CAST(n AS VARCHAR)), 1, 13)) AS BIGINT) AS h
  FROM range(150000) AS t (n)
),
grouped AS (SELECT h % 5000 AS k, COUNT(*) AS n, SUM(LN(h + 1)) AS s FROM numbers GROUP BY k)
SELECT
  SUM(g.n),
  MAX(g.s),
  (SELECT SUM(place) FROM (
    SELECT ROW_NUMBER() OVER (PARTITION BY h % 7 ORDER BY h) AS place FROM numbers
  ))
FROM grouped AS g
"""
"""What selections are made of: hashes, logarithms, groups, and places in an order."""


def slowness() -> float:
    """Processor time of the work now over that on a quiet machine; at least 1."""
    with duckdb.connect() as connection:
        begun = time.process_time()
        connection.execute(WORK).fetchall()
        return max((time.process_time() - begun) / QUIET_SECONDS, 1.0)
