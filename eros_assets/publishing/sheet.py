"""Publishes a week to the spreadsheet, and writes its rows of the export log."""

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.exporting.sheets.planning import SheetWeek
from eros_assets.exporting.sheets.review import Said
from eros_assets.exporting.sheets.state import sheet_id
from eros_assets.exporting.sheets.tables import WeekEntry, week_name
from eros_assets.gate.verdict import judged_week
from eros_assets.publishing.export_log import Attempt, Outcome, counts_of, withheld_outcomes
from eros_assets.publishing.folders import week_lock
from eros_assets.weekly.messages import active_messages, creator_names, messages_by_page
from eros_assets.weekly.sheet_decisions import shown_decisions
from eros_assets.weekly.shortfalls import store_withheld, week_shortfalls

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.exporting.sheets.client import Spreadsheet
    from eros_assets.exporting.sheets.exporter import ExportedSheet


def publish_sheet(
    dataset: Dataset,
    week_start: dt.date,
    spreadsheet: "Callable[[], Spreadsheet]",
    *,
    address: str | None,
    run_id: str,
    report: Callable[[str], None],
) -> "tuple[ExportedSheet, pd.DataFrame]":
    """Export the week's active schedules of all creators; returns the result and the log's rows.

    A failed attempt is logged too.

    Args:
        dataset: a handle.
        week_start: the Monday that names the week.
        spreadsheet: opens the spreadsheet; called after the gate has passed.
        address: the spreadsheet's URL, for the log.
        run_id: the run that publishes.
        report: takes a line for each repeated step.

    Raises:
        ErosError: the gate is closed, or the export failed; the week's tab is whole either way.
    """
    from eros_assets.exporting.sheets.exporter import export_sheet

    attempt = Attempt("sheets", week_start, run_id)
    with ExitStack() as held:
        try:
            held.enter_context(week_lock(dataset.settings, week_start))
            judged = judged_week(dataset, week_start, run_id=run_id)
            store_withheld(dataset, week_start, judged.withheld, run_id=run_id)
            week = shown_week(dataset, week_start, judged.messages, run_id=run_id)
            exported = export_sheet(spreadsheet(), week, report)
        except Exception as error:
            attempt.log_failure(dataset, active_messages(dataset, week_start), error, address)
            raise
        outcomes = [
            Outcome(schedule, page, exported.address, count, exported.digest, exported.status)
            for schedule, page, count in counts_of(judged.messages)
        ]
        outcomes += withheld_outcomes(judged.in_force, judged.withheld)
        log = attempt.log(dataset, outcomes, publication_id=judged.verdict.publication_id)
    return exported, log


def shown_week(
    dataset: Dataset,
    week_start: dt.date,
    rows: "pd.DataFrame",
    *,
    run_id: str,
) -> SheetWeek:
    """The week as the spreadsheet shows it; `rows` are the messages of its active schedules."""
    pages = messages_by_page(rows, creator_names(dataset))
    shown = [message for messages in pages.values() for message in messages]
    missing: dict[str, list[str]] = {}
    shortfalls = week_shortfalls(dataset, week_start)
    for shortfall in shortfalls:
        said = shortfall.sentence.removeprefix(f"{shortfall.page_name}: ")
        missing.setdefault(shortfall.page_name, []).append(said)
    reviews = dataset.query("week_reviews", week_start=week_start)
    bumps = sum(message.message_type == "Bump" for message in shown)
    entry = WeekEntry(
        week_start=week_start,
        sheet_id=sheet_id(week_name(week_start)),
        run_id=run_id,
        creators=len(pages),
        messages=len(shown),
        ppvs=len(shown) - bumps,
        bumps=bumps,
        missing=len(shortfalls),
    )
    return SheetWeek(
        entry,
        shown,
        {page: "; ".join(said) for page, said in missing.items()},
        {
            (row["schedule_id"], int(row["message_number"])): Said(row["decision"], row["note"])
            for row in reviews.to_dict("records")
        },
        shown_decisions(dataset),
    )
