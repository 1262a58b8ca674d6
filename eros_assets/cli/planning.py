"""The commands `demo`, `week`, `smoke` and `health`, and the group that all commands are in."""

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from eros_assets.cli.acceptance import acceptance
from eros_assets.cli.agencies import agency
from eros_assets.cli.captions import captions
from eros_assets.cli.explaining import explain
from eros_assets.cli.inspecting import inspect
from eros_assets.cli.loading import load_tables
from eros_assets.cli.operating import COMMANDS
from eros_assets.cli.replacing import (
    replace_option,
    replaceable,
    requests_of,
    say_changes,
    week_option,
)
from eros_assets.cli.reporting import report
from eros_assets.cli.serving import dev, graph_address
from eros_assets.cli.simulating import simulate
from eros_assets.cli.terminal import (
    CONSOLE,
    DECIDE,
    EXIT_CODES,
    as_json,
    refusing,
    require_tables,
    result_as_json,
    run_job,
    settings_or_exit,
)
from eros_assets.settings import Settings
from eros_assets.work import work_of_many_operations

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.cli.runs import Ended


@click.group(
    help="EROS plans which message goes out on which creator's page, when.", epilog=EXIT_CODES
)
@click.pass_context
def main(context: click.Context) -> None:
    """Plan, operate and evaluate."""
    context.with_resource(work_of_many_operations())


@main.command()
@click.option("--accept", is_flag=True, help="Load files of which much can't be used.")
def demo(accept: bool) -> None:
    """Create the warehouse, load the inputs, plan the coming week and export it.

    Reads the files of EROS_IMPORT_DIR, or makes the sample agency. Writes every table and routine,
    the files of the week and, where they are configured, the Google Sheet and the bucket. Safe to
    repeat: inputs and configuration are loaded again, the week is planned again.
    """
    from eros_assets.publishing.ownership import require_own_folder

    settings = settings_or_exit()
    with refusing():
        require_own_folder(settings)
    _refuse_bad_tuning(settings)
    newest = _refuse_bad_files(settings, accept=accept)
    _refuse_bad_week(settings, newest)
    _run_job(settings, "set_up", None, run_config=_accepted(settings))
    week = _plannable_week(settings, settings.pages)
    _run_job(settings, "weekly_schedules", week, settings.pages)
    _where_to_look(settings, week)


@main.command()
@click.option("--page", "pages", multiple=True, help="Plan this page only; may be repeated.")
@click.option("--force", is_flag=True, help="Plan a week that has begun again.")
@click.option("--accept", is_flag=True, help="Plan from a history of which much can't be used.")
@week_option
@replace_option
@as_json
def week(
    pages: tuple[str, ...],
    force: bool,
    accept: bool,
    monday: dt.datetime | None,
    replaced: tuple[str, ...],
    as_json: bool,
) -> None:
    """Plan EROS_WEEK, or the coming week, and export it; or replace single messages of it.

    Reads the inputs in the warehouse, and loads the tuning files when they have changed. Writes
    the tables of the week, its files and, where they are configured, the Google Sheet and the
    bucket. Safe to repeat. Ends with code 3, before anything is learned, when more of the history
    is quarantined or matches no caption than the tuning allows; --accept goes on. With --json: the
    week, its folder, messages by page, withheld pages, shortfalls, decisions of people that no
    message shows, replaced messages.

    With --replace nothing is learned or planned: the messages get other captions, at their times
    where no rule forbids it, and the week is exported. A message that was sent, or that people have
    queued, is refused. The command may be repeated when it was interrupted.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        if monday is not None:
            settings = settings.model_copy(update={"week": monday.date()})
        named = pages or settings.pages
        requests = requests_of(replaced, named, force=force)
        tuning = _refuse_bad_tuning(settings)
        if requests:
            requests = replaceable(settings, named, requests)
        planned = _plannable_week(settings, named, force=force)
        runs: list[str] = []
        if requests:
            config = _replacing_config(named, requests)
            _run_job(settings, "replace_messages", planned, run_config=config, runs=runs)
        else:
            _load_changed_tuning(settings, tuning)
            _run_job(
                *(settings, "weekly_schedules", planned, named),
                force=force,
                stop_at_doubts=not accept,
                runs=runs,
            )
        changes = [change for run in runs for change in say_changes(settings, planned, run)]
        if requests and not changes:
            CONSOLE.print("Nothing was left to replace; the week is published as it is in force.")
        give({**_where_to_look(settings, planned), "replaced": changes})


@main.command()
@as_json
def smoke(as_json: bool) -> None:
    """Run the five smoke tests of the gate on the present data.

    Reads the inputs, rehearses analyzer, selector, builder and exporter for one page, and writes
    nothing: no row is kept and nothing is published. With --json: each test with its values.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        from eros_assets.dataset import open_dataset
        from eros_assets.tuning.loaded import require_configuration
        from eros_assets.weekly.inputs import require_deployed, require_inputs

        with refusing():
            dataset = open_dataset(settings, asset="inputs")
            require_tables(dataset)
            require_deployed(dataset)
            require_inputs(dataset)
            require_configuration(dataset)

        def report(run: "Ended") -> None:
            found = [
                {
                    "test": check.check_name,
                    "passed": check.passed,
                    "observed": check.metadata["observed"].value,
                    "threshold": check.metadata["threshold"].value,
                }
                for check in sorted(run.checks, key=lambda check: check.check_name)
            ]
            for test in found:
                CONSOLE.print(
                    f"  {test['test']:<16} {'holds' if test['passed'] else 'FAILS'}: "
                    f"{test['observed']:g} seen, {test['threshold']:g} allowed"
                )
            give({"passed": run.is_success, "tests": found, "run_id": run.run_id})

        run_job(settings, "smoke_tests", at_end=report)


