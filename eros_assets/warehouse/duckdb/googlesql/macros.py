"""DuckDB macros for functions that depend on an argument's type, which only DuckDB knows.

They are overloads by type, of which DuckDB plans the one that fits. Of an argument that holds an
aggregate it doesn't know the type in time: `bound_macro` gives a computed one in a lambda.

Sums, means and deviations of FLOAT64 are taken in the order of the values, so that they don't
depend on the order of rows or on threads, to the last bit.
"""

from collections.abc import Mapping

from eros_assets.warehouse.duckdb.googlesql.rule import MACRO_SCHEMA, once

# Raise it when a macro below changes: files made by an earlier version get the new macros then.
MACROS_VERSION = 8

_SPACES = (
    r"\t\n\v\f\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
)

COMPOSABLE = (
    r"\x{300}-\x{36f}\x{374}\x{37e}\x{387}\x{483}-\x{487}\x{591}-\x{1fff}\x{2000}\x{2001}"
    r"\x{20d0}-\x{20f0}\x{2126}\x{212a}\x{212b}\x{2329}\x{232a}\x{2adc}\x{2cef}-\x{2cf1}\x{2d7f}"
    r"\x{2de0}-\x{2dff}\x{302a}-\x{302f}\x{3099}\x{309a}\x{a66f}-\x{d7ff}\x{f900}-\x{fdff}"
    r"\x{fe20}-\x{fe2f}\x{10000}-\x{1efff}\x{2f800}-\x{2fa1f}"
)
"""All characters that NFC changes, joins to another or puts in another order, and some more."""

_POWER = "CAST('1e' || digits AS DOUBLE)"
_SMALL = "4398046511104.0"  # 2^42: its neighbours are a thousandth away
_LARGE = "4503599627370496.0"  # 2^52: its neighbours are 1 away

# The shortest of 15 and 17 digits that gives the number back, as GoogleSQL writes FLOAT64.
_SHORTEST = (
    "CASE WHEN d = 0 THEN '0' WHEN CAST(printf('%.15g', d) AS DOUBLE) = d "
    "THEN printf('%.15g', d) ELSE printf('%.17g', d) END"
)


_DIGITS = once("x", "d", _SHORTEST)


def _moment(x: str, separator: str) -> str:
    """Date and time, with three or six digits of a fraction of a second, or none."""
    whole = f"strftime({x}, '%Y-%m-%d{separator}%H:%M:%S.%f')"
    return rf"regexp_replace({whole}, '(\.000000|000)$', '')"


_WHOLE_NUMBER = r"'\s*([+-]?[0-9]+|0[xX][0-9a-fA-F]+)\s*'"
_SIGNED_HEXADECIMAL = r"'\s*[+-]0[xX][0-9a-fA-F]+\s*'"
_TEXT = "CAST(x AS VARCHAR)"
_BIG = "abs(x) > 9007199254740992"
_QUOTED_WHERE_BIG = (
    f"coalesce(CASE WHEN {_BIG} THEN '\"' || {_TEXT} || '\"' ELSE {_TEXT} END, 'null')"
)
_JSON = "coalesce(CAST(to_json(x) AS VARCHAR), 'null')"

