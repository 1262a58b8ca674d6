"""Gives columns of numbers their type: ids with all their digits, counts, and amounts in USD."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from decimal import Decimal
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.mapping import Formats
from eros_assets.importing.masks import present, true, where
from eros_assets.importing.numbers import ONE_GROUP, Fault, Number, ambiguous, read_number
from eros_assets.importing.schema import Column
from eros_assets.importing.times import Report

WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
SAFE_IN_INT64 = 18
"""Any whole number of so many digits is an INT64."""
WHOLE_RULE = "is not a whole number"
ID_RULE = "is not a whole number (all its digits, no exponent), such as 1000471"
RANGE_RULE = "is outside the range of INT64: write a whole number of 18 digits at most"
NUMBER_RULE = "is not a finite number"
EXACT_RULE = "is beyond 2^53 in a floating-point column, where digits are lost: store whole numbers"


def int_from_text(text: pa.Array, column: Column, formats: Formats, report: Report) -> pa.Array:
    """The whole numbers that trimmed texts are; NULL where one is reported."""
    comma = formats.decimal == "," and not column.is_id
    whole = true(pc.match_substring_regex(text, r"^[+-]?[0-9]+$" if comma else WHOLE))
    others = present(text) & ~whole
    if column.is_id:
        report(others, ID_RULE, None)
    digits = pc.replace_substring_regex(where(whole, text), r"^\+|\.0*$", "")
    try:
        values = pc.cast(digits, pa.int64())
    except pa.ArrowInvalid:
        outside = np.array([not _in_int64(value) for value in digits.to_pylist()])
        report(outside, RANGE_RULE, None)
        values = pc.cast(where(~outside, digits), pa.int64())
    if not column.is_id and formats.decimal is None:
        _report_thousands(text, report)
    if column.is_id or not others.any():
        return values
    numbers = _read(text, others, formats, report, whole=True)
    return pc.coalesce(values, pa.array(numbers, pa.int64()))


def _report_thousands(text: pa.Array, report: Report) -> None:
    """Report counts such as 1.000 where no other value shows that points separate decimals."""
    doubtful = true(pc.match_substring_regex(text, r"^[+-]?[1-9][0-9]{0,2}\.000$"))
    if not doubtful.any():
        return
    if true(pc.match_substring_regex(text, r"^[0-9]+\.0{1,2}$|^[0-9]{4,}\.0+$")).any():
        return
    report(doubtful, "has two readings", lambda row: _two_readings(str(text[row])).said)


def _two_readings(text: str) -> Fault:
    """What to say of 1.234 where it may be 1234."""
    return ambiguous(text, text.replace(".", ""), text)


def _in_int64(digits: str | None) -> bool:
    if digits is None or len(digits) <= SAFE_IN_INT64:
        return True
    return len(digits.lstrip("-0")) <= SAFE_IN_INT64 + 1 and -(2**63) <= int(digits) < 2**63


def float_from_text(text: pa.Array, column: Column, formats: Formats, report: Report) -> pa.Array:
    """The numbers that trimmed texts are; NULL where one is reported."""
    number = true(pc.match_substring_regex(text, NUMBER))
    if formats.decimal == ",":
        number &= ~true(pc.match_substring(text, "."))
    others = present(text) & ~number
    unsigned = pc.replace_substring_regex(where(number, text), r"^\+", "")
    values = pc.cast(unsigned, pa.float64())
    finite = true(pc.is_finite(values))
    report(number & ~finite, NUMBER_RULE, None)
    values = where(finite, values)
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
        doubtful = number & true(pc.match_substring_regex(text, f"^[+-]?({ONE_GROUP.pattern})$"))
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


def int_from_stored(
    stored: pa.Array, _column: Column, _formats: Formats, report: Report
) -> pa.Array | None:
    """The whole numbers of a stored column; None when it holds none."""
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
        return int_from_text(texts, exactly, Formats(), report)


def float_from_stored(
    stored: pa.Array, column: Column, formats: Formats, report: Report
) -> pa.Array | None:
    """The numbers of a stored column; None when it holds none."""
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
    values = where(np.isfinite(array), values)
    rate = formats.usd_per.get(formats.currency, 1.0) if column.is_money else 1.0
    return values if rate == 1.0 else pc.multiply(values, rate)
