"""Reads an agency's own history from a folder: all of it checked, or one error.

A table is one file, named as the table: `.csv`, `.csv.gz` (UTF-8, RFC 4180, a header) or
`.parquet`. `mass_messages` and `caption_bank` must be there. Without `creators`, each page of the
messages is an active creator; without `creator_caption_restrictions` there are none.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from eros_assets.importing.conversion import ARROW_TYPES, from_csv, from_parquet
from eros_assets.importing.files import RawTable, find_files, fingerprint, read_table
from eros_assets.importing.mistakes import InputFileError, Mistake, MistakeLog
from eros_assets.importing.rules import check_column, report
from eros_assets.importing.schema import PAGE_NAME, SCHEMAS, Column, TableName, TableSchema


@dataclass(frozen=True, eq=False)
class ImportedInputs:
    """The four input tables, as the files have them.

    Frames have the schema's columns in its order: INT64 is Int64 (int64 where every row must have
    a value), STRING object with None, BOOL bool, TIMESTAMP datetime64[us, UTC], ARRAY<STRING>
    lists of str. `fingerprint` is a SHA-256 over the files' contents; `files` has the file of each
    table that came from one.
    """

    tables: Mapping[TableName, pd.DataFrame]
    fingerprint: str
    files: Mapping[TableName, Path]


def read_inputs(folder: Path) -> ImportedInputs:
    """Read and check every input file of the folder; nothing is written.

    Rows of mass_messages that break a rule of the business (no page, no time, an unknown
    message_type, more views than recipients …) pass: they are quarantined later.

    Raises:
        InputFileError: what is wrong with the files: file, row, column and rule, the first few
            of each kind.
    """
    files = find_files(folder)
    log = MistakeLog()
    contents: dict[TableName, bytes] = {}
    frames: dict[TableName, pd.DataFrame] = {}
    for name, file in files.items():
        try:
            contents[name] = file.read_bytes()
        except OSError as error:
            raise InputFileError(f"{file.name}: can't be read: {error.strerror}") from error
        raw = read_table(file, contents[name], SCHEMAS[name], log)
        if raw is not None:
            frames[name] = _frame(_typed_columns(raw, SCHEMAS[name], log), SCHEMAS[name])
    log.raise_if_any()
    if "creators" not in frames:
        frames["creators"] = _derived_creators(frames["mass_messages"])
    if "creator_caption_restrictions" not in frames:
        schema = SCHEMAS["creator_caption_restrictions"]
        frames[schema.name] = _frame(
            {c.name: pa.nulls(0, ARROW_TYPES[c.type]) for c in schema.columns}, schema
        )
    return ImportedInputs(frames, fingerprint(contents), files)


def _typed_columns(raw: RawTable, schema: TableSchema, log: MistakeLog) -> dict[str, pa.Array]:
    """The columns with their types; mistakes go to the log."""
    typed: dict[str, pa.Array] = {}
    for column in schema.columns:
        if column.name in raw.columns:
            values = _typed_column(raw, column, log)
            if values is not None:
                typed[column.name] = values
    return typed


def _typed_column(raw: RawTable, column: Column, log: MistakeLog) -> pa.Array | None:
    stored = raw.columns[column.name]
    bad = np.zeros(len(stored), dtype=np.bool_)

    def note(wrong: NDArray[np.bool_], rule: str) -> None:
        bad[wrong] = True
        report(raw, column, wrong, rule, log, stored)

    convert = from_csv if raw.place == "line" else from_parquet
    values = convert(stored, column, note)
    if values is None:
        text = f"{column.name} is stored as {stored.type}, not as {column.type}"
        log.add(Mistake(raw.file, None, column.name, text), "stored type")
        return None
    check_column(raw, column, values, bad, log)
    return values


def _frame(typed: Mapping[str, pa.Array], schema: TableSchema) -> pd.DataFrame:
    return pd.DataFrame(
        {c.name: _series(typed[c.name], c) for c in schema.columns if c.name in typed}
    )


def _series(values: pa.Array, column: Column) -> "pd.Series[Any]":
    if column.type == "ARRAY<STRING>":
        return pd.Series(values.to_pylist(), dtype=object)
    if column.type == "INT64":
        series = pd.Series(values.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get))
        complete = column.required and values.null_count == 0
        return series.astype("int64") if complete else series
    return pd.Series(values.to_pandas())


def _derived_creators(messages: pd.DataFrame) -> pd.DataFrame:
    """Every page that sent something, active, named after its page name."""
    pages = sorted(p for p in messages["page_name"].dropna().unique() if re.match(PAGE_NAME, p))
    names = [page.replace("_", " ").strip().title() for page in pages]
    return pd.DataFrame(
        {
            "page_name": pd.Series(pages, dtype=object),
            "display_name": pd.Series(names, dtype=object),
            "is_active": pd.Series([True] * len(pages), dtype=bool),
        }
    )