_TYPES = (
    *("VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "TIMESTAMPTZ"),
    *("HUGEINT", "BLOB"),
)
"""Types of the columns and expressions of GoogleSQL; DuckDB widens others to one of these."""

_OVERLOADS: Mapping[str, Mapping[str, str]] = {
    "int64": {
        "DOUBLE": "CAST(round(x) AS BIGINT)",
        "VARCHAR": f"CASE WHEN x IS NULL THEN NULL "
        f"WHEN regexp_full_match(x, {_WHOLE_NUMBER}) THEN CAST(x AS BIGINT) "
        "ELSE error('Bad int64 value: ' || x) END",
        "": "CAST(x AS BIGINT)",
    },
    "safe_int64": {
        "DOUBLE": "TRY_CAST(round(x) AS BIGINT)",
        "VARCHAR": f"CASE WHEN regexp_full_match(x, {_WHOLE_NUMBER}) "
        f"THEN TRY_CAST(x AS BIGINT) WHEN regexp_full_match(x, {_SIGNED_HEXADECIMAL}) "
        "THEN error('a signed hexadecimal number is not translated: ' || x) END",
        "": "TRY_CAST(x AS BIGINT)",
    },
    "string": {
        "DOUBLE": _DIGITS,
        "TIMESTAMP": _moment("x", " "),
        "TIMESTAMPTZ": f"{_moment('x', ' ')} || '+00'",
        "BLOB": "decode(x)",
        "": _TEXT,
    },
    # FORMAT's %t.
    "shown": {
        "DOUBLE": f"CASE WHEN regexp_full_match({_DIGITS}, '-?[0-9]+') "
        f"THEN {_DIGITS} || '.0' ELSE {_DIGITS} END",
        "": f"{MACRO_SCHEMA}.string(x)",
    },
    "json": {
        "DOUBLE": once(
            "x",
            "d",
            f"CASE WHEN d IS NULL THEN 'null' WHEN isfinite(d) THEN {_SHORTEST} "
            "WHEN isnan(d) THEN '\"NaN\"' WHEN d > 0 THEN '\"Infinity\"' ELSE '\"-Infinity\"' END",
        ),
        "BIGINT": _QUOTED_WHERE_BIG,
        "HUGEINT": _QUOTED_WHERE_BIG,
        # The session's zone is UTC.
        "TIMESTAMP": f"coalesce('\"' || {_moment('x', 'T')} || '\"', 'null')",
        "TIMESTAMPTZ": f"coalesce('\"' || {_moment('x', 'T')} || 'Z\"', 'null')",
        "BIGINT[]": "coalesce('[' || array_to_string(list_transform(x, lambda n: "
        "CASE WHEN n IS NULL THEN 'null' WHEN abs(CAST(n AS HUGEINT)) > 9007199254740992 "
        "THEN '\"' || n || '\"' ELSE CAST(n AS VARCHAR) END), ',') || ']', 'null')",
        "VARCHAR[]": _JSON,
        "BLOB": "error('TO_JSON_STRING of BYTES is not translated')",
        "": _JSON,
    },
    "length": {"BLOB": "octet_length(x)", "": f"length({_TEXT})"},
    "sum": {
        "BIGINT": "CAST(sum(x) AS BIGINT)",
        "HUGEINT": "CAST(sum(x) AS BIGINT)",
        "DOUBLE": "fsum(x ORDER BY x)",
    },
    "avg": {"BIGINT": "avg(x)", "HUGEINT": "avg(x)", "DOUBLE": "favg(x ORDER BY x)"},
}
"""By type, an overload; the last one, of no type, is that of all others."""

AGGREGATES = frozenset({f"{MACRO_SCHEMA}.sum", f"{MACRO_SCHEMA}.avg", "list", "count"})
"""Names by which rules call aggregates that sqlglot doesn't know as such."""

_PLAIN: Mapping[str, tuple[str, str]] = {
    # A list of elements' JSON as that of the list.
    "json_list": ("x", "coalesce('[' || array_to_string(x, ',') || ']', 'null')"),
    # To digits after the point. A number that is small enough, multiplied by the power of ten, is
    # wrong by less than a two-thousandth: unless that makes it near a tie, its nearest whole number
    # is the right one, and divided by the power it is the nearest FLOAT64. Otherwise the decimal
    # expansion in full, which takes a hundred times longer, tells a tie, which goes away from zero,
    # from a number that only looks like one once it is multiplied. Where digits end below what a
    # FLOAT64 of that size can tell, it is the number itself.
    "round": (
        "x, digits",
        (
            f"CASE WHEN digits BETWEEN 0 AND 22 AND abs(x) < {_SMALL} / {_POWER} "
            f"AND abs(abs(x * {_POWER} - trunc(x * {_POWER})) - 0.5) > 0.001 "
            f"THEN round(x * {_POWER}) / {_POWER} "
            "WHEN digits < 0 OR digits > 40 OR NOT isfinite(x) THEN round(x, digits) "
            "WHEN substr(split_part(printf('%.60f', x), '.', 2), digits + 1) "
            "= '5' || repeat('0', 59 - digits) "
            f"THEN CASE WHEN abs(x) < {_LARGE} / {_POWER} THEN round(x, digits) ELSE x END "
            "ELSE CAST(printf(CASE digits WHEN 0 THEN '%.0f' WHEN 1 THEN '%.1f' "
            "ELSE '%.' || digits || 'f' END, x) AS DOUBLE) END"
        ),
    ),
    # DuckDB's sign is a TINYINT; the other branch makes it the argument's type.
    "sign": ("x", "CASE WHEN x IS NULL THEN x ELSE sign(x) END"),
    # The first of two instants that show the same local time.
    "instant": (
        "x, zone",
        (
            "CASE WHEN timezone(zone, timezone(zone, x) - INTERVAL 1 HOUR) = x "
            "THEN timezone(zone, x) - INTERVAL 1 HOUR ELSE timezone(zone, x) END"
        ),
    ),
    # The zone's offset at an instant, as -08:00.
    "zone_offset": (
        "x, zone",
        (
            "(SELECT CASE WHEN m < 0 THEN '-' ELSE '+' END "
            "|| printf('%02d:%02d', abs(m) // 60, abs(m) % 60) FROM "
            "(SELECT (epoch_us(timezone(zone, x)) - epoch_us(x)) // 60000000 AS m))"
        ),
    ),
    "floor_units": ("x, unit", "(x - ((x % unit) + unit) % unit) // unit"),
    # With the two letters that DuckDB lowers otherwise: the dotted I, the sigma that ends a word.
    # The text stands in it once: bound by a lambda, its patterns would be compiled again and again.
    "lower": (
        "x",
        (
            "lower(regexp_replace(replace(x, '\u0130', 'i\u0307'), "
            "'(\\p{L}\\p{M}*)\u03a3([^\\p{L}]|$)', '\\1\u03c2\\2', 'g'))"
        ),
    ),
    # Most texts have no character that the form NFC changes, which is told much faster.
    "nfc": (
        "x",
        f"CASE WHEN regexp_matches(x, '[{COMPOSABLE}]') THEN nfc_normalize(x) ELSE x END",
    ),
    "trim": ("x", f"regexp_replace(x, '^[{_SPACES}]+|[{_SPACES}]+$', '', 'g')"),
    "ltrim": ("x", f"regexp_replace(x, '^[{_SPACES}]+', '')"),
    "rtrim": ("x", f"regexp_replace(x, '[{_SPACES}]+$', '')"),
}


def create_macros() -> str:
    """The script that creates the macros' schema and the macros."""
    bodies = {name: _by_type(overloads) for name, overloads in _OVERLOADS.items()}
    for name, (given, value) in _PLAIN.items():
        bodies[name] = f"({given}) AS ({value})"
    statements = [f"CREATE SCHEMA IF NOT EXISTS {MACRO_SCHEMA}"]
    statements += [f"CREATE OR REPLACE MACRO {MACRO_SCHEMA}.{n} {b}" for n, b in bodies.items()]
    return ";\n".join(statements)


def _by_type(overloads: Mapping[str, str]) -> str:
    """The bodies of a macro's overloads."""
    given = {kind: value for kind, value in overloads.items() if kind}
    if "" in overloads:
        given |= {kind: overloads[""] for kind in _TYPES if kind not in given}
    return ", ".join(f"(x {kind}) AS ({value})" for kind, value in given.items())
