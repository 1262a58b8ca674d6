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
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.mapping import Formats
from eros_assets.importing.numbers import ONE_GROUP, Fault, Number, ambiguous, read_number
from eros_assets.importing.schema import Column, ColumnType
from eros_assets.importing.times import (
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
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "ARRAY<STRING>": pa.list_(pa.string()),
}
WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
SAFE_IN_INT64 = 18
"""Any whole number of so many digits is an INT64."""
SPACE = " \t\r\n\u00a0\u2007\u202f\ufeff"
NOTHING = (*("-", "–", "—", "n/a", "na", "#n/a", "null", "none", "nan", "nat", "<na>", r"\n"),)
"""Words for an empty cell wherever a word can't be a value: in any column but a STRING."""
YES = ("true", "yes", "y", "t", "on", "1", "1.0")
NO = ("false", "no", "n", "f", "off", "0", "0.0")

WHOLE_RULE = "is not a whole number"
ID_RULE = "is not a whole number (all its digits, no exponent)"
RANGE_RULE = "is outside the range of INT64"
NUMBER_RULE = "is not a finite number"
BOOL_RULE = "is not True or False (or yes, no, 1 or 0)"
LIST_RULE = 'is not a list: write a JSON array of strings (["a", "b"]) or items separated by ;'
UTF8_RULE = "is not UTF-8 text"
EXACT_RULE = "is beyond 2^53 in a floating-point column, where digits are lost: store whole numbers"


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
    known = ~_true(pc.is_in(pc.utf8_lower(trimmed), nothing))
    trimmed = trimmed if known.all() else _where(known, trimmed)
    if column.type == "TIMESTAMP":
        return times_from_text(trimmed, formats, report, date_suffices=column.date_suffices)
    return _TEXT_CONVERSIONS[column.type](trimmed, column, formats, report)


def _string(text: pa.Array, column: Column, formats: Formats) -> pa.Array:
    if formats.nothing:
        words = pa.array([word.casefold() for word in formats.nothing])
        text = _where(~_true(pc.is_in(pc.utf8_lower(pc.utf8_trim(text, SPACE)), words)), text)
    if formats.html:
        text = changed(text, _true(pc.match_substring(text, "&")), html.unescape)
    if column.one_of:
        ours = {word.casefold(): word for word in column.one_of}
        ours |= {theirs: word for theirs, word in formats.words.items() if word in column.one_of}
        right = _true(pc.is_in(text, pa.array(column.one_of)))
        text = changed(text, ~right & _present(text), lambda v: ours.get(_folded(v), v))
    return text


def _folded(value: str) -> str:
    return value.strip(SPACE).casefold()


def changed(text: pa.Array, rows: NDArray[np.bool_], change: Callable[[str], str]) -> pa.Array:
    """The texts with these rows changed; each distinct value is changed once."""
    if not rows.any():
        return text
    distinct = text.filter(pa.array(rows)).dictionary_encode()
    new = pa.array([change(value) for value in distinct.dictionary.to_pylist()], pa.string())
    return pc.replace_with_mask(text, pa.array(rows), new.take(distinct.indices))


def _decoded(raw: pa.Array, report: Report) -> pa.Array:
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = np.array([not _is_utf8(value) for value in raw.to_pylist()])
        report(wrong, UTF8_RULE, None)
        return _where(~wrong, raw).cast(pa.string())


def _is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _int_from_text(text: pa.Array, column: Column, formats: Formats, report: Report) -> pa.Array:
    comma = formats.decimal == "," and not column.is_id
    whole = _true(pc.match_substring_regex(text, r"^[+-]?[0-9]+$" if comma else WHOLE))
    others = _present(text) & ~whole
    if column.is_id:
        report(others, ID_RULE, None)
    digits = pc.replace_substring_regex(_where(whole, text), r"^\+|\.0*$", "")
    try:
        values = pc.cast(digits, pa.int64())
    except pa.ArrowInvalid:
        outside = np.array([not _in_int64(value) for value in digits.to_pylist()])
        report(outside, RANGE_RULE, None)
        values = pc.cast(_where(~outside, digits), pa.int64())
    if not column.is_id and formats.decimal is None:
        _report_thousands(text, report)
    if column.is_id or not others.any():
        return values
    numbers = _read(text, others, formats, report, whole=True)
    return pc.coalesce(values, pa.array(numbers, pa.int64()))


