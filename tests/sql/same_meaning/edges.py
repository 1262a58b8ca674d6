"""Edge values: NULL, zero, negative, ties, DST hours, emoji, ids beyond 2^53, nothing at all."""

import datetime as dt
from collections.abc import Mapping, Sequence


def utc(text: str) -> dt.datetime:
    """An instant from its ISO form, UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


BEYOND_DOUBLE = 2**53 + 1  # the first INT64 that FLOAT64 can't hold

# Variables by name: their type, and the values that they take.
EDGES: Mapping[str, tuple[str, Sequence[object]]] = {
    "i": ("INT64", [None, 0, 1, -1, 7, -7, 30, BEYOND_DOUBLE, -BEYOND_DOUBLE, 2**62]),
    "j": ("INT64", [None, 1, -1, 2, -3, 7]),
    "n": ("INT64", [None, 1, 2, 5, 100]),
    "x": ("FLOAT64", [None, 0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-9, 123456.789, 1e15 + 0.5]),
    "y": ("FLOAT64", [None, 0.0, 1.0, -3.0, 0.1, 1e300]),
    "u": ("FLOAT64", [None, -1.0, -0.3, 0.0, 0.5, 1.0]),
    "p": ("FLOAT64", [None, 1e-12, 0.1, 1.0, 2.5, 700.0]),
    "w": ("FLOAT64", [None, float("nan"), float("inf"), float("-inf"), 0.0, 1.0]),
    "z": ("FLOAT64", [None, float("inf"), float("-inf"), 1.0]),
    "s": (
        "STRING",
        [
            None,
            "",
            " ",
            "a",
            "A",
            "Äß",
            "e\u0301",
            "🍳",
            "👩🏽‍🍳 Pan",
            " x\t",
            "a|b",
            "o'clock",
            "l\nm",
            "a.b",
        ],
    ),
    "r": ("STRING", [None, "", "a", "🍳", "x"]),
    "h": ("STRING", ["0", "ff", "fffffffffffff", "0000000000001"]),
    "d": (
        "DATE",
        [
            None,
            dt.date(2025, 11, 2),  # clocks go back in Los Angeles
            dt.date(2026, 3, 8),  # and forth
            dt.date(2024, 2, 29),
            dt.date(2024, 12, 30),  # ISO week 1 of 2025
            dt.date(2027, 1, 1),  # ISO week 53 of 2026
            dt.date(1969, 12, 31),
        ],
    ),
    "e": ("DATE", [None, dt.date(2025, 11, 3), dt.date(2024, 2, 28)]),
    "t": (
        "TIMESTAMP",
        [
            None,
            utc("2025-11-02T08:30:00"),  # 01:30 the first time
            utc("2025-11-02T09:30:00"),  # and again
            utc("2025-11-02T06:59:59.999999"),
            utc("2025-11-02T07:00:00"),
            utc("2026-03-08T09:59:59"),
            utc("2026-03-08T10:00:00"),  # 02:00 doesn't exist: 03:00
            utc("1969-12-31T23:59:59.500000"),
        ],
    ),
    "v": ("TIMESTAMP", [None, utc("2025-11-02T08:30:00"), utc("2025-11-03T08:29:59")]),
    "b": ("BOOL", [None, True, False]),
    "c": ("BOOL", [None, True, False]),
    "a": ("ARRAY<INT64>", [[], [1], [3, 1, 2], [BEYOND_DOUBLE]]),
    "l": ("ARRAY<STRING>", [[], ["a"], ["🍳", "a", ""]]),
}

# Rows for aggregates and windows; g is the group, k tells rows apart.
GROUP_COLUMNS = {
    "g": "STRING",
    "k": "INT64",
    "i": "INT64",
    "x": "FLOAT64",
    "s": "STRING",
    "b": "BOOL",
    "d": "DATE",
    "t": "TIMESTAMP",
}
_DAY, _INSTANT = dt.date(2025, 11, 1), utc("2025-11-02T08:30:00")


def _row(g: str, k: int, i: object, x: object, s: object, b: object, day: int) -> dict[str, object]:
    shift = dt.timedelta(days=day)
    return {
        "g": g,
        "k": k,
        "i": i,
        "x": x,
        "s": s,
        "b": b,
        "d": _DAY + shift,
        "t": _INSTANT + shift,
    }


GROUPS: Sequence[Mapping[str, object]] = [
    {"g": "nothing", "k": 1},
    {"g": "nothing", "k": 2},
    _row("one", 1, 5, 2.5, "a", True, 0),
    _row("same", 1, 3, 0.1, "b", False, 1),
    _row("same", 2, 3, 0.1, "b", False, 1),
    _row("same", 3, 3, 0.1, "b", False, 2),
    _row("mixed", 1, None, None, None, None, 0),
    _row("mixed", 2, -4, -2.5, "🍳", True, 1),
    _row("mixed", 3, 0, 0.0, "", False, 1),
    _row("mixed", 4, 9, 1e-9, "a", None, 3),
    _row("mixed", 5, 9, 7.25, "a", True, 9),
    _row("mixed", 6, 2, 7.25, "b", False, 10),
    _row("large", 1, BEYOND_DOUBLE, 1e15, "z", True, 0),
    _row("large", 2, 1, 1.0, "y", True, 1),
    _row("large", 3, BEYOND_DOUBLE + 1, 1e-3, "z", False, 2),
]
