"""Whether two engines answered the same."""

import math
from collections.abc import Mapping, Sequence

RELATIVE = 1e-12  # floats: the order in which terms are added up is the engine's own
ABSOLUTE = 1e-300

Row = Mapping[str, object]


def differences(
    expected: Sequence[Row], found: Sequence[Row], *, ordered: bool = False, limit: int = 5
) -> list[str]:
    """What differs, first by what GoogleSQL says; rows are sets unless `ordered`."""
    if len(expected) != len(found):
        return [f"{len(expected)} rows, found {len(found)}"]
    if expected and list(expected[0]) != list(found[0]):
        return [f"columns {list(expected[0])}, found {list(found[0])}"]
    pairs = (
        zip(expected, found, strict=True)
        if ordered
        else zip(sorted(expected, key=_key), sorted(found, key=_key), strict=True)
    )
    return [
        f"{_shown(right)}, found {_shown(other)}"
        for right, other in pairs
        if not same(dict(right), dict(other))
    ][:limit]


def same(right: object, other: object) -> bool:
    """Equal values of equal types; floats to 1e-12, NaN equal to itself."""
    if isinstance(right, float) and isinstance(other, float):
        if math.isnan(right) or math.isnan(other):
            return math.isnan(right) and math.isnan(other)
        return math.isclose(right, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    if type(right) is not type(other):
        return False
    if isinstance(right, dict) and isinstance(other, dict):
        return list(right) == list(other) and all(same(right[k], other[k]) for k in right)
    if isinstance(right, list) and isinstance(other, list):
        return len(right) == len(other) and all(map(same, right, other))
    return right == other


def _key(row: Row) -> tuple[str, ...]:
    return tuple(_rounded(value) for value in row.values())


def _rounded(value: object) -> str:
    # The last digits may differ; they must not change the order in which rows are paired.
    return f"{value + 0.0:.9g}" if isinstance(value, float) else repr(value)


def _shown(row: Row) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in row.items())
