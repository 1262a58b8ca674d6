"""Reads an agency's own history from a folder: all of it checked, or one error.

The files of a table have its name, or those that the folder's mapping gives it, `eros_import.toml`.
`mass_messages` and `caption_bank` must be there. Without `creators`, each page of the messages is
an active creator; the other tables have no rows where there is no file.
"""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import hashlib
import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa

from eros_assets.importing.bank import bank_of_messages
from eros_assets.importing.captions import terms_of
from eros_assets.importing.folder import Source, content_of, find_sources, fingerprint
from eros_assets.importing.headers import RawTable, named_columns, wanted_names
from eros_assets.importing.history import Export, one_history
from eros_assets.importing.identity import Pages, ids_of, normal_text
from eros_assets.importing.mapping import MAPPING_FILE, Mapping, read_mapping
from eros_assets.importing.mistakes import MistakeLog, Note, Notes
from eros_assets.importing.reading import read_cells
from eros_assets.importing.rules import check_unique
from eros_assets.importing.schema import PAGE_NAME, SCHEMAS, TERMS, TableName, TableSchema
from eros_assets.importing.tables import Typed, frame_of, typed_columns, with_defaults


@dataclass(frozen=True, eq=False)
class ImportedInputs:
    """The input tables, as the files have them.

    Frames have the schema's columns in its order: INT64 is Int64 (int64 where every row must have
    a value), STRING object with None, BOOL bool, TIMESTAMP datetime64[us, UTC], DATE date with
    None, ARRAY<STRING> lists of str. `fingerprint` is a SHA-256 over the contents of the files and
    of the mapping; `files` has the files of each table that came from some. `rows_read` counts rows
    of files by table, `replaced` those of mass_messages that a newer row of the same message
    replaced. `notes` say what was decided without asking. `terms` are the rows of
    the bank with a column of TERMS.
    """

    tables: MappingOf[TableName, pd.DataFrame]
    fingerprint: str
    files: MappingOf[TableName, tuple[Path, ...]]
    rows_read: MappingOf[TableName, int] = field(default_factory=dict[TableName, int])
    replaced: int = 0
    notes: Sequence[Note] = ()
    terms: pd.DataFrame | None = None


@dataclass(slots=True, eq=False)
class _Reading:
    """What has been read of one table so far, file by file."""

    raw: list[RawTable] = field(default_factory=list[RawTable])
    typed: list[Typed] = field(default_factory=list[Typed])
    digests: list[str] = field(default_factory=list[str])
    files: list[Path] = field(default_factory=list[Path])


def read_inputs(folder: Path, mapping: Mapping | None = None) -> ImportedInputs:
    """Read and check every input file of the folder; nothing is written.

    `mapping` goes before the one in the folder. Rows of mass_messages that break a rule of the
    business (no page, no time, an unknown message_type, more views than recipients …) pass: they
    are quarantined later.

    Raises:
        InputFileError: what is wrong with the files: file, row, column, value and rule, the first
            few of each kind.
    """
    own = folder / MAPPING_FILE
    written = own.read_bytes() if mapping is None and own.is_file() else b""
    mapping = mapping or read_mapping(folder)
    log, notes, pages = MistakeLog(), Notes(), Pages(mapping.pages)
    tables: dict[TableName, _Reading] = {}
    for source in find_sources(folder, mapping):
        _read(source, mapping, tables.setdefault(source.table, _Reading()), pages, log, notes)
    for name, reading in tables.items():
        for column in SCHEMAS[name].columns:
            columns = [
                (raw, typed[column.name])
                for raw, typed in zip(reading.raw, reading.typed, strict=True)
                if column.name in typed
            ]
            if column.unique and columns:
                check_unique(columns, column, log)
    log.raise_if_any()
    exports = _exports(tables["mass_messages"])
    history = one_history(exports, log)
    frames: dict[TableName, pd.DataFrame] = {"mass_messages": history.rows}
    frames |= {name: _table(name, tables[name]) for name in tables if name != "mass_messages"}
    for mapped in mapping.caption_bank:
        if mapped.from_messages:
            sent = history.rows[history.rows["status"] != "scheduled"]
            frames["caption_bank"] = bank_of_messages(sent, mapped, log)
            count = len(frames["caption_bank"])
            notes.add("caption_bank", f"{count:,} captions made from the texts of the messages")
    log.raise_if_any()
    bank, terms = frames["caption_bank"], None
    if set(TERMS) <= set(bank.columns):
        terms = terms_of(bank)
        frames["caption_bank"] = bank.drop(columns=list(TERMS))
    if "creators" not in frames:
        frames["creators"] = _derived_creators(history.rows, pages.shown)
    frames = no_rows() | frames
    pages.note(notes)
    if history.replaced:
        rows = "1 row" if history.replaced == 1 else f"{history.replaced:,} rows"
        notes.add("mass_messages", f"{rows} replaced by newer ones of the same messages")
    if history.disagreeing:
        notes.add("mass_messages", history.disagreeing)
    if history.scheduled:
        notes.add("mass_messages", f"{history.scheduled:,} scheduled, not sent yet: no facts")
    if history.withdrawn:
        notes.add("mass_messages", f"{history.withdrawn:,} withdrawn: they count until then")
    return ImportedInputs(
        {name: frames[name] for name in SCHEMAS},
        fingerprint({name: reading.digests for name, reading in tables.items()}, written),
        {name: tuple(reading.files) for name, reading in tables.items()},
        {name: sum(raw.numbers.size for raw in tables[name].raw) for name in tables},
        history.replaced,
        notes.all,
        terms,
    )