@main.command()
@as_json
def health(as_json: bool) -> None:
    """Score the system from 0 to 100 and decide: OK, INVESTIGATE or ROLLBACK.

    Reads the log of the warehouse's work, schedules and facts. Writes a row of system_health.
    Ends with code 3 when the decision isn't OK. With --json: score, decision, reasons.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        _refuse_empty(settings)
        _run_job(settings, "health_check", None)
        found = _say_health(settings)
        give(found)
    if found["decision"] != "OK":
        sys.exit(DECIDE)


def _refuse_empty(settings: Settings) -> None:
    from eros_assets.dataset import open_dataset

    with refusing():
        require_tables(open_dataset(settings, asset="tables"))


def _say_health(settings: Settings) -> Mapping[str, Any]:
    """Print the newest health, and give it for scripts."""
    from eros_assets.dataset import open_dataset

    dataset = open_dataset(settings, asset="summary")
    [row] = dataset.query("newest_health").to_dict("records")
    CONSOLE.print(
        f"Health {row['health_score']:.1f} of 100: {row['health_status']}. "
        f"Decision: {row['decision']}."
    )
    for reason in row["reasons"]:
        CONSOLE.print(f"  {reason}", style="yellow")
    return {
        "checked_at": row["checked_at"].isoformat(),
        "score": float(row["health_score"]),
        "status": row["health_status"],
        "decision": row["decision"],
        "reasons": list(row["reasons"]),
    }


def _refuse_bad_files(settings: Settings, *, accept: bool) -> dt.date | None:
    """Read the files of EROS_IMPORT_DIR, so that a mistake ends the command before set-up.

    It ends with code 3 where too much of them can't be used, unless that is accepted.

    The LA date of the newest message in them; None without files or messages.
    """
    if settings.import_dir is None or settings.inputs != "files":
        return None
    from eros_assets.agency.histories import read_histories
    from eros_assets.calendar import la_date, la_instant, today
    from eros_assets.captions.bank import with_decisions
    from eros_assets.cli.import_reports import refuse_doubtful, say_what_was_read
    from eros_assets.dataset import open_dataset
    from eros_assets.weekly.import_report import rehearsed_import
    from eros_assets.weekly.inputs import require_own_agency, require_planable_files

    CONSOLE.print(f"reading {settings.import_dir}")
    with refusing():
        inputs = read_histories(settings)
        tables: Mapping[str, pd.DataFrame] = {str(n): rows for n, rows in inputs.tables.items()}
        if settings.warehouse_file.exists():
            dataset = open_dataset(settings, asset="inputs")
            tables = with_decisions(dataset, inputs.tables, inputs.terms)
            require_own_agency(dataset, tables["creators"])
        require_planable_files(tables, settings)
        say_what_was_read(inputs)
        report = rehearsed_import(settings, tables)
    refuse_doubtful(report, accept=accept)
    messages = tables["mass_messages"]
    tomorrow = la_instant(today() + dt.timedelta(days=1))
    sent = (messages["status"] != "scheduled") & (messages["sending_time"] < tomorrow)
    times = messages.loc[sent, "sending_time"]
    return None if times.empty else la_date(times.max().to_pydatetime())


def _refuse_bad_week(settings: Settings, newest: dt.date | None) -> None:
    """End the command before set-up where EROS_WEEK is no week, or one that has passed.

    `newest` is the LA date of the newest message to import; the sample agency's is the day before
    today.
    """
    if settings.week is None or settings.inputs == "warehouse":
        return
    from eros_assets.calendar import la_instant, today
    from eros_assets.weekly.weeks import (
        HistorySpan,
        PastWeekError,
        coming_week,
        has_passed,
        weeks_of,
    )

    day = settings.today or (newest + dt.timedelta(days=1) if newest else today())
    known = HistorySpan(settings.week, day - dt.timedelta(days=1))
    with refusing():
        if has_passed(settings.week, day):
            raise PastWeekError(settings.week, day, coming_week(settings, la_instant(day), known))
        weeks_of(settings, la_instant(day), known).require(settings.week)


def _refuse_bad_tuning(settings: Settings) -> Mapping[str, "pd.DataFrame"]:
    """Read the tuning files, so that a mistake ends the command before any work."""
    from eros_assets.dataset import sql_library
    from eros_assets.tuning import configuration_tables

    with refusing():
        return configuration_tables(settings, sql_library())


def _plannable_week(settings: Settings, pages: Sequence[str], *, force: bool = False) -> dt.date:
    """The week to plan; what can't be planned ends the command before any work.

    What the history spans is written down, so that the run finds its week among the partitions.
    """
    from eros_assets.dataset import open_dataset
    from eros_assets.publishing.ownership import require_own_folder
    from eros_assets.weekly.inputs import require_deployed, require_inputs
    from eros_assets.weekly.scope import week_plan_scope
    from eros_assets.weekly.weeks import history_span, note_history_span, weeks_of

    with refusing():
        dataset = open_dataset(settings, asset="week")
        require_tables(dataset)
        require_deployed(dataset)
        require_inputs(dataset)
        require_own_folder(settings)
        monday = dataset.default_week()
        weeks_of(settings, dataset.planning_instant(), history_span(dataset)).require(monday)
        week_plan_scope(dataset, monday, pages, force=force)
    note_history_span(dataset)
    return monday


def _load_changed_tuning(settings: Settings, tables: Mapping[str, "pd.DataFrame"]) -> None:
    """Load the tuning files where they differ from the tables, and say what has changed."""
    from eros_assets.dataset import open_dataset
    from eros_assets.tuning.changes import tuning_changes

    with refusing():
        changes = tuning_changes(open_dataset(settings, asset="week"), tables)
    if changes:
        CONSOLE.print(f"The tuning has changed and is loaded: {', '.join(changes)}.")
        _run_job(settings, "load_tuning", None)


def _run_job(
    settings: Settings,
    job: str,
    week_start: dt.date | None,
    pages: Sequence[str] = (),
    *,
    force: bool = False,
    stop_at_doubts: bool = False,
    run_config: dict[str, Any] | None = None,
    runs: list[str] | None = None,
) -> None:
    """Run a job; the id of a run that succeeds is added to `runs`."""
    from eros_assets.automation.jobs import week_run_config

    def at_end(run: "Ended") -> None:
        _say_doubts(run)
        if runs is not None:
            runs.append(run.run_id)

    if week_start is not None and run_config is None:
        run_config = week_run_config(pages, force=force, stop_at_doubts=stop_at_doubts)
    run_job(
        settings,
        job,
        partition=week_start.isoformat() if week_start else None,
        run_config=run_config,
        at_end=at_end,
        status=partial(_status, settings, week_start),
        again="run the command again; it starts from what is there.",
    )


def _replacing_config(pages: Sequence[str], requests: Sequence[str]) -> dict[str, Any]:
    """Run config of `replace_messages`."""
    from eros_assets.automation.jobs import week_run_config

    return week_run_config(pages, replace=requests)


def _accepted(settings: Settings) -> dict[str, Any] | None:
    """Run config of the set-up after the files were judged by the command itself."""
    from eros_assets.automation.jobs import set_up_run_config

    return set_up_run_config(accept=True) if settings.inputs == "files" else None


def _say_doubts(run: "Ended") -> None:
    """End the command with code 3 where its run stopped at doubts about the history."""
    from eros_assets.errors import root_cause
    from eros_assets.weekly.import_report import DoubtfulImportError

    name = DoubtfulImportError.__name__
    if any(root_cause(error).startswith(name) for _, error in run.failures):
        CONSOLE.print(
            "Nothing was learned or planned: statistics and schedules are as they were. Mend the "
            "inputs, or go on as they are with --accept (`make week ACCEPT=yes`).",
            style="yellow",
        )
        sys.exit(DECIDE)


def _status(settings: Settings, week_start: dt.date | None) -> Sequence[str]:
    """What is in force of the week after a failure."""
    from eros_assets.dataset import open_dataset
    from eros_assets.publishing.status import week_status

    if week_start is None:
        return []
    return week_status(open_dataset(settings, asset="status"), week_start)


def _where_to_look(settings: Settings, week_start: dt.date) -> Mapping[str, Any]:
    """Print the week by page, and give it for scripts; times are Los Angeles'.

    A page that is in force and was withheld has its reason in place of its messages.
    """
    from eros_assets.calendar import ZONE
    from eros_assets.dataset import open_dataset
    from eros_assets.publishing.status import withheld_at_last
    from eros_assets.weekly.decision_notes import decisions_without_effect
    from eros_assets.weekly.messages import active_messages
    from eros_assets.weekly.refusals import without_pages
    from eros_assets.weekly.shortfalls import week_shortfalls

    dataset = open_dataset(settings, asset="summary")
    withheld = withheld_at_last(dataset, week_start)
    rows = without_pages(active_messages(dataset, week_start), withheld)
    table = Table(title=f"Week of {week_start:%A, %Y-%m-%d} (America/Los_Angeles)", box=None)
    for column in ("page", "PPVs", "Bumps", "first message", "last message"):
        table.add_column(column)
    pages: list[dict[str, Any]] = []
    for page, messages in rows.groupby("page_name", sort=True):
        ppvs = int((messages["message_type"] == "PPV").sum())
        times = [time.astimezone(ZONE) for time in messages["scheduled_send_time"]]
        bumps = len(messages) - ppvs
        table.add_row(
            *(str(page), str(ppvs), str(bumps)),
            *(f"{times[0]:%a %H:%M}", f"{times[-1]:%a %H:%M}"),
        )
        first, last = times[0].isoformat(), times[-1].isoformat()
        pages.append({"page": page, "ppvs": ppvs, "bumps": bumps, "first": first, "last": last})
    CONSOLE.print(table)
    if withheld:
        CONSOLE.print(
            f"In force and not published: {', '.join(withheld)}. The other pages are published.",
            style="yellow",
        )
    shortfalls = [shortfall.sentence for shortfall in week_shortfalls(dataset, week_start)]
    for sentence in shortfalls:
        CONSOLE.print(f"  {sentence}", style="yellow")
    decisions = decisions_without_effect(dataset, week_start, {page["page"] for page in pages})
    for sentence in decisions:
        CONSOLE.print(f"  {sentence}")
    CONSOLE.print(
        f"\n{rows['page_name'].nunique()} schedules, {len(rows)} messages"
        f"{f'; {len(withheld)} more in force are withheld' if withheld else ''}.\n"
        f"  Look       {dataset.week_folder(week_start) / 'index.html'}\n"
        f"  Files      {dataset.week_folder(week_start)}\n"
        f"  Warehouse  {settings.warehouse_location}\n"
        f"  Dagster    make dev, then http://localhost:3000{graph_address(week_start)}\n"
        "             the same assets, checks and runs; Materialize has this week chosen"
    )
    return {
        "week": week_start.isoformat(),
        "schedules": len(pages),
        "messages": len(rows),
        "folder": str(dataset.week_folder(week_start)),
        "pages": pages,
        "withheld": dict(withheld),
        "shortfalls": shortfalls,
        "decisions_without_effect": decisions,
    }


SUBCOMMANDS = (acceptance, agency, captions, explain, inspect, load_tables, report, simulate, dev)

for command in (*COMMANDS, *SUBCOMMANDS):
    main.add_command(command)
