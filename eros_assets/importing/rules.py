"""The rules of single columns, over typed Arrow columns."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import json
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.header_rows import canonical
from eros_assets.importing.headers import RawTable
from eros_assets.importing.mistakes import SHOWN_OF_A_KIND, Mistake, MistakeLog, shown
from eros_assets.importing.schema import Column


def check_column(
    table: RawTable, column: Column, values: pa.Array, bad: NDArray[np.bool_], log: MistakeLog
) -> None:
    """Log every value that breaks a rule of its column; `bad` rows were found wrong before."""
    present = values.is_valid().to_numpy(zero_copy_only=False)
    if column.required and column.name in table.columns:
        said = f"is missing: write {_example(column)}"
        report(table, column, ~present & ~bad, "is missing", log, explain=lambda _row: said)
    if column.type == "ARRAY<STRING>":
        _check_items(table, column, values, log)
        return
    if column.one_of and (column.required or column.optional):
        known = _filled(pc.is_in(values, pa.array(column.one_of)))
        rule = f"is not one of {', '.join(column.one_of)}"
        leave_out = ", or leave the column out, with ignore" if column.optional else ""
        example = column.one_of[-1 if column.optional else 0]

        def with_words(row: int) -> str:
            word = json.dumps(str(values[row]).casefold(), ensure_ascii=False)
            return (
                f"{rule}: say what it means in eros_import.toml, under [formats], such as words = "
                f'{{ {word} = "{example}" }}{leave_out}'
            )

        report(table, column, present & ~known, rule, log, values, with_words)
    if column.pattern:
        matching = _filled(pc.match_substring_regex(values, column.pattern))
        rule = "is not lower-case letters, digits and _ only, such as maya_cooks"
        report(table, column, present & ~matching, rule, log, values)


def _example(column: Column) -> str:
    """What a value of the column looks like, in words."""
    if column.one_of:
        return f"one of {', '.join(column.one_of)}"
    if column.pattern:
        return "a page such as maya_cooks"
    examples = {
        "INT64": "a whole number such as 1000471",
        "BOOL": "True or False",
        "DATE": "a date such as 2025-10-03",
        "TIMESTAMP": "a time such as 2025-10-03T17:00:00Z",
    }
    return examples.get(column.type, "its text")


def report(
    table: RawTable,
    column: Column,
    wrong: NDArray[np.bool_],
    rule: str,
    log: MistakeLog,
    values: pa.Array | None = None,
    explain: Callable[[int], str] | None = None,
) -> None:
    """Log the wrong rows: the first few by place and value, the others by number.

    `explain` says of a row more than the rule that it breaks.
    """
    header = table.columns[column.name].header if column.name in table.columns else None
    name = column.name
    if header is not None and canonical(header) != canonical(name):
        name = f"{name} (column {header!r})"
    rows = np.flatnonzero(wrong)
    for nth, row in enumerate(rows[:SHOWN_OF_A_KIND]):
        value = None if values is None else values[int(row)].as_py()
        if isinstance(value, bytes):
            value = value.decode(errors="backslashreplace")
        said = name if value is None else f"{name} {shown(value)}"
        text = explain(int(row)) if explain else rule
        last = nth == SHOWN_OF_A_KIND - 1
        count = rows.size - nth if last else 1
        mistake = Mistake(table.file, table.at(int(row)), column.name, f"{said} {text}")
        log.add(mistake, rule, count)


def check_unique(
    tables: Sequence[tuple[RawTable, pa.Array]], column: Column, log: MistakeLog
) -> None:
    """Log every value that an earlier row, of this file or of an earlier one, has already."""
    values = pa.chunked_array([each for _, each in tables])
    series = pd.Series(values.to_pylist(), dtype=object)
    places = [(table, row) for table, each in tables for row in range(len(each))]
    first = dict(zip(series[::-1], series.index[::-1], strict=True))
    for index in np.flatnonzero(series.duplicated().to_numpy() & series.notna().to_numpy()):
        value = series.iloc[int(index)]
        (table, row), (other, before) = places[int(index)], places[first[value]]
        where = other.at(before) if other is table else f"{other.file} {other.at(before)}"
        text = f"{column.name} {shown(value)} is in {where} already"
        log.add(Mistake(table.file, table.at(row), column.name, text), "unique")


def _check_items(table: RawTable, column: Column, values: pa.Array, log: MistakeLog) -> None:
    for row, items in enumerate(values.to_pylist()):
        for item in items or []:
            text = None
            if column.one_of and item not in column.one_of:
                text = f"{column.name} {item!r} is not one of {', '.join(column.one_of)}"
            elif column.holds_patterns and (fault := _re2_fault(item)):
                text = f"{column.name} {shown(item)} is not an RE2 pattern: {fault}"
            if text:
                log.add(Mistake(table.file, table.at(row), column.name, text), "items")


@cache
def _re2_fault(pattern: str) -> str | None:
    """What RE2 has against the pattern; None when it compiles."""
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return None


def _filled(mask: pa.Array) -> NDArray[np.bool_]:
    return pc.fill_null(mask, fill_value=False).to_numpy(zero_copy_only=False)