def no_rows() -> dict[TableName, pd.DataFrame]:
    """The optional tables, but for `creators`, without rows."""
    return {
        schema.name: frame_of(with_defaults({}, schema, 0), schema)
        for schema in SCHEMAS.values()
        if schema.optional and schema.name != "creators"
    }


def _read(
    source: Source,
    mapping: Mapping,
    reading: _Reading,
    pages: Pages,
    log: MistakeLog,
    notes: Notes,
) -> None:
    schema = SCHEMAS[source.table]
    content = content_of(source.file)
    wanted = wanted_names(schema, source.mapping)
    for cells in read_cells(source.file, content, source.mapping, wanted, log, notes):
        raw = named_columns(cells, schema, source.mapping, mapping.formats, log, notes)
        reading.raw.append(raw)
        reading.typed.append(typed_columns(raw, schema, pages, log))
    reading.digests.append(hashlib.sha256(content).hexdigest())
    reading.files.append(source.file)


def _exports(reading: _Reading) -> list[Export]:
    schema = SCHEMAS["mass_messages"]
    return [
        Export(raw.file, raw.place, raw.numbers, _frame(schema, raw, typed))
        for raw, typed in zip(reading.raw, reading.typed, strict=True)
    ]


def _frame(schema: TableSchema, raw: RawTable, typed: Typed) -> pd.DataFrame:
    return frame_of(with_defaults(typed, schema, raw.numbers.size), schema)


def _table(name: TableName, reading: _Reading) -> pd.DataFrame:
    schema = SCHEMAS[name]
    full = [
        with_defaults(typed, schema, raw.numbers.size)
        for raw, typed in zip(reading.raw, reading.typed, strict=True)
    ]
    joined = {
        column: pa.concat_arrays([typed[column] for typed in full])
        for column in schema.column_names
    }
    if name == "caption_bank" and joined["caption_id"].null_count == len(joined["caption_id"]):
        texts = normal_text(joined["caption_text"]).to_pylist()
        joined["caption_id"] = pa.array(ids_of(f"caption {text}" for text in texts))
        rows = frame_of(joined, schema)
        return rows.drop_duplicates("caption_id").reset_index(drop=True)
    return frame_of(joined, schema)


def _derived_creators(messages: pd.DataFrame, shown: MappingOf[str, str]) -> pd.DataFrame:
    """Every page that sent something, active, named as people name it or after its page name."""
    pages = sorted(p for p in messages["page_name"].dropna().unique() if re.match(PAGE_NAME, p))
    names = [shown.get(page) or page.replace("_", " ").strip().title() for page in pages]
    return pd.DataFrame(
        {
            "page_name": pd.Series(pages, dtype=object),
            "display_name": pd.Series(names, dtype=object),
            "is_active": pd.Series([True] * len(pages), dtype=bool),
        }
    )
