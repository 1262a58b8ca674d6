"""A small agency's home, and its weeks, made by the functions that the assets call: in seconds."""

import datetime as dt
import uuid
from collections.abc import Sequence

from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.deployment.deploy import Deploy
from eros_assets.deployment.phases import archive_of, clock, learn_if_new, records_folder
from eros_assets.deployment.rollback import Rollback, RollbackOutcome
from eros_assets.deployment.summary import rollback_summary
from eros_assets.publishing.channels import FilesChannel
from eros_assets.publishing.publication import publish_files
from eros_assets.publishing.realignment import Realigned, realign
from eros_assets.settings import Settings
from eros_assets.weekly.drafting import draft_week, read_week_inputs
from eros_assets.weekly.inputs import read_or_make_inputs
from eros_assets.weekly.locking import lock_drafts
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.scope import WeekPlanScope, week_plan_scope
from eros_assets.weekly.selection import select_captions, week_targets, with_chances


def small_dataset(settings: Settings, seed: str = "eros") -> Dataset:
    """A handle whose draws come from `seed`: another seed, another plan."""
    return open_dataset(settings.model_copy(update={"seed": seed}), asset="small")


def deploy(dataset: Dataset, code: str) -> None:
    """Deploy `sql/` under a code's fingerprint; the inputs are loaded where there are none."""

    def learn() -> None:
        if not dataset.warehouse.query("SELECT 1 FROM `${dataset}.creators` LIMIT 1").size:
            for name, rows in read_or_make_inputs(dataset).items():
                dataset.load(name, rows)
        learn_if_new(dataset)

    steps = Deploy(archive_of(dataset), silent, frozenset(), learn)
    decision = steps.back_up(code, now=clock(), run_id=run_id())
    if decision.entry is not None and not decision.entry.is_finished:
        steps.conclude(steps.make(decision.entry, now=clock()), [], now=clock())


def roll_back(dataset: Dataset, to: str | None = None) -> None:
    """Roll back to the last good deployment, or go on with the rollback that was interrupted.

    It publishes files, and writes its report where the job does.
    """
    run = run_id()
    files = FilesChannel(dataset, run, silent)

    def report(outcome: RollbackOutcome, published: Sequence[Realigned]) -> None:
        path = records_folder(dataset.settings) / outcome.entry.deployment_id / "report.md"
        text = rollback_summary(outcome, published, dataset.settings.warehouse_location)
        atomic_write(path, text.encode())

    Rollback(
        archive_of(dataset),
        stop_schedules=list,
        realign=lambda: realign(dataset, [files], run_id=run),
        report=report,
        log=silent,
    ).run(to, now=clock(), run_id=run)


def plan_week(dataset: Dataset, week_start: dt.date) -> None:
    """A week of all pages, from targets to locks."""
    scope = week_plan_scope(dataset, week_start)
    draft(dataset, scope)
    lock_drafts(dataset, scope)


def draft(dataset: Dataset, scope: WeekPlanScope) -> None:
    """The drafts of a scope's pages, from their targets and selections."""
    week = {"week_start": scope.week_start, "page_name": scope.pages}
    targets = week_targets(dataset, scope)
    targets["computed_at"] = clock()
    dataset.load("weekly_volume_targets", targets, replacing=week)
    with_chances(dataset, scope, select_captions(dataset, scope))
    planned = draft_week(read_week_inputs(dataset, scope), scope, silent)
    rows, _ = draft_rows(dataset, scope, planned, run_id=run_id())
    dataset.load("schedule_recommendations", rows, replacing={**week, "status": "draft"})


def publish_week(dataset: Dataset, week_start: dt.date) -> None:
    """Publish the files of what is in force for a week."""
    publish_files(dataset, week_start, run_id=run_id(), report=silent)


def make_small_home(settings: Settings, weeks: Sequence[dt.date], seed: str = "first") -> None:
    """Deploy, load, plan and publish some weeks."""
    dataset = small_dataset(settings, seed)
    deploy(dataset, "1" * 64)
    for week_start in weeks:
        plan_week(dataset, week_start)
        publish_week(dataset, week_start)


def silent(_: str) -> None:
    """Take a line of a report, and say nothing."""


def run_id() -> str:
    """A new run's id."""
    return str(uuid.uuid4())
