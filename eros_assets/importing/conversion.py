"""Gives columns their types, exactly: ids never pass through floating point.

Text and stored columns come in, Arrow columns of the schema's types go out, NULL where a value
could not be converted; each such value is reported with the rule that it breaks. Forms that have
one reading are taken; the formats of the mapping decide between several. docs/IMPORT.md lists the
forms of each type.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import html
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.mapping import Formats
from eros_assets.importing.masks import changed, present, true, where
from eros_assets.importing.number_columns import (
    float_from_stored,
    float_from_text,
    int_from_stored,
    int_from_text,
)
from eros_assets.importing.schema import Column, ColumnType
from eros_assets.importing.times import (
    TIME_RULE,
    TIME_SAID,
    Report,
    times_from_local,
    times_from_numbers,
    times_from_text,
)

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "ARRAY<STRING>": pa.list_(pa.string()),
}
SPACE = " \t\r\n\u00a0\u2007\u202f\ufeff"
NOTHING = (*("-", "–", "—", "n/a", "na", "#n/a", "null", "none", "nan", "nat", "<na>", r"\n"),)
"""Words for an empty cell wherever a word can't be a value: in any column but a STRING."""
YES = ("true", "yes", "y", "t", "on", "1", "1.0")
NO = ("false", "no", "n", "f", "off", "0", "0.0")

BOOL_RULE = "is not True or False (or yes, no, 1 or 0)"
LIST_RULE = 'is not a list: write a JSON array of strings (["a", "b"]) or items separated by ;'
UTF8_RULE = (
    "is not UTF-8 text: save the file as UTF-8, or name its encoding in eros_import.toml, such as "
    'encoding = "windows-1252"'
)
DATE_RULE = "is not a date that can be read"
DATE_SAID = (
    "is not a date: write it such as 2025-10-03, or give its time_format in eros_import.toml"
)


def converted(
    stored: pa.Array, column: Column, formats: Formats, report: Report
) -> pa.Array | None:
    """The column with its type; None when the stored type can't become it."""
    kinds = pa.types
    if kinds.is_null(stored.type):
        return pa.nulls(len(stored), ARROW_TYPES[column.type])
    if kinds.is_binary(stored.type) or kinds.is_large_binary(stored.type):
        return _from_text(_decoded(stored, report), column, formats, report)
    if kinds.is_string(stored.type) or kinds.is_large_string(stored.type):
        return _from_text(stored.cast(pa.string()), column, formats, report)
    if kinds.is_string_view(stored.type):
        return _from_text(stored.cast(pa.string()), column, formats, report)
    return _STORED_CONVERSIONS[column.type](stored, column, formats, report)


def _from_text(text: pa.Array, column: Column, formats: Formats, report: Report) -> pa.Array:
    if column.type == "STRING":
        return _string(text, column, formats)
    trimmed = pc.utf8_trim(text, SPACE)
    nothing = pa.array([*NOTHING, *(word.casefold() for word in formats.nothing), ""])
    known = ~true(pc.is_in(pc.utf8_lower(trimmed), nothing))
    trimmed = trimmed if known.all() else where(known, trimmed)
    if column.type == "TIMESTAMP":
        return times_from_text(trimmed, formats, report, date_suffices=column.date_suffices)
    return _TEXT_CONVERSIONS[column.type](trimmed, column, formats, report)


def _string(text: pa.Array, column: Column, formats: Formats) -> pa.Array:
    if formats.nothing:
        words = pa.array([word.casefold() for word in formats.nothing])
        text = where(~true(pc.is_in(pc.utf8_lower(pc.utf8_trim(text, SPACE)), words)), text)
    if formats.html:
        text = changed(text, true(pc.match_substring(text, "&")), html.unescape)
    if column.one_of:
        ours = {word.casefold(): word for word in column.one_of}
        ours |= {theirs: word for theirs, word in formats.words.items() if word in column.one_of}
        right = true(pc.is_in(text, pa.array(column.one_of)))
        text = changed(text, ~right & present(text), lambda v: ours.get(_folded(v), v))
    return text


def _folded(value: str) -> str:
    return value.strip(SPACE).casefold()


def _decoded(raw: pa.Array, report: Report) -> pa.Array:
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = np.array([not _is_utf8(value) for value in raw.to_pylist()])
        report(wrong, UTF8_RULE, None)
        return where(~wrong, raw).cast(pa.string())


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _bool_from_text(text: pa.Array, _column: Column, formats: Formats, report: Report) -> pa.Array:
    lower = pc.utf8_lower(text)
    yes = [*YES, *(theirs for theirs, ours in formats.words.items() if ours == "yes")]
    no = [*NO, *(theirs for theirs, ours in formats.words.items() if ours == "no")]
    meant = pc.is_in(lower, pa.array(yes))
    known = true(pc.is_in(lower, pa.array([*yes, *no])))
    report(
        present(text) & ~known,
        BOOL_RULE,
        lambda row: (
            f"{BOOL_RULE}: say what it means in eros_import.toml, under [formats], such as "
            f'words = {{ {json.dumps(str(text[row]), ensure_ascii=False)} = "yes" }}'
        ),
    )
    return where(known, meant)


