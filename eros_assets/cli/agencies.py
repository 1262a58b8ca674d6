"""The commands `agency`: whose home it is, moving it, merging histories, and starting over."""

import datetime as dt
from pathlib import Path

import click

from eros_assets.cli.terminal import CONSOLE, refusing, settings_or_exit


@click.group()
def agency() -> None:
    """Say whose home it is; move it, merge a second history into it, or start over.

    Reads and writes the folder EROS_HOME; `show` writes nothing.
    """


@agency.command()
def show() -> None:
    """Say which agency the home is of, and what was set aside in it."""
    settings = settings_or_exit()
    from eros_assets.agency.homes import set_aside
    from eros_assets.agency.identity import agency_of

    with refusing():
        known = agency_of(settings.home)
    if known is None:
        CONSOLE.print(f"{settings.home}: nothing was imported yet")
    else:
        CONSOLE.print(
            f"{settings.home}: {known.name or 'no name (EROS_AGENCY)'}, last imported from "
            f"{known.origin}"
        )
        for name in known.histories:
            CONSOLE.print(f"  with history {name}")
    for name in set_aside(settings.home):
        CONSOLE.print(f"  set aside: {name}")


@agency.command()
@click.argument("name")
def name(name: str) -> None:
    """Name the home's agency NAME; imports with another EROS_AGENCY are refused from then on."""
    settings = settings_or_exit()
    from dataclasses import replace

    from eros_assets.agency.identity import Agency, agency_of, note_agency, origin_of
    from eros_assets.settings import load_settings

    with refusing():
        said = load_settings({"agency": name}).agency
        known = agency_of(settings.home) or Agency(None, origin_of(settings))
        note_agency(settings.home, replace(known, name=said))
    before = f", before {known.name}" if known.name else ""
    CONSOLE.print(f"{settings.home} is the home of {said}{before}. Nothing else was changed.")


@agency.command()
@click.argument("folder", type=click.Path(path_type=Path))
def move(folder: Path) -> None:
    """Move the home to FOLDER: warehouse, runs and caches; exports stay where they are.

    Every file is copied and compared; the old home is renamed, not deleted.
    """
    settings = settings_or_exit()
    from eros_assets.agency.homes import move_home

    target = folder.expanduser().resolve()
    with refusing():
        old = move_home(settings, target, dt.datetime.now(dt.UTC))
    CONSOLE.print(
        f"The home is in {target}: set EROS_HOME={target}.\n"
        f"  Kept as it was: {old}; delete it when the new home works. To go back: rename it to "
        f"{settings.home}.\n"
        f"  Exports stay in {settings.out_dir}."
    )


@agency.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--as", "called", default=None, help="What to call it; default: the folder's name.")
def merge(folder: Path, called: str | None) -> None:
    """Merge the history in FOLDER into that of EROS_IMPORT_DIR, for all imports to come.

    Both are read and checked together before anything is written. The files are copied into the
    home; `make demo` loads them.
    """
    settings = settings_or_exit()
    from eros_assets.agency.histories import merge_history

    known_as = called or folder.resolve().name
    with refusing():
        inputs = merge_history(settings, folder, known_as)
    for note in inputs.notes[-1:]:
        CONSOLE.print(f"  {note}")
    for table, rows in inputs.tables.items():
        CONSOLE.print(f"  {table:<30}{len(rows):>10,} rows together", style="green")
    CONSOLE.print(
        f"Merged as {known_as}; {folder} stays as it is. `make demo` loads both. To undo: "
        f"python -m eros_assets agency unmerge {known_as}"
    )


@agency.command()
@click.argument("history")
def unmerge(history: str) -> None:
    """Leave a merged HISTORY out of the imports to come; its files are kept."""
    settings = settings_or_exit()
    from eros_assets.agency.histories import unmerge_history

    with refusing():
        kept = unmerge_history(settings, history)
    CONSOLE.print(f"{history} is left out from the next `make demo` on. Its files: {kept}")


@agency.command(name="start-over")
def start_over() -> None:
    """Set aside the tables, the agency and its merged histories, so that the home is empty.

    Kept: exports, tuning, your files, and Dagster's log of runs. Added and retired captions are
    among what is set aside. Nothing is deleted.
    """
    settings = settings_or_exit()
    from eros_assets.agency.homes import start_over as started_over

    with refusing():
        name = started_over(settings, dt.datetime.now(dt.UTC))
    CONSOLE.print(
        f"{settings.home} is empty; `make demo` begins anew.\n"
        f"  Set aside: tables, agency and histories, as {name}.\n"
        f"  Kept: exports in {settings.out_dir}, and Dagster's runs.\n"
        f"  To go back: python -m eros_assets agency put-back {name}"
    )


@agency.command(name="put-back")
@click.argument("name")
def put_back(name: str) -> None:
    """Put back what `agency start-over` set aside as NAME; what is there now is set aside."""
    settings = settings_or_exit()
    from eros_assets.agency.homes import put_back as put

    with refusing():
        aside = put(settings, name, dt.datetime.now(dt.UTC))
    CONSOLE.print(f"{settings.home} is as it was on {name}.")
    if aside:
        CONSOLE.print(f"  What was there is set aside as {aside}.")
