"""Aggregates and window functions that prove a construct, over the rows of `edges.GROUPS`."""

from collections.abc import Mapping, Sequence

# Over the rows of GROUPS: by group, over all of them, and over none.
AGGREGATES: Mapping[str, Sequence[str]] = {
    "COUNT/1": ["COUNT(*)", "COUNT(x)", "COUNT(s)", "COUNT(NULLIF(i, 9))"],
    "COUNT/1 DISTINCT": [
        "COUNT(DISTINCT i)",
        "COUNT(DISTINCT s)",
        "COUNT(DISTINCT x)",
        "COUNT(DISTINCT d)",
        "COUNT(DISTINCT IF(b, i, NULL))",
    ],
    "COUNTIF/1": ["COUNTIF(b)", "COUNTIF(i > 2)", "COUNTIF(x IS NULL)", "COUNTIF(s = 'a')"],
    "SUM/1": [
        "SUM(i)",
        "SUM(x)",
        "SUM(IF(b, x, 0))",
        "SUM(IF(b, 1, 0))",
        "SUM(i * x)",
        "COALESCE(SUM(i), 0)",
        "1000 * SUM(x)",
        "SAFE_DIVIDE(1000 * SUM(x), SUM(i))",
    ],
    "AVG/1": ["AVG(x)", "AVG(i)", "AVG(IF(b, x, NULL))"],
    "MIN/1": ["MIN(i)", "MIN(x)", "MIN(s)", "MIN(d)", "MIN(t)"],
    "MAX/1": ["MAX(i)", "MAX(x)", "MAX(s)", "MAX(d)", "MAX(t)", "MAX(k)"],
    "STDDEV/1": ["STDDEV(x)", "STDDEV(k)"],
    "LOGICAL_OR/1": ["LOGICAL_OR(b)", "LOGICAL_OR(i > 2)"],
    "LOGICAL_AND/1": ["LOGICAL_AND(b)"],
    "STRING_AGG/2 ORDER BY": [
        "STRING_AGG(s, ', ' ORDER BY g, k)",
        "STRING_AGG(s, '' ORDER BY s DESC, g, k)",
        "STRING_AGG(CAST(i AS STRING), '|' ORDER BY g, k)",
    ],
    "STRING_AGG/2 DISTINCT ORDER BY": [
        "STRING_AGG(DISTINCT s, ', ' ORDER BY s)",
        "STRING_AGG(DISTINCT CAST(i AS STRING), '|' ORDER BY CAST(i AS STRING) DESC)",
    ],
    "ARRAY_AGG/1 ORDER BY": [
        "ARRAY_AGG(k ORDER BY g, k)",
        "ARRAY_AGG(k ORDER BY x DESC, g, k)",
        "ARRAY_AGG(STRUCT(k AS k, s AS s) ORDER BY g, k)",
        "ARRAY_AGG(COALESCE(s, '-') ORDER BY i, g, k)",
        "TO_JSON_STRING(ARRAY_AGG(STRUCT(k AS k, x AS x, d AS d) ORDER BY g, k))",
    ],
    "ARRAY_AGG/1 IGNORE NULLS ORDER BY": ["ARRAY_AGG(i IGNORE NULLS ORDER BY g, k)"],
    "ARRAY_AGG/1 ORDER BY LIMIT": ["ARRAY_AGG(k ORDER BY x DESC, g, k LIMIT 2)"],
    "ARRAY_AGG/1 IGNORE NULLS ORDER BY LIMIT": [
        "ARRAY_AGG(s IGNORE NULLS ORDER BY k DESC, g LIMIT 1)"
    ],
}

