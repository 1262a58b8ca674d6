"""The part of the command `week` that replaces single messages: what is typed, what has changed."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from eros_assets.cli.terminal import CONSOLE, refusing, require_tables
from eros_assets.settings import Settings

if TYPE_CHECKING:
    from eros_assets.dataset import Dataset

REJECTED = "rejected"

replace_option = click.option(
    "--replace",
    "replaced",
    multiple=True,
    metavar="NUMBERS",
    help="Replace these messages of the page alone, by their numbers: 7, or 7,12. The rest of the "
    "week stays as it is. `rejected`: every message that the Review tab rejects, of all pages or "
    "of each --page.",
)
week_option = click.option(
    "--week",
    "monday",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Monday of the week, in place of EROS_WEEK.",
)


def requests_of(replaced: Sequence[str], pages: Sequence[str], *, force: bool) -> list[str]:
    """The typed numbers as requests, each with the page.

    Raises:
        click.UsageError: numbers without one page, something else than numbers, or `force`.
    """
    words = [word for text in replaced for word in re.split(r"[\s,]+", text) if word]
    if replaced and not words:
        raise click.UsageError("--replace: give the numbers of messages, as in --replace 7,12")
    if words and force:
        raise click.UsageError(
            "--replace leaves the rest of the week as it is; --force plans it again: give one"
        )
    numbers = [word for word in words if word.lower() != REJECTED]
    for word in numbers:
        if not re.fullmatch(r"[0-9]{1,9}", word):
            raise click.UsageError(
                f"--replace: {word!r} is neither the number of a message nor {REJECTED!r}"
            )
    if numbers and len(set(pages)) != 1:
        raise click.UsageError(
            "--replace: a number is that of a message of one page: give the page with --page"
        )
    return [REJECTED if word.lower() == REJECTED else f"{pages[0]} {word}" for word in words]


def replaceable(settings: Settings, pages: Sequence[str], requests: Sequence[str]) -> list[str]:
    """The requests by schedule; what can't be replaced ends the command before any work."""
    from eros_assets.dataset import open_dataset
    from eros_assets.weekly.replacing.choosing import replacements_asked_for
    from eros_assets.weekly.replacing.requests import messages_in_force, parse_requests, resolved
    from eros_assets.weekly.scope import week_plan_scope

    with refusing():
        dataset = open_dataset(settings, asset="week")
        require_tables(dataset)
        monday = dataset.default_week()
        scope = week_plan_scope(dataset, monday, pages, is_replacing=True)
        _require_schedules(dataset, monday, pages)
        replacements_asked_for(dataset, scope, requests)
        in_force = messages_in_force(dataset, monday, pages)
        return resolved(parse_requests(requests), in_force)


def _require_schedules(dataset: "Dataset", monday: dt.date, pages: Sequence[str]) -> None:
    """Refuse pages without a schedule in the week; name the open weeks in which they have one.

    Raises:
        ReplacementError: which page.
    """
    from eros_assets.calendar import la_date, monday_of
    from eros_assets.weekly.replacing.requests import ReplacementError

    first = monday_of(la_date(dataset.planning_instant()))
    weeks: dict[str, list[str]] = {page: [] for page in pages}
    for row in dataset.query("schedules_in_force").to_dict("records"):
        if row["page_name"] in weeks and row["week_start"] >= first:
            weeks[row["page_name"]].append(f"{row['week_start']}")
    for page, found in weeks.items():
        if f"{monday}" not in found:
            other = f"; it has one in the week of {found[0]}: --week {found[0]}" if found else ""
            raise ReplacementError(
                f"{page} has no schedule in force in the week of {monday}{other}"
            )


def say_changes(settings: Settings, week_start: dt.date, run_id: str) -> list[Mapping[str, Any]]:
    """Print what a run replaced: was, is, why; and give it for scripts."""
    from eros_assets.dataset import open_dataset
    from eros_assets.weekly.replacing.record import changes_of_run

    changes = changes_of_run(open_dataset(settings, asset="summary"), week_start, run_id)
    if changes:
        table = Table(title="Replaced messages (America/Los_Angeles)", box=None)
        for column in ("page", "message", "was", "is", "why"):
            table.add_column(column, overflow="fold")
        for each in changes:
            number = str(each.message_number)
            table.add_row(each.page_name, number, each.was, each.now, each.why)
        CONSOLE.print(table)
    return [each.change for each in changes]