def _report_thousands(text: pa.Array, report: Report) -> None:
    """Report counts such as 1.000 where no other value shows that points separate decimals."""
    doubtful = _true(pc.match_substring_regex(text, r"^[+-]?[1-9][0-9]{0,2}\.000$"))
    if not doubtful.any():
        return
    if _true(pc.match_substring_regex(text, r"^[0-9]+\.0{1,2}$|^[0-9]{4,}\.0+$")).any():
        return
    report(doubtful, "has two readings", lambda row: _two_readings(str(text[row])).said)


def _two_readings(text: str) -> Fault:
    """What to say of 1.234 where it may be 1234."""
    return ambiguous(text, text.replace(".", ""), text)


def _in_int64(digits: str | None) -> bool:
    if digits is None or len(digits) <= SAFE_IN_INT64:
        return True
    return len(digits.lstrip("-0")) <= SAFE_IN_INT64 + 1 and -(2**63) <= int(digits) < 2**63


def _float_from_text(text: pa.Array, column: Column, formats: Formats, report: Report) -> pa.Array:
    number = _true(pc.match_substring_regex(text, NUMBER))
    if formats.decimal == ",":
        number &= ~_true(pc.match_substring(text, "."))
    others = _present(text) & ~number
    unsigned = pc.replace_substring_regex(_where(number, text), r"^\+", "")
    values = pc.cast(unsigned, pa.float64())
    finite = _true(pc.is_finite(values))
    report(number & ~finite, NUMBER_RULE, None)
    values = _where(finite, values)
    rate = formats.usd_per.get(formats.currency, 1.0) if column.is_money else 1.0
    if rate != 1.0:
        values = pc.multiply(values, rate)
    if not others.any():
        return values
    read = _read(text, others, formats, report, money=column.is_money, number=number)
    return pc.coalesce(values, pa.array(read, pa.float64()))


def _read(
    text: pa.Array,
    rows: NDArray[np.bool_],
    formats: Formats,
    report: Report,
    *,
    whole: bool = False,
    money: bool = False,
    number: NDArray[np.bool_] | None = None,
) -> list[int | float | None]:
    """The numbers of the rows that are not written plainly; the others are None.

    `number` are the rows that are: where others show that commas separate decimals, those of them
    with two readings are reported.
    """
    chosen = np.flatnonzero(rows).tolist()
    given = cast("list[str]", text.filter(pa.array(rows)).to_pylist())
    read = {value: read_number(value, formats, whole=whole) for value in dict.fromkeys(given)}
    judged = {value: _usable(value, found, formats, whole, money) for value, found in read.items()}
    faults = {
        row: f
        for row, value in zip(chosen, given, strict=True)
        if isinstance(f := judged[value], Fault)
    }
    if number is not None and any(isinstance(n, Number) and n.comma for n in read.values()):
        doubtful = number & _true(pc.match_substring_regex(text, f"^[+-]?({ONE_GROUP.pattern})$"))
        if formats.decimal is None:
            for row in np.flatnonzero(doubtful):
                faults[int(row)] = _two_readings(str(text[int(row)]))
    for rule in dict.fromkeys(fault.rule for fault in faults.values()):
        mask = np.zeros(len(text), dtype=np.bool_)
        mask[[row for row, fault in faults.items() if fault.rule == rule]] = True
        report(mask, rule, lambda row: faults[row].said)
    values: list[int | float | None] = [None] * len(text)
    for row, value in zip(chosen, given, strict=True):
        found = judged[value]
        if not isinstance(found, Fault):
            values[row] = found
    return values


