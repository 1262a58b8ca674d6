"""The commands `captions add`, `captions retire` and `captions restore`."""

import datetime as dt
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from eros_assets.cli.terminal import (
    CONSOLE,
    DECIDE,
    as_json,
    refusing,
    require_tables,
    result_as_json,
    settings_or_exit,
)

if TYPE_CHECKING:
    from eros_assets.captions.intake import Intake
    from eros_assets.dataset import Dataset

MOST_LISTED = 40
LONGEST_SHOWN = 50


@click.group()
def captions() -> None:
    """Add captions to the bank, retire them, and put the bank back.

    Reads the bank and what is known of its captions; writes the bank, after a copy of what it was.
    """


@captions.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@click.option("--skip-refused", is_flag=True, help="Add the other rows when some are refused.")
@click.option("--accept-similar", is_flag=True, help="Add captions that are nearly in the bank.")
@as_json
def add(file: Path, dry_run: bool, skip_refused: bool, accept_similar: bool, as_json: bool) -> None:
    """Add the captions of FILE to the bank, all or none.

    The file is as docs/IMPORT.md has a caption bank, with the mapping that lies beside it. Rows
    that break a rule, are in the bank, or that no page may send are refused, each with its line;
    the command ends with code 3 then, unless they are skipped. The bank is copied before.
    """
    with result_as_json(as_json) as give:
        dataset = _opened()
        from eros_assets.captions.bank import add_captions
        from eros_assets.captions.intake import judge
        from eros_assets.importing.captions import read_captions

        with refusing():
            found = read_captions(file)
            with _progress() as progress:
                intake = judge(dataset, found, progress)
        for note in found.notes:
            CONSOLE.print(f"  {note}", style="dim")
        _say(intake, accept_similar=accept_similar)
        left_out = intake.broken if accept_similar else intake.refused
        rows = intake.rows
        if accept_similar:
            import pandas as pd

            rows = pd.concat([intake.rows, intake.similar]).sort_index()
        stops = bool(left_out) and not skip_refused
        backup = None
        if not dry_run and not stops and len(rows):
            with refusing():
                backup = add_captions(dataset, rows, now=dt.datetime.now(dt.UTC))
            CONSOLE.print(f"{_counted(len(rows))} added to the bank.", style="green")
            _say_way_back(backup)
        elif stops or dry_run or not len(rows):
            would = "" if stops else f" {_counted(len(rows))} would be added."
            CONSOLE.print(f"Nothing was written.{would if dry_run else ''}")
        if stops:
            CONSOLE.print(
                "Mend the rows, or go on without them: --skip-refused; --accept-similar adds those "
                "that are nearly in the bank.",
                style="yellow",
            )
        give(
            {
                "added": [] if backup is None else [int(n) for n in rows["caption_id"]],
                "refused": [intake.line(row) for row in left_out],
                "warnings": list(intake.warnings),
                "backup": backup,
            }
        )
    if stops:
        sys.exit(DECIDE)


@captions.command()
@click.argument("caption_ids", nargs=-1, type=int)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last LA date of use.")
@click.option("--max-sends", type=click.IntRange(min=0), help="Messages of each, on all pages.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
@as_json
def retire(
    caption_ids: tuple[int, ...],
    until: dt.datetime | None,
    max_sends: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Retire CAPTION_IDS; without ids, list what the evidence says is worthless or worn.

    At once, or with --until and --max-sends after a date or a number of sends. A caption that is
    reserved already is sent as planned. The bank is copied before.
    """
    with result_as_json(as_json) as give:
        dataset = _opened()
        if not caption_ids:
            give(_list_doubtful(dataset))
            return
        from eros_assets.captions.bank import Terms, retire_captions

        terms = Terms(until.date() if until else None, max_sends)
        what = f"{_counted(len(set(caption_ids)))}: {terms.sentence}"
        backup = None
        if dry_run:
            CONSOLE.print(f"Nothing was written. {what}.")
        else:
            with refusing():
                now = dt.datetime.now(dt.UTC)
                backup = retire_captions(dataset, caption_ids, terms, now=now)
            CONSOLE.print(f"{what}.", style="green")
            _say_way_back(backup)
        give({"retired": sorted(set(caption_ids)), "terms": terms.sentence, "backup": backup})


@captions.command()
@click.argument("backup_id")
def restore(backup_id: str) -> None:
    """Put the bank back as it was before the command that named BACKUP_ID.

    What was changed since by any other way, such as an import, is put back too.
    """
    dataset = _opened()
    from eros_assets.captions.bank import restore_captions

    with refusing():
        count = restore_captions(dataset, backup_id)
    CONSOLE.print(f"The bank is as {backup_id} has it: {_counted(count)}.", style="green")


def _opened() -> "Dataset":
    from eros_assets.dataset import open_dataset

    dataset = open_dataset(settings_or_exit(), asset="caption_bank")
    with refusing():
        require_tables(dataset)
    return dataset


@contextmanager
def _progress() -> Generator[Callable[[int, int], None]]:
    """Show on a terminal how many captions of a file were compared with the bank."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("Compared with the bank"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=CONSOLE,
        transient=True,
        disable=not CONSOLE.is_terminal,
    ) as shown:
        task = shown.add_task("", total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)


def _say(intake: "Intake", *, accept_similar: bool) -> None:
    left_out = intake.broken if accept_similar else intake.refused
    for row in left_out[:MOST_LISTED]:
        CONSOLE.print(f"  {intake.line(row)}", style="yellow" if row.is_similar else "red")
    if (more := len(left_out) - MOST_LISTED) > 0:
        CONSOLE.print(f"  and {more:,} more: --json lists all")
    for warning in intake.warnings:
        CONSOLE.print(f"  {warning}", style="yellow")
    good = len(intake.rows) + (len(intake.similar) if accept_similar else 0)
    CONSOLE.print(f"{_counted(good)} can be added, {len(left_out):,} refused.")


def _list_doubtful(dataset: "Dataset") -> dict[str, object]:
    from eros_assets.captions.evidence import doubtful_captions

    found = doubtful_captions(dataset.query("caption_evidence"))
    for each in found[:MOST_LISTED]:
        CONSOLE.print(
            f"{each.caption_id}  {each.price_tier}, {each.sends} sends, rate {each.posterior}; "
            f'{each.verdict}: {each.why}; "{" ".join(each.caption_text.split())[:LONGEST_SHOWN]}"'
        )
    if (more := len(found) - MOST_LISTED) > 0:
        CONSOLE.print(f"and {more} more: --json lists all")
    CONSOLE.print(
        f"{_counted(len(found))} to look at. To retire some: python -m eros_assets captions retire "
        "ID ..."
    )
    return {
        "captions": [
            {
                "caption_id": each.caption_id,
                "price_tier": each.price_tier,
                "verdict": each.verdict,
                "why": each.why,
                "sends": each.sends,
                "pages": each.pages,
                "rate": each.posterior.mean,
                "lower": each.posterior.lower,
                "upper": each.posterior.upper,
                "expected": each.expected,
            }
            for each in found
        ]
    }


def _counted(count: int) -> str:
    return "1 caption" if count == 1 else f"{count:,} captions"


def _say_way_back(backup: str) -> None:
    CONSOLE.print(f"  To undo: python -m eros_assets captions restore {backup}")
