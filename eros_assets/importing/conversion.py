"""Gives columns their types, exactly: ids never pass through floating point.

CSV text and Parquet columns come in, Arrow columns of the schema's types go out, NULL where a
value could not be converted; each such value is reported with the rule that it breaks.

CSV text by type (spaces around it don't matter, except in STRING):

- INT64: digits with a sign; `280.0` is taken, `280.5` and `2.8e2` are not.
- FLOAT64: `12`, `12.5`, `1.2e1`.
- BOOL: True, False, true, false, 1, 0.
- TIMESTAMP: ISO 8601 with a zone: `2025-05-22T06:54:36Z`, `2025-05-22 06:54:36-07:00`, `… UTC`.
- ARRAY<STRING>: a JSON array of strings, or items separated by `;`. Items that contain `;` or
  lists that begin with `[` need JSON.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import json
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.schema import Column, ColumnType

Report = Callable[[NDArray[np.bool_], str], None]
"""Takes which rows are wrong and the rule that they break."""

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "ARRAY<STRING>": pa.list_(pa.string()),
}
WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
ZONED = r"[0-9]{1,2}:[0-9]{2}.*([zZ]| ?UTC|[+-][0-9]{2}(:?[0-9]{2})?)$"
SAFE_IN_INT64 = 18
"""Any whole number of so many digits is an INT64."""

WHOLE_RULE = "is not a whole number (all its digits, no exponent)"
RANGE_RULE = "is outside the range of INT64"
NUMBER_RULE = "is not a finite number"
BOOL_RULE = "is not True or False (or 1 or 0)"
ZONE_RULE = "has no time zone: end it with Z or an offset such as -08:00"
TIME_RULE = "is not an ISO 8601 time between the years 1678 and 2262"
LIST_RULE = 'is not a list: write a JSON array of strings (["a", "b"]) or items separated by ;'
UTF8_RULE = "is not UTF-8 text"
EXACT_RULE = "is beyond 2^53 in a floating-point column, where digits are lost: store whole numbers"


def from_csv(raw: pa.Array, column: Column, report: Report) -> pa.Array:
    """The column of a CSV file (binary, "" is NULL) with its type."""
    text = _decoded(raw, report)
    if column.type == "STRING":
        return text
    trimmed = pc.utf8_trim_whitespace(text)
    return _TEXT_CONVERSIONS[column.type](_where(_true(pc.not_equal(trimmed, "")), trimmed), report)


def from_parquet(stored: pa.Array, column: Column, report: Report) -> pa.Array | None:
    """The column of a Parquet file with its type; None when the stored type can't become it."""
    if pa.types.is_dictionary(stored.type):
        stored = cast("pa.DictionaryArray", stored).dictionary_decode()
    wanted = ARROW_TYPES[column.type]
    if pa.types.is_null(stored.type):
        return pa.nulls(len(stored), wanted)
    convert = _STORED_CONVERSIONS[column.type]
    return convert(stored, report)


def _decoded(raw: pa.Array, report: Report) -> pa.Array:
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = np.array([not _is_utf8(value) for value in raw.to_pylist()])
        report(wrong, UTF8_RULE)
        return _where(~wrong, raw).cast(pa.string())


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _int_from_text(text: pa.Array, report: Report) -> pa.Array:
    whole = _true(pc.match_substring_regex(text, WHOLE))
    report(_present(text) & ~whole, WHOLE_RULE)
    digits = pc.replace_substring_regex(_where(whole, text), r"^\+|\.0*$", "")
    try:
        return pc.cast(digits, pa.int64())
    except pa.ArrowInvalid:
        outside = np.array([not _in_int64(value) for value in digits.to_pylist()])
        report(outside, RANGE_RULE)
        return pc.cast(_where(~outside, digits), pa.int64())


def _in_int64(digits: str | None) -> bool:
    if digits is None or len(digits) <= SAFE_IN_INT64:
        return True
    return len(digits.lstrip("-0")) <= SAFE_IN_INT64 + 1 and -(2**63) <= int(digits) < 2**63


def _float_from_text(text: pa.Array, report: Report) -> pa.Array:
    number = _true(pc.match_substring_regex(text, NUMBER))
    unsigned = pc.replace_substring_regex(_where(number, text), r"^\+", "")
    values = pc.cast(unsigned, pa.float64())
    finite = _true(pc.is_finite(values))
    report(_present(text) & ~finite, NUMBER_RULE)
    return _where(finite, values)


def _bool_from_text(text: pa.Array, report: Report) -> pa.Array:
    lower = pc.utf8_lower(text)
    yes = pc.is_in(lower, pa.array(["true", "1"]))
    known = _true(pc.is_in(lower, pa.array(["true", "1", "false", "0"])))
    report(_present(text) & ~known, BOOL_RULE)
    return _where(known, yes)


