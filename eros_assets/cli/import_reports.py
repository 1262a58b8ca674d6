"""Says what was read from files and what became of it, and stops where that is too little."""

import sys
from typing import TYPE_CHECKING

from eros_assets.cli.terminal import CONSOLE, DECIDE

if TYPE_CHECKING:
    from eros_assets.importing.inputs import ImportedInputs
    from eros_assets.weekly.import_report import ImportReport


def say_what_was_read(inputs: "ImportedInputs") -> None:
    """One line for each table, with its files, then what was decided without asking.

    Tables that have neither files nor rows are passed over.
    """
    for name, rows in inputs.tables.items():
        files = inputs.files.get(name, ())
        if not files and rows.empty:
            continue
        origin = files[0].name if len(files) == 1 else f"{len(files)} files" if files else "made"
        CONSOLE.print(f"  {name:<30}{len(rows):>10,} rows  {origin}", style="green")
    for note in inputs.notes:
        CONSOLE.print(f"  {note}", style="dim")


def say_report(report: "ImportReport") -> None:
    """The report, and what in it people should look at."""
    for line in report.lines:
        CONSOLE.print(f"  {line}")
    for doubt in report.doubts:
        CONSOLE.print(f"  {doubt}", style="yellow")


def refuse_doubtful(report: "ImportReport", *, accept: bool) -> None:
    """Say the report; end the command with code 3 where it has doubts that are not accepted."""
    say_report(report)
    if report.doubts and not accept:
        CONSOLE.print(
            "Nothing was loaded. Mend the files or their mapping (docs/IMPORT.md), or load them as "
            "they are: run the command again with --accept (`make demo ACCEPT=yes`). "
            "max_quarantined_share and max_unmatched_share of tuning.csv change what is allowed.",
            style="red",
        )
        sys.exit(DECIDE)