def _list_from_text(text: pa.Array, _column: Column, _formats: Formats, report: Report) -> pa.Array:
    values = [_parsed_list(value) for value in text.to_pylist()]
    report(np.array([value is None for value in values], dtype=np.bool_), LIST_RULE, None)
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


def _string_from_stored(
    stored: pa.Array, column: Column, formats: Formats, _report: Report
) -> pa.Array | None:
    if not pa.types.is_integer(stored.type):
        return None
    return _string(stored.cast(pa.string()), column, formats)


def _bool_from_stored(
    stored: pa.Array, _column: Column, _formats: Formats, report: Report
) -> pa.Array | None:
    if pa.types.is_boolean(stored.type):
        return stored
    if not (pa.types.is_integer(stored.type) or pa.types.is_floating(stored.type)):
        return None
    values = stored.cast(pa.float64()).to_numpy(zero_copy_only=False)
    known = np.isin(values, (0.0, 1.0))
    report(~known & ~np.isnan(values), BOOL_RULE, None)
    return pa.array(values == 1.0, mask=~known)


def _timestamp_from_stored(
    stored: pa.Array, column: Column, formats: Formats, report: Report
) -> pa.Array | None:
    kinds = pa.types
    if kinds.is_timestamp(stored.type) and cast("pa.TimestampType", stored.type).tz is not None:
        return pc.cast(stored, ARROW_TYPES["TIMESTAMP"], safe=False)
    if kinds.is_timestamp(stored.type):
        local = pd.Series(stored.cast(pa.timestamp("us"), safe=False).to_pandas())
        return times_from_local(local, formats, report)
    if kinds.is_date(stored.type):
        days = pd.Series(stored.cast(pa.timestamp("us"), safe=False).to_pandas())
        return times_from_local(days, formats, report, days=True, suffices=column.date_suffices)
    if (kinds.is_integer(stored.type) or kinds.is_floating(stored.type)) and formats.time_format:
        values = stored.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return times_from_numbers(values, formats, report)
    return None


def _date_from_text(text: pa.Array, _column: Column, formats: Formats, report: Report) -> pa.Array:
    times = times_from_text(text, _of_dates(formats), _saying_dates(report), date_suffices=True)
    return times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)


def _date_from_stored(
    stored: pa.Array, column: Column, formats: Formats, report: Report
) -> pa.Array | None:
    dates = replace(column, date_suffices=True)
    times = _timestamp_from_stored(stored, dates, _of_dates(formats), _saying_dates(report))
    return None if times is None else times.cast(pa.timestamp("us")).cast(pa.date32(), safe=False)


def _of_dates(formats: Formats) -> Formats:
    """The formats with which a date is the instant of its first moment in UTC."""
    return formats.model_copy(update={"time_zone": "UTC", "time_of_day": None})


def _saying_dates(report: Report) -> Report:
    """Reports what is no time as no date."""

    def said(
        wrong: NDArray[np.bool_], rule: str, explain: Callable[[int], str] | None = None
    ) -> None:
        if rule != TIME_RULE:
            report(wrong, rule, explain)
            return
        report(
            wrong,
            DATE_RULE,
            lambda row: (explain(row) if explain else DATE_SAID).replace(TIME_SAID, DATE_SAID),
        )

    return said


def _list_from_stored(
    stored: pa.Array, _column: Column, _formats: Formats, _report: Report
) -> pa.Array | None:
    kinds = pa.types
    if not (kinds.is_list(stored.type) or kinds.is_large_list(stored.type)):
        return None
    item = cast("pa.ListType", stored.type).value_type
    if not (kinds.is_string(item) or kinds.is_large_string(item) or kinds.is_null(item)):
        return None
    lists = [[i for i in v or [] if i is not None] for v in stored.to_pylist()]
    return pa.array(lists, type=ARROW_TYPES["ARRAY<STRING>"])


_Conversion = Callable[[pa.Array, Column, Formats, Report], pa.Array]
_TEXT_CONVERSIONS: Mapping[ColumnType, _Conversion] = {
    "INT64": int_from_text,
    "FLOAT64": float_from_text,
    "BOOL": _bool_from_text,
    "DATE": _date_from_text,
    "ARRAY<STRING>": _list_from_text,
}
_STORED_CONVERSIONS: Mapping[
    ColumnType, Callable[[pa.Array, Column, Formats, Report], pa.Array | None]
] = {
    "STRING": _string_from_stored,
    "INT64": int_from_stored,
    "FLOAT64": float_from_stored,
    "BOOL": _bool_from_stored,
    "DATE": _date_from_stored,
    "TIMESTAMP": _timestamp_from_stored,
    "ARRAY<STRING>": _list_from_stored,
}