def _timestamp_from_text(text: pa.Array, report: Report) -> pa.Array:
    zoned = _true(pc.match_substring_regex(text, ZONED))
    zulu = pc.replace_substring_regex(_where(zoned, text), r" ?UTC$", "Z")
    values = pd.Series(zulu.to_pandas(), dtype=object)
    times = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    unreadable = zoned & times.isna().to_numpy(dtype=np.bool_)
    looks_like_time = _true(pc.match_substring_regex(text, r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"))
    report(_present(text) & ~zoned & looks_like_time, ZONE_RULE)
    report(unreadable | (_present(text) & ~zoned & ~looks_like_time), TIME_RULE)
    return pa.array(times.dt.as_unit("us"), type=ARROW_TYPES["TIMESTAMP"], from_pandas=True)


def _list_from_text(text: pa.Array, report: Report) -> pa.Array:
    values = [_parsed_list(value) for value in text.to_pylist()]
    report(np.array([value is None for value in values], dtype=np.bool_), LIST_RULE)
    return pa.array(values, type=ARROW_TYPES["ARRAY<STRING>"])


def _parsed_list(text: str | None) -> list[str] | None:
    """The items; None when the text is no list of strings."""
    if text is None:
        return []
    if not text.startswith("["):
        return [item for part in text.split(";") if (item := part.strip())]
    try:
        items = json.loads(text)
    except json.JSONDecodeError:
        return None
    if not isinstance(items, list):
        return None
    strings = [item for item in cast("list[Any]", items) if isinstance(item, str)]
    return strings if len(strings) == len(cast("list[Any]", items)) else None


def _string_from_stored(stored: pa.Array, report: Report) -> pa.Array | None:
    kinds = pa.types
    if kinds.is_string(stored.type) or kinds.is_large_string(stored.type):
        return stored.cast(pa.string())
    if kinds.is_string_view(stored.type):
        return stored.cast(pa.string())
    # pandas and some writers keep text as plain bytes.
    return _decoded(stored, report) if kinds.is_binary(stored.type) else None


def _int_from_stored(stored: pa.Array, report: Report) -> pa.Array | None:
    if pa.types.is_floating(stored.type):
        values = stored.cast(pa.float64()).to_numpy(zero_copy_only=False)
        whole = np.isnan(values) | (np.isfinite(values) & (np.trunc(values) == values))
        report(~whole, WHOLE_RULE)
        exact = ~whole | np.isnan(values) | (np.abs(values) <= 2**53)
        report(~exact, EXACT_RULE)
        usable = whole & exact & ~np.isnan(values)
        return pa.array(np.where(usable, values, 0).astype(np.int64), mask=~usable)
    if not (pa.types.is_integer(stored.type) or pa.types.is_decimal(stored.type)):
        return None
    try:
        return stored.cast(pa.int64())
    except pa.ArrowInvalid:
        values_as_text = [None if v is None else f"{v:f}" for v in stored.to_pylist()]
        return _int_from_text(pa.array(values_as_text, type=pa.string()), report)


def _float_from_stored(stored: pa.Array, report: Report) -> pa.Array | None:
    kinds = pa.types
    if not (
        kinds.is_floating(stored.type)
        or kinds.is_integer(stored.type)
        or kinds.is_decimal(stored.type)
    ):
        return None
    values = pc.cast(stored, pa.float64(), safe=False)
    array = values.to_numpy(zero_copy_only=False)
    report(np.isinf(array), NUMBER_RULE)
    return _where(np.isfinite(array), values)


def _bool_from_stored(stored: pa.Array, _report: Report) -> pa.Array | None:
    return stored if pa.types.is_boolean(stored.type) else None


def _timestamp_from_stored(stored: pa.Array, report: Report) -> pa.Array | None:
    if not pa.types.is_timestamp(stored.type):
        return None
    if cast("pa.TimestampType", stored.type).tz is None:
        report(_present(stored), ZONE_RULE)
        return pa.nulls(len(stored), ARROW_TYPES["TIMESTAMP"])
    return pc.cast(stored, ARROW_TYPES["TIMESTAMP"], safe=False)


def _list_from_stored(stored: pa.Array, _report: Report) -> pa.Array | None:
    kinds = pa.types
    if not (kinds.is_list(stored.type) or kinds.is_large_list(stored.type)):
        return None
    item = cast("pa.ListType", stored.type).value_type
    if not (kinds.is_string(item) or kinds.is_large_string(item) or kinds.is_null(item)):
        return None
    lists = [[i for i in v or [] if i is not None] for v in stored.to_pylist()]
    return pa.array(lists, type=ARROW_TYPES["ARRAY<STRING>"])


_TEXT_CONVERSIONS: dict[ColumnType, Callable[[pa.Array, Report], pa.Array]] = {
    "INT64": _int_from_text,
    "FLOAT64": _float_from_text,
    "BOOL": _bool_from_text,
    "TIMESTAMP": _timestamp_from_text,
    "ARRAY<STRING>": _list_from_text,
}
_STORED_CONVERSIONS: dict[ColumnType, Callable[[pa.Array, Report], pa.Array | None]] = {
    "STRING": _string_from_stored,
    "INT64": _int_from_stored,
    "FLOAT64": _float_from_stored,
    "BOOL": _bool_from_stored,
    "TIMESTAMP": _timestamp_from_stored,
    "ARRAY<STRING>": _list_from_stored,
}


def _where(keep: NDArray[np.bool_], values: pa.Array) -> pa.Array:
    """The values, NULL where not kept."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def _true(mask: pa.Array) -> NDArray[np.bool_]:
    """The mask with NULL as False."""
    return pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False)


def _present(values: pa.Array) -> NDArray[np.bool_]:
    return values.is_valid().to_numpy(zero_copy_only=False)
