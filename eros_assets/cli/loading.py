"""The command `load-tables`: inputs from tables of the warehouse that have other columns."""

from pathlib import Path

import click

from eros_assets.cli.import_reports import refuse_doubtful, say_report, say_what_was_read
from eros_assets.cli.terminal import CONSOLE, refusing, require_tables, settings_or_exit


@click.command("load-tables")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and load nothing.")
@click.option("--accept", is_flag=True, help="Load them though much can't be used.")
def load_tables(folder: Path, dry_run: bool, accept: bool) -> None:
    """Load the inputs from tables of the warehouse, by the mapping in FOLDER.

    Reads the tables that eros_import.toml names, and the files of FOLDER; all of them are checked
    as files are. Writes the input tables that it makes of them, whole; their sources and the other
    tables stay as they are. Ends with code 3 where too much can't be used, unless --accept.
    """
    from eros_assets.dataset import open_dataset
    from eros_assets.importing.mapping import read_mapping
    from eros_assets.weekly.import_report import rehearsed_import
    from eros_assets.weekly.mapped_tables import (
        load_mapped_tables,
        read_mapped_tables,
        tables_to_load,
    )
    from eros_assets.weekly.weeks import note_history_span

    settings = settings_or_exit()
    dataset = open_dataset(settings, asset="inputs")
    with refusing():
        require_tables(dataset)
        inputs = read_mapped_tables(dataset, folder)
        tables = tables_to_load(dataset, inputs, read_mapping(folder))
        say_what_was_read(inputs)
        report = rehearsed_import(
            settings, {str(name): rows for name, rows in inputs.tables.items()}
        )
    if dry_run:
        say_report(report)
        CONSOLE.print("Nothing was loaded.")
        return
    refuse_doubtful(report, accept=accept)
    with refusing():
        loaded = load_mapped_tables(dataset, tables)
        note_history_span(dataset)
    for name, rows in loaded:
        CONSOLE.print(f"{name}: {rows:,} rows", style="green")