def _usable(
    text: str, found: Number | Fault, formats: Formats, whole: bool, money: bool
) -> int | float | Fault:
    if isinstance(found, Fault):
        if whole:
            return Fault(WHOLE_RULE, f"{WHOLE_RULE}: write it such as 1234")
        return found
    value = found.value
    if found.code is not None or money:
        code = found.code or formats.currency
        if code != "USD" and code not in formats.usd_per:
            return Fault(
                "is in another currency",
                f"is in {code}, and amounts are in USD: write in eros_import.toml, under "
                f"[formats], what one is worth, such as usd_per = {{ {code} = 1.08 }}",
            )
        value *= Decimal(str(formats.usd_per.get(code, 1.0)))
    if not whole:
        read = float(value)
        return read if np.isfinite(read) else Fault(NUMBER_RULE, NUMBER_RULE)
    if found.percent or value != value.to_integral_value():
        said = f"{WHOLE_RULE}: write it such as 1234"
        if ONE_GROUP.fullmatch(text.lstrip("+-")) and "." in text:
            said = (
                f"{WHOLE_RULE}, unless it is {text.replace('.', '')}: write then in "
                'eros_import.toml, under [formats], decimal = ","'
            )
        elif found.percent:
            said = (
                f"{WHOLE_RULE} but a share: map it as such, with percent_of = "
                '"sent_count", in eros_import.toml'
            )
        return Fault(WHOLE_RULE, said)
    return int(value) if abs(value) < 2**63 else Fault(RANGE_RULE, RANGE_RULE)


def _bool_from_text(text: pa.Array, _column: Column, formats: Formats, report: Report) -> pa.Array:
    lower = pc.utf8_lower(text)
    yes = [*YES, *(theirs for theirs, ours in formats.words.items() if ours == "yes")]
    no = [*NO, *(theirs for theirs, ours in formats.words.items() if ours == "no")]
    true = pc.is_in(lower, pa.array(yes))
    known = _true(pc.is_in(lower, pa.array([*yes, *no])))
    report(
        _present(text) & ~known,
        BOOL_RULE,
        lambda row: (
            f"{BOOL_RULE}: say what it means in eros_import.toml, under [formats], such as "
            f'words = {{ {json.dumps(str(text[row]), ensure_ascii=False)} = "yes" }}'
        ),
    )
    return _where(known, true)


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


def _int_from_stored(
    stored: pa.Array, _column: Column, _formats: Formats, report: Report
) -> pa.Array | None:
    if pa.types.is_floating(stored.type):
        values = stored.cast(pa.float64()).to_numpy(zero_copy_only=False)
        whole = np.isnan(values) | (np.isfinite(values) & (np.trunc(values) == values))
        report(~whole, WHOLE_RULE, None)
        exact = ~whole | np.isnan(values) | (np.abs(values) <= 2**53)
        report(~exact, EXACT_RULE, None)
        usable = whole & exact & ~np.isnan(values)
        return pa.array(np.where(usable, values, 0).astype(np.int64), mask=~usable)
    if not (pa.types.is_integer(stored.type) or pa.types.is_decimal(stored.type)):
        return None
    try:
        return stored.cast(pa.int64())
    except pa.ArrowInvalid:
        texts = pa.array([None if v is None else f"{v:f}" for v in stored.to_pylist()], pa.string())
        exactly = Column("", "INT64", is_id=True)
        return _int_from_text(texts, exactly, Formats(), report)


def _float_from_stored(
    stored: pa.Array, column: Column, formats: Formats, report: Report
) -> pa.Array | None:
    kinds = pa.types
    if not (
        kinds.is_floating(stored.type)
        or kinds.is_integer(stored.type)
        or kinds.is_decimal(stored.type)
    ):
        return None
    values = pc.cast(stored, pa.float64(), safe=False)
    array = values.to_numpy(zero_copy_only=False)
    report(np.isinf(array), NUMBER_RULE, None)
    values = _where(np.isfinite(array), values)
    rate = formats.usd_per.get(formats.currency, 1.0) if column.is_money else 1.0
    return values if rate == 1.0 else pc.multiply(values, rate)


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
    "INT64": _int_from_text,
    "FLOAT64": _float_from_text,
    "BOOL": _bool_from_text,
    "ARRAY<STRING>": _list_from_text,
}
_STORED_CONVERSIONS: Mapping[
    ColumnType, Callable[[pa.Array, Column, Formats, Report], pa.Array | None]
] = {
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
