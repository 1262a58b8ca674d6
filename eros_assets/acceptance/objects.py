"""Phase 2A: the objects of the warehouse, the schedules, and the rules of the SQL."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from eros_assets.acceptance.contents import ScheduleSeen
from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.installation import Installation
from eros_assets.acceptance.lines import Answer, none_of
from eros_assets.calendar import ZONE_NAME
from eros_assets.warehouse.protocol import RoutineKind

if TYPE_CHECKING:
    from eros_assets.warehouse.sql.rules import RuleViolations

ROUTINES: Mapping[RoutineKind, Sequence[str]] = {
    "FUNCTION": ("wilson_sample", "wilson_score_bounds"),
    "TABLE FUNCTION": (
        *("analyze_saturation_status", "calculate_engagement_rates"),
        *("calculate_performance_metrics", "classify_account_size", "detect_anomalies"),
        *("get_creator_baseline", "get_recent_performance_window"),
    ),
    "PROCEDURE": (
        *("analyze_creator_performance", "lock_caption_assignments"),
        *("select_captions_for_creator", "update_caption_performance"),
    ),
}
VIEW = "schedule_recommendations_with_messages"
SCHEDULES: Mapping[str, str] = {
    "daily_caption_update": "0 2 * * *",
    "expired_lock_sweep": "0 */6 * * *",
    "health_check": "0 * * * *",
}
"""The cron expression of each, in America/Los_Angeles."""


def routines_of(kind: RoutineKind) -> Callable[[Installation], Answer]:
    """Judge of the routines of a kind: exactly those named, each as in `sql/`."""

    def judge(installation: Installation) -> Answer:
        deployed = {r.name: r.fingerprint for r in installation.routines if r.kind == kind}
        library, wanted = installation.dataset.library, ROUTINES[kind]
        faults = [f"{name} is missing" for name in wanted if name not in deployed]
        faults += [f"{name} is not one of EROS" for name in deployed if name not in wanted]
        faults += [
            f"{name} is not the one of sql/: run make deploy"
            for name, fingerprint in deployed.items()
            if name in wanted and (name not in library or library[name].fingerprint != fingerprint)
        ]
        return none_of(faults, f"{len(deployed)}: {', '.join(sorted(deployed))}")

    return judge


def view_is_there(installation: Installation) -> Answer:
    """The view of active schedules with their messages is the one of `sql/`."""
    there = {d.name: d for d in installation.dataset.warehouse.definitions() if d.kind == "view"}
    library = installation.dataset.library
    faults: list[str] = []
    if VIEW not in there:
        faults.append(f"{VIEW} is missing")
    elif VIEW not in library or not there[VIEW].is_of(library[VIEW]):
        faults.append(f"{VIEW} is not the one of sql/: run make deploy")
    return none_of(faults, f"{VIEW}; {len(there) - 1} more serve EROS itself")


def schedules_are_there(schedules: Mapping[str, ScheduleSeen]) -> Answer:
    """The three schedules run their jobs at their times, in America/Los_Angeles."""
    faults: list[str] = []
    for name, cron in SCHEDULES.items():
        found = schedules.get(name)
        if found is None:
            faults.append(f"{name} is missing")
        elif (found.cron, found.timezone) != (cron, ZONE_NAME):
            faults.append(
                f"{name} runs at {found.cron!r} in {found.timezone}, not {cron!r} in {ZONE_NAME}"
            )
    told = ", ".join(f"{name} ({cron})" for name, cron in SCHEDULES.items())
    return none_of(faults, f"{told}; {ZONE_NAME}")


def rule_holds(
    files: "Mapping[str, RuleViolations]", broken: "Callable[[RuleViolations], Sequence[str]]"
) -> Answer:
    """No file of `sql/` breaks a rule."""
    faults = [f"{path} {fault}" for path, found in files.items() for fault in broken(found)]
    return none_of(faults, f"{len(files)} SQL files")


OBJECTS = (
    Criterion("2 scalar functions", "make deploy; group routines", routines_of("FUNCTION")),
    Criterion("7 table functions", "make deploy; group routines", routines_of("TABLE FUNCTION")),
    Criterion("4 procedures", "make deploy; group routines", routines_of("PROCEDURE")),
    Criterion("1 view", f"make deploy; asset {VIEW}", view_is_there),
    Criterion(
        "3 schedules",
        "make dev, Automation",
        lambda i: schedules_are_there(i.contents.schedules),
        needs="nothing",
    ),
    Criterion(
        "no session settings",
        "make sql",
        lambda i: rule_holds(i.sql_faults, lambda found: found.settings),
        needs="nothing",
    ),
    Criterion(
        "SAFE_DIVIDE only",
        "make sql",
        lambda i: rule_holds(i.sql_faults, lambda found: found.divisions),
        needs="nothing",
    ),
    Criterion(
        "no destructive DDL",
        "make sql",
        lambda i: rule_holds(i.sql_faults, lambda found: found.destructive),
        needs="nothing",
    ),
)
