"""The command `inspect`: what a folder of files would load, and the mapping that it needs."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eros_assets.cli.import_reports import say_report, say_what_was_read
from eros_assets.cli.terminal import CONSOLE, settings_or_exit
from eros_assets.errors import ErosError

if TYPE_CHECKING:
    from eros_assets.importing.inputs import ImportedInputs
    from eros_assets.importing.proposal import Proposal

MOST_AMENDMENTS = 4


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Write the proposed mapping, eros_import.toml.")
def inspect(folder: Path, write: bool) -> None:
    """Say what the files of FOLDER would load, and propose their mapping.

    Reads the files; writes nothing but, with --write, the mapping. Loads nothing.
    """
    from eros_assets.importing.inputs import read_inputs
    from eros_assets.importing.mapping import MAPPING_FILE
    from eros_assets.importing.proposal import proposed_mapping

    settings = settings_or_exit()
    own = folder / MAPPING_FILE
    inputs = proposal = None
    try:
        inputs = read_inputs(folder)
    except ErosError as error:
        if own.exists():
            CONSOLE.print(str(error), style="red")
            sys.exit(1)
    if inputs is not None and (own.exists() or not proposed_mapping(folder).words):
        CONSOLE.print(f"{MAPPING_FILE} is right." if own.exists() else "No mapping is needed.")
    else:  # words that no rule of a file refuses quarantine every message
        proposal, inputs, refusal = _proposed(folder)
        CONSOLE.print(f"Proposed {MAPPING_FILE}: confirm each guess.\n", style="bold")
        CONSOLE.print(proposal.toml)
        for name, headers in proposal.unused.items():
            CONSOLE.print(_unused(name, headers), style="dim")
        if inputs is None:
            CONSOLE.print("It would be refused:", style="red")
            CONSOLE.print(refusal, style="red")
    if proposal is not None and write:
        from eros_assets.atomic_write import atomic_write

        atomic_write(own, proposal.toml.encode())
        CONSOLE.print(f"Written to {own}.", style="green")
    elif proposal is not None:
        CONSOLE.print(f"Add --write to write it to {own}.")
    if inputs is None:
        sys.exit(1)
    from eros_assets.weekly.import_report import rehearsed_import

    CONSOLE.print("What it would load:", style="bold")
    say_what_was_read(inputs)
    say_report(rehearsed_import(settings, {str(k): rows for k, rows in inputs.tables.items()}))


def _unused(name: str, headers: Sequence[str]) -> str:
    """What to say of a file that looks like no table, and how to say that it is one."""
    from eros_assets.importing.mistakes import shown_headers

    text = f"{name} looks like no table: left out"
    if len(headers) < 2:
        return text
    return (
        f"{text}. Its columns are {shown_headers(headers)}. If it has messages, say which is which "
        f'under [mass_messages]: files = "{name}", columns.sent_count = "...", and so on'
    )


def _proposed(folder: Path) -> tuple["Proposal", "ImportedInputs | None", str]:
    """The proposal with the formats that its own refusals ask for, and what it loads."""
    from eros_assets.importing.inputs import read_inputs
    from eros_assets.importing.mapping import parse_mapping
    from eros_assets.importing.mistakes import InputFileError
    from eros_assets.importing.proposal import amended, proposed_mapping

    proposal = proposed_mapping(folder)
    refusal = ""
    for _ in range(MOST_AMENDMENTS):
        try:
            return proposal, read_inputs(folder, parse_mapping(proposal.toml)), ""
        except InputFileError as error:
            refusal = str(error)
            if not amended(proposal, refusal):
                break
    return proposal, None, refusal
