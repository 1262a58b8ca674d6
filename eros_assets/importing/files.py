"""Finds input files and reads them into Arrow columns, untyped (CSV) or as stored (Parquet)."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from eros_assets.importing.mistakes import InputFileError, Mistake, MistakeLog, shown
from eros_assets.importing.schema import SCHEMAS, TableName, TableSchema

SUFFIXES = (".csv", ".csv.gz", ".parquet")
LONGEST_ROW_BYTES = 16 * 2**20
LINE_BREAK = r"\r\n|\n|\r"
UNREADABLE = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A file's columns before their types are checked; only those that the schema knows.

    Columns of a CSV file are binary, "" read as NULL; those of Parquet are as stored. `numbers`
    are the rows' places in the file: the line that a CSV row begins on, counted from 1 with line
    breaks inside values, or the Parquet row from 1.
    """

    file: str
    place: Literal["line", "row"]
    numbers: NDArray[np.int64]
    columns: Mapping[str, pa.Array]

    def at(self, index: int) -> str:
        """Where a row is, for messages."""
        return f"{self.place} {self.numbers[index]}"


def find_files(folder: Path) -> dict[TableName, Path]:
    """The one file of each table that has one.

    Raises:
        InputFileError: no such folder, a table missing that must be there, or given twice.
    """
    if not folder.is_dir():
        raise InputFileError(f"{folder} is not a folder")
    found: dict[TableName, Path] = {}
    log = MistakeLog()
    for name, schema in SCHEMAS.items():
        files = [folder / f"{name}{s}" for s in SUFFIXES if (folder / f"{name}{s}").is_file()]
        if len(files) > 1:
            several = " and ".join(file.name for file in files)
            text = f"{several} are the same table: keep one of them"
            log.add(Mistake(str(folder), None, None, text), text)
        elif files:
            found[name] = files[0]
        else:
            others = sorted(file.name for file in folder.glob(f"{name}.*"))
            if others or not schema.optional:
                beside = f" (there is {', '.join(others)})" if others else ""
                text = f"no {name}.csv, {name}.csv.gz or {name}.parquet{beside}"
                log.add(Mistake(str(folder), None, None, text), text)
    log.raise_if_any()
    return found


def fingerprint(contents: Mapping[TableName, bytes]) -> str:
    """SHA-256 in hex over the tables' names and the bytes of their files."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(f"{name}:{hashlib.sha256(contents[name]).hexdigest()}\n".encode())
    return digest.hexdigest()


def read_table(file: Path, content: bytes, schema: TableSchema, log: MistakeLog) -> RawTable | None:
    """The file's columns; None, and a mistake in the log, when it can't be read as a table."""
    try:
        if file.suffix == ".parquet":
            return _read_parquet(file, content, schema, log)
        return _read_csv(file, content, schema, log)
    except UNREADABLE as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        text = f"can't be read: {reason}"
        log.add(Mistake(file.name, None, None, text), "unreadable")
        return None


def _read_csv(file: Path, content: bytes, schema: TableSchema, log: MistakeLog) -> RawTable:
    misshapen: list[pacsv.InvalidRow] = []

    def skip(row: pacsv.InvalidRow) -> str:
        misshapen.append(row)
        return "skip"

    source = pa.BufferReader(content)
    table = pacsv.read_csv(
        pa.CompressedInputStream(source, "gzip") if file.suffix == ".gz" else source,
        # One thread, and empty lines as rows: only then do rows have numbers.
        read_options=pacsv.ReadOptions(use_threads=False, block_size=LONGEST_ROW_BYTES),
        parse_options=pacsv.ParseOptions(
            newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(schema.column_names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    _check_header(file, table.schema.names, schema, log)
    columns = _known_columns(table, schema)
    numbers, misshapen_lines = _line_numbers(columns, table.num_rows, misshapen)
    for row, line in zip(misshapen, misshapen_lines, strict=True):
        text = (
            f"has {row.actual_columns} columns, the header {row.expected_columns}: is a quote not "
            "closed, or a comma outside quotes?"
        )
        log.add(Mistake(file.name, f"line {line}", None, text), "columns")
    if not columns:
        return RawTable(file.name, "line", numbers, columns)
    filled = ~np.logical_and.reduce([_nulls(column) for column in columns.values()])
    kept = {name: column.filter(pa.array(filled)) for name, column in columns.items()}
    return RawTable(file.name, "line", numbers[filled], kept)


def _read_parquet(file: Path, content: bytes, schema: TableSchema, log: MistakeLog) -> RawTable:
    table = pq.read_table(pa.BufferReader(content))
    _check_header(file, table.schema.names, schema, log)
    numbers = np.arange(1, table.num_rows + 1)
    return RawTable(file.name, "row", numbers, _known_columns(table, schema))


def _check_header(file: Path, names: list[str], schema: TableSchema, log: MistakeLog) -> None:
    """Every column of the schema once, and no other."""
    missing = [name for name in schema.column_names if name not in names]
    if len(names) == 1 and len(missing) == len(schema.columns):
        text = f"the header is one column, {shown(names[0])}: separate columns by commas"
        log.add(Mistake(file.name, None, None, text), "separator")
        return
    for name in dict.fromkeys(names):
        if name not in schema.column_names:
            close = difflib.get_close_matches(name.strip().lower(), missing, n=1)
            meant = f"did you mean {close[0]}?" if close else "take it out"
            text = f"unknown column {name!r}: {meant}"
            log.add(Mistake(file.name, None, name, text), "unknown column")
        elif names.count(name) > 1:
            text = f"column {name} is there {names.count(name)} times"
            log.add(Mistake(file.name, None, name, text), "repeated column")
    if missing:
        what = f"missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        text = f"{what} (wanted: {', '.join(schema.column_names)})"
        log.add(Mistake(file.name, None, None, text), "missing column")


def _known_columns(table: pa.Table, schema: TableSchema) -> dict[str, pa.Array]:
    """Each known column in one piece; of a repeated one the first."""
    names = table.schema.names
    return {
        name: table.column(names.index(name)).combine_chunks()
        for name in schema.column_names
        if name in names
    }


def _line_numbers(
    columns: Mapping[str, pa.Array], rows: int, misshapen: list[pacsv.InvalidRow]
) -> tuple[NDArray[np.int64], list[int]]:
    """First lines of the rows that were read, and of those that were not.

    The reader numbers rows, the header being 1; a row is as many lines as its values break into.
    """
    skipped = np.array([row.number or 0 for row in misshapen], dtype=np.int64)
    ordinals = np.setdiff1d(np.arange(2, rows + skipped.size + 2), skipped)
    breaks = np.zeros(rows + skipped.size + 3, dtype=np.int64)
    for column in columns.values():
        counted = pc.count_substring_regex(column.cast(pa.large_binary()), LINE_BREAK)
        breaks[ordinals] += pc.fill_null(counted, 0).to_numpy(zero_copy_only=False)
    for row, ordinal in zip(misshapen, skipped, strict=True):
        breaks[ordinal] = row.text.strip("\r\n").count("\n")
    before = np.concatenate(([0], np.cumsum(breaks)[:-1]))
    lines = np.arange(breaks.size) + before
    return lines[ordinals], lines[skipped].tolist()


def _nulls(column: pa.Array) -> NDArray[np.bool_]:
    return column.is_null().to_numpy(zero_copy_only=False)