# Over the rows of GROUPS, one value a row.
WINDOWS: Mapping[str, Sequence[str]] = {
    "ROW_NUMBER/0 OVER PARTITION ORDER": [
        "ROW_NUMBER() OVER (PARTITION BY g ORDER BY x, k)",
        "ROW_NUMBER() OVER (PARTITION BY g ORDER BY x DESC, k DESC)",
        "ROW_NUMBER() OVER (PARTITION BY b, g ORDER BY s, d, k)",
    ],
    "ROW_NUMBER/0 OVER ORDER": ["ROW_NUMBER() OVER (ORDER BY s DESC, g, k)"],
    "RANK/0 OVER PARTITION ORDER": ["RANK() OVER (PARTITION BY g ORDER BY i)"],
    "PERCENT_RANK/0 OVER PARTITION ORDER": [
        "PERCENT_RANK() OVER (PARTITION BY g ORDER BY i)",
        "CAST(ROUND(100.0 * PERCENT_RANK() OVER (PARTITION BY g ORDER BY x DESC)) AS INT64)",
    ],
    "CUME_DIST/0 OVER PARTITION ORDER": [
        "CUME_DIST() OVER (PARTITION BY g ORDER BY i)",
        "CUME_DIST() OVER (PARTITION BY g ORDER BY x DESC)",
    ],
    "PERCENTILE_CONT/2 OVER PARTITION": [
        "PERCENTILE_CONT(x, 0.5) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(x, 0.25) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(x, 0.75) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(CAST(i AS FLOAT64), 0.5) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(IF(b, x, NULL), 0.5) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(x, 0) OVER (PARTITION BY g)",
        "PERCENTILE_CONT(x, 1) OVER (PARTITION BY g)",
    ],
    "PERCENTILE_CONT/2 OVER": ["PERCENTILE_CONT(x, 0.5) OVER ()"],
    "COUNT/1 OVER PARTITION": ["COUNT(*) OVER (PARTITION BY g)", "COUNT(x) OVER (PARTITION BY b)"],
    "COUNT/1 OVER": ["COUNT(x) OVER ()"],
    "COUNTIF/1 OVER PARTITION": ["COUNTIF(b) OVER (PARTITION BY g)"],
    "COUNTIF/1 OVER PARTITION ORDER": ["COUNTIF(b) OVER (PARTITION BY g ORDER BY k)"],
    "SUM/1 OVER": ["SUM(i) OVER ()", "SUM(x) OVER ()"],
    "SUM/1 OVER PARTITION": [
        "SUM(i) OVER (PARTITION BY g)",
        "SUM(x) OVER (PARTITION BY g)",
        "SUM(IF(b, x, 0)) OVER (PARTITION BY g)",
    ],
    "MIN/1 OVER PARTITION ORDER": [
        "MIN(i) OVER (PARTITION BY g ORDER BY k)",
        "MIN(x) OVER (PARTITION BY g ORDER BY i)",
    ],
    "SUM/1 OVER PARTITION ORDER": [
        "SUM(i) OVER (PARTITION BY g ORDER BY k)",
        "SUM(x) OVER (PARTITION BY g ORDER BY i)",
    ],
    "SUM/1 OVER PARTITION ORDER ROWS OFFSET_PRECEDING to CURRENT_ROW": [
        "SUM(x) OVER (PARTITION BY g ORDER BY k ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
    ],
    "SUM/1 OVER PARTITION ORDER ROWS UNBOUNDED_PRECEDING to CURRENT_ROW": [
        "SUM(i) OVER (PARTITION BY g ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
    ],
    "SUM/1 OVER PARTITION ORDER ROWS UNBOUNDED_PRECEDING to OFFSET_PRECEDING": [
        "SUM(i) OVER (PARTITION BY g ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)",
    ],
    "SUM/1 OVER PARTITION ORDER RANGE OFFSET_PRECEDING to CURRENT_ROW": [
        "SUM(x) OVER (PARTITION BY g ORDER BY k RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)",
        (
            "SUM(i) OVER "
            "(PARTITION BY g ORDER BY UNIX_DATE(d) RANGE BETWEEN 6 PRECEDING AND CURRENT ROW)"
        ),
    ],
    "MAX/1 OVER PARTITION": ["MAX(x) OVER (PARTITION BY g)", "MAX(d) OVER (PARTITION BY b)"],
    "MIN/1 OVER PARTITION": ["MIN(i) OVER (PARTITION BY g)"],
    "AVG/1 OVER PARTITION": ["AVG(x) OVER (PARTITION BY g)"],
    "LOGICAL_OR/1 OVER PARTITION": [
        "LOGICAL_OR(b) OVER (PARTITION BY g)",
        "LOGICAL_OR(i > 2) OVER (PARTITION BY g)",
    ],
    "LAG/1 OVER PARTITION ORDER": ["LAG(x) OVER (PARTITION BY g ORDER BY k)"],
    "LEAD/1 OVER PARTITION ORDER": ["LEAD(s) OVER (PARTITION BY g ORDER BY k)"],
    "FIRST_VALUE/1 OVER PARTITION ORDER": ["FIRST_VALUE(x) OVER (PARTITION BY g ORDER BY k)"],
}
