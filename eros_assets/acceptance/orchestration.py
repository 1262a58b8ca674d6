"""Phases 2B and 3: the roles and their graph, and the five smoke tests."""

import graphlib
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from eros_assets.acceptance.contents import Contents
from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.dagster_state import WEEKLY_JOB, RunSeen
from eros_assets.acceptance.installation import Installation
from eros_assets.acceptance.lines import Answer, failed, none_of, passed, unknown
from eros_assets.exporting.sheets.planning import plan_batch
from eros_assets.exporting.sheets.state import SheetState
from eros_assets.publishing.sheet import shown_week
from eros_assets.weekly.messages import active_messages

ROLES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "orchestrator": {"jobs": [WEEKLY_JOB], "schedules": [WEEKLY_JOB]},
    "performance analyzer": {"assets": ["creator_performance", "analyze_creator_performance"]},
    "caption selector": {"assets": ["caption_selections", "select_captions_for_creator"]},
    "schedule builder": {"assets": ["schedule_recommendations", "active_caption_assignments"]},
    "real-time monitor": {
        "assets": ["system_health", "creator_anomalies"],
        "jobs": ["health_check"],
        "sensors": ["health_turns"],
    },
    "sheets exporter": {"assets": ["schedule_sheet", "schedule_csv"], "jobs": ["export_schedules"]},
}
"""What each role of the old system is in the code location."""

BUILDER = ("eros_assets/planning/", "eros_assets/weekly/")
SHEETS = ("eros_assets/exporting/sheets/", "eros_assets/publishing/sheet.py")


def import_faults(installation: Installation, prefixes: tuple[str, ...]) -> list[str]:
    """Modules of a role that can't be used; one fault where there is none."""
    files = [file for file in installation.manifest.files if file.path.startswith(prefixes)]
    faults = [f"{file.path}: {file.problem}" for file in files if file.problem]
    return faults if files else [f"{' and '.join(prefixes)}: there is no module"]


def condition_faults(installation: Installation, *names: str) -> list[str]:
    """Those of these conditions of the gate that fail or were not evaluated."""
    found = {name: installation.finding(name) for name in names}
    return [
        finding.sentence if finding else f"{name} was not evaluated"
        for name, finding in found.items()
        if finding is None or not finding.passed
    ]


def builder_works(installation: Installation) -> Answer:
    """The schedule builder's modules import, and it makes a complete schedule."""
    faults = import_faults(installation, BUILDER) + condition_faults(installation, "smoke_builder")
    return none_of(faults, "its modules import; smoke_builder holds")


def sheets_exporter_works(installation: Installation) -> Answer:
    """The exporter's modules import, and plan the week's tab with every message in force.

    The batch of requests is planned for an empty spreadsheet; none is sent.
    """
    if faults := import_faults(installation, SHEETS):
        return none_of(faults, "")
    rows = active_messages(installation.dataset, installation.week)
    if rows.empty:
        return unknown(f"no schedule is in force for the week of {installation.week}: make week")
    week = shown_week(installation.dataset, installation.week, rows, run_id="acceptance")
    plan = plan_batch(SheetState(), {}, week)
    [tab] = [each for each in plan.expected if each.title == plan.title]
    written = len(tab.table.grid) - 1
    faults = [] if written == len(rows) else [f"{written} rows planned for {len(rows)} messages"]
    return none_of(
        faults,
        f"its modules import; {len(plan.requests)} requests write {written} messages to the tab "
        f"{plan.title}",
    )


def roles_are_there(contents: Contents) -> Answer:
    """Each role has its assets, jobs, schedules and sensors."""
    faults: list[str] = []
    for role, parts in ROLES.items():
        for kind, names in parts.items():
            there = set(getattr(contents, kind))
            faults += [f"{role}: no {kind} {name}" for name in names if name not in there]
    led = contents.jobs.get(WEEKLY_JOB, [])
    for role, parts in ROLES.items():
        steps = [name for name in parts.get("assets", []) if name in contents.groups]
        weekly = [name for name in steps if contents.groups[name] not in ("routines", "operations")]
        faults += [
            f"{role}: {WEEKLY_JOB} lacks {name}"
            for name in weekly
            if name not in led and name not in contents.not_set_up
        ]
    told = "; ".join(
        f"{role}: {', '.join(dict.fromkeys(chain.from_iterable(parts.values())))}"
        for role, parts in ROLES.items()
    )
    return none_of(faults, told)


def graph_has_no_cycle(assets: Mapping[str, Sequence[str]]) -> Answer:
    """The dependencies of the assets form no cycle."""
    try:
        graphlib.TopologicalSorter(assets).prepare()
    except graphlib.CycleError as error:
        return failed(f"a cycle: {' -> '.join(reversed(error.args[1]))}")
    edges = sum(len(parents) for parents in assets.values())
    return passed(f"{len(assets)} assets, {edges} dependencies, no cycle")


def integration_passes(weekly: RunSeen | None, faults: Sequence[str]) -> Answer:
    """The newest run of a whole week succeeded, and the gate's conditions on it hold."""
    if weekly is None:
        return unknown("the week in question was not planned yet: run make week")
    if weekly.status == "SUCCESS":
        return none_of(faults, f"{weekly.sentence}: inputs to exports, and the gate holds")
    if weekly.status in ("FAILURE", "CANCELED"):
        return failed(f"{weekly.sentence} ended with {weekly.status}")
    return unknown(f"{weekly.sentence} has not ended: it is {weekly.status}")


def smoke_test(name: str) -> Callable[[Installation], Answer]:
    """Judge of one of the five smoke tests."""

    def judge(installation: Installation) -> Answer:
        finding = installation.finding(name)
        if finding is None:
            return unknown(f"{name} was not evaluated yet: run make smoke")
        return none_of(
            [] if finding.passed else [finding.sentence],
            f"{finding.observed:.3g} observed, {finding.threshold:g} allowed: {finding.meaning}",
        )

    return judge


ORCHESTRATION = (
    Criterion(
        "the schedule builder imports and passes its tests",
        "make smoke; check smoke_builder",
        builder_works,
    ),
    Criterion(
        "the Sheets exporter imports and passes its tests",
        "make week; asset schedule_sheet",
        sheets_exporter_works,
    ),
    Criterion(
        "each role has its assets or jobs",
        "docs/SYSTEMS.md",
        lambda i: roles_are_there(i.contents),
        needs="nothing",
    ),
    Criterion(
        "the dependency graph has no cycle",
        "make dev, Lineage",
        lambda i: graph_has_no_cycle(i.contents.assets),
        needs="nothing",
    ),
    Criterion(
        "the integration test passes",
        "make week; job weekly_schedules",
        lambda i: integration_passes(
            i.dagster.weekly, [f.sentence for f in i.findings if not f.passed]
        ),
    ),
)
GATE = tuple(
    Criterion(
        f"smoke test {number}, {what}",
        f"make smoke; check {name}",
        smoke_test(name),
    )
    for number, (what, name) in enumerate(
        (
            ("analyzer", "smoke_analyzer"),
            ("selector: under 2 s a creator by the engine's clock", "smoke_selector"),
            ("builder", "smoke_builder"),
            ("exporter", "smoke_exporter"),
            ("time zone", "smoke_timezone"),
        ),
        start=1,
    )
)
