"""Reads a file of captions, as one of `caption_bank` is read, and the terms that it gives them."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eros_assets.importing.folder import content_of
from eros_assets.importing.headers import named_columns, wanted_names
from eros_assets.importing.identity import Pages
from eros_assets.importing.mapping import TableMapping, read_mapping
from eros_assets.importing.mistakes import MistakeLog, Note, Notes
from eros_assets.importing.reading import read_cells
from eros_assets.importing.rules import check_unique
from eros_assets.importing.schema import SCHEMAS, TERMS
from eros_assets.importing.tables import frame_of, typed_columns, with_defaults


@dataclass(frozen=True, eq=False)
class CaptionFile:
    """The captions of a file: columns of the schema, and `place`, such as "line 17"."""

    name: str
    rows: pd.DataFrame
    notes: tuple[Note, ...]


def read_captions(file: Path) -> CaptionFile:
    """The captions of a file, by the mapping that lies beside it where there is one.

    Without a column `caption_id` it is NULL in all rows.

    Raises:
        InputFileError: what is wrong with the file: row, column, value and rule.
    """
    schema = SCHEMAS["caption_bank"]
    mapping = read_mapping(file.parent)
    of_files = [each for each in mapping.caption_bank if not each.from_messages]
    of_table = of_files[0] if of_files else TableMapping()
    log, notes, pages = MistakeLog(), Notes(), Pages(mapping.pages)
    content = content_of(file)
    frames: list[pd.DataFrame] = []
    wanted = wanted_names(schema, of_table)
    for cells in read_cells(file, content, of_table, wanted, log, notes):
        raw = named_columns(cells, schema, of_table, mapping.formats, log, notes)
        typed = typed_columns(raw, schema, pages, log)
        if "caption_id" in typed:
            check_unique([(raw, typed["caption_id"])], schema.columns[0], log)
        rows = frame_of(with_defaults(typed, schema, raw.numbers.size), schema)
        frames.append(rows.assign(place=[raw.at(n) for n in range(len(rows))]))
    log.raise_if_any()
    pages.note(notes)
    return CaptionFile(file.name, pd.concat(frames, ignore_index=True), notes.all)


def terms_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The captions that have terms: `caption_id` and the columns TERMS."""
    terms = rows[["caption_id", *TERMS]]
    return terms[terms[list(TERMS)].notna().any(axis=1)].reset_index(drop=True)
