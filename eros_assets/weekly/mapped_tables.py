"""Reads tables of the warehouse that have other columns, by a mapping, as files are read.

Each table is written to a file of this machine first: what a mapping says of files then holds for
tables too, with the same checks and the same errors, on either engine.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.captions.bank import TERMS_TABLE, with_decisions
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.importing.inputs import ImportedInputs, read_inputs
from eros_assets.importing.mapping import MAPPING_FILE, Mapping, read_mapping
from eros_assets.importing.schema import INPUT_TABLES

if TYPE_CHECKING:
    import pandas as pd


class NoMappedTableError(ErosError):
    """The mapping names no table of the warehouse, or one of EROS's own."""


def read_mapped_tables(dataset: Dataset, folder: Path) -> ImportedInputs:
    """The input tables, of the warehouse's tables that the folder's mapping names and its files.

    Raises:
        NoMappedTableError: the mapping names no table, or an input table itself.
        InputFileError: what is wrong with the mapping, the tables or the files.
        WarehouseError: a table can't be read.
    """
    mapping = read_mapping(folder)
    tables = mapping.warehouse_tables
    if not tables:
        raise NoMappedTableError(
            f"{folder / MAPPING_FILE} names no table of the warehouse: write, for example, "
            'mass_messages.table = "raw.message_stats"'
        )
    own = {*dataset.library}
    for name in tables:
        if name in own:
            raise NoMappedTableError(
                f"{MAPPING_FILE}: {name} is a table of EROS, which is written from another one"
            )
    with tempfile.TemporaryDirectory(prefix="eros-") as place:
        for file in folder.iterdir():
            if file.is_file() and file.name != MAPPING_FILE:
                (Path(place) / file.name).symlink_to(file.resolve())
        files = {name: f"{name}.parquet" for name in tables}
        for name, file in files.items():
            _write(dataset, name, Path(place) / file)
        return read_inputs(Path(place), mapping.with_files(files))


def _write(dataset: Dataset, name: str, file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = dataset.rows_of_others(name)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), file)


def tables_to_load(
    dataset: Dataset, inputs: ImportedInputs, mapping: Mapping
) -> "dict[str, pd.DataFrame]":
    """The tables that a mapping makes, with what commands decided about captions.

    Creators that are made from the messages are not among them where there are creators.
    """
    given = {str(name) for name in inputs.files}
    if any(mapped.from_messages for mapped in mapping.caption_bank):
        given.add("caption_bank")
    creators = dataset.freshness("creators")
    if "creators" not in given and not (creators and creators.row_count):
        given.add("creators")
    if "caption_bank" in given:
        given.add(TERMS_TABLE)
    every = with_decisions(dataset, inputs.tables, inputs.terms)
    return {name: every[name] for name in (*INPUT_TABLES, TERMS_TABLE) if name in given}


def load_mapped_tables(
    dataset: Dataset, tables: "dict[str, pd.DataFrame]"
) -> Sequence[tuple[str, int]]:
    """Load them, the history last; gives back each table and its rows."""
    order = sorted(tables, key=lambda name: name == "mass_messages")
    for name in order:
        dataset.load(name, tables[name])
    return [(name, len(tables[name])) for name in order]
