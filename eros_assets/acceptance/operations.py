"""Phases 4 and 5: operations that may be repeated, and the deployment in force."""

from collections.abc import Collection, Sequence

from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.dagster_state import RunSeen, unrepaired
from eros_assets.acceptance.installation import HealthSeen, Installation
from eros_assets.acceptance.lines import Answer, failed, none_of, passed, unknown
from eros_assets.acceptance.preparation import people_can_be_told, point_is_complete
from eros_assets.acceptance.runbook import targets_named, wrong_targets
from eros_assets.calendar import ZONE
from eros_assets.deployment.record import Entry, decide_deploy, rollback_point
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.health.limits import HealthLimits
from eros_assets.health.scores import is_rate_known
from eros_assets.health.work import Work

RUNBOOK = "docs/RUNBOOK.md"
ALERTING = ("failed_checks", "failed_runs", "health_turns")
"""The sensors that send alerts."""


def deploying_again_changes_nothing(
    history: Sequence[Entry], fingerprint: str, differing: Sequence[str]
) -> Answer:
    """The code at hand is in force, object by object: deploying it again has nothing to do."""
    last = history[-1]
    if not last.is_finished:
        return failed(f"{last.deployment_id} was interrupted ({last.state}): run it again")
    decision = decide_deploy(history, fingerprint, objects_match=not differing)
    if decision.action == "nothing":
        return passed(f"code {fingerprint[:8]} is in force; deploying it again changes nothing")
    if differing:
        return none_of([f"{name} is not the one of sql/" for name in differing], "")
    return unknown("the code at hand is not the one in force: run make deploy")


def rollback_is_verified(installation: Installation) -> Answer:
    """A rollback would restore a complete state; the last one, if any, has ended."""
    rollbacks = [entry for entry in installation.history if entry.kind == "rollback"]
    last = rollbacks[-1] if rollbacks else None
    if last is not None and not last.is_finished:
        return failed(f"{last.deployment_id} was interrupted ({last.state}): run make rollback")
    point = rollback_point(installation.history, None, installation.now)
    complete = point_is_complete(installation, point)
    if last is None or complete.status != "PASS":
        return complete
    return passed(f"{complete.evidence}; {last.deployment_id} went back to {last.point_id}")


def runbook_works(document: str, makefile: str, commands: Collection[str]) -> Answer:
    """The runbook is there, and each of its commands is a target that runs a command."""
    targets = targets_named(document)
    if not targets:
        return failed(f"{RUNBOOK} names no command")
    return none_of(
        wrong_targets(document, makefile, commands),
        f"{RUNBOOK}: {len(targets)} commands: {', '.join(targets)}",
    )


def _runbook(installation: Installation) -> Answer:
    path = installation.root / RUNBOOK
    if not path.is_file():
        return failed(f"{path} is missing")
    commands = [name for name, fault in installation.contents.commands.items() if not fault]
    makefile = (installation.root / "Makefile").read_text(encoding="utf-8")
    return runbook_works(path.read_text(encoding="utf-8"), makefile, commands)


def alerts_are_configured(
    channels: Sequence[str], sensors: Sequence[str], on: Collection[str]
) -> Answer:
    """A channel is configured, and the sensors that send alerts are there and turned on."""
    if missing := [name for name in ALERTING if name not in sensors]:
        return none_of([f"sensor {name} is missing" for name in missing], "")
    told = people_can_be_told(channels)
    if told.status != "PASS":
        return told
    if off := [name for name in ALERTING if name not in on]:
        return unknown(f"turn on in make dev, Automation: {', '.join(off)}")
    return passed(f"{told.evidence}; sensors {', '.join(ALERTING)} are on")


def objects_are_deployed(
    last: Entry, in_force: Entry, fingerprint: str, differing: Sequence[str]
) -> Answer:
    """Every object is the one of `sql/`, and deploying the code at hand did not fail.

    `last` is the newest deployment. One of other code that failed has left what was in force.
    """
    faults = [f"{name} is missing or not the one of sql/" for name in differing]
    has_failed = last.state in ("failed", "gate_failed", "undone")
    if has_failed and last.code_fingerprint == fingerprint != in_force.code_fingerprint:
        faults.insert(
            0, f"{last.deployment_id}: {last.state}: {last.detail or 'no cause is noted'}"
        )
    ended = in_force.finished_at or in_force.started_at
    at = ended.astimezone(ZONE).isoformat(" ", "minutes")
    return none_of(faults, f"{in_force.deployment_id} is in force since {at}")


def _objects(installation: Installation) -> Answer:
    assert installation.in_force
    last = [entry for entry in installation.history if entry.kind == "deploy"][-1]
    return objects_are_deployed(
        last,
        installation.in_force,
        installation.manifest.fingerprint,
        installation.objects_that_differ,
    )


def smoke_tests_pass(installation: Installation) -> Answer:
    """All five."""
    findings = [installation.finding(name) for name in SMOKE_TESTS]
    if None in findings:
        return unknown("not every smoke test was evaluated yet: run make smoke")
    return none_of(
        [finding.sentence for finding in findings if finding and not finding.passed],
        f"{len(findings)} of {len(SMOKE_TESTS)} hold",
    )


def health_is_good(health: HealthSeen, limits: HealthLimits) -> Answer:
    """The score is above the healthy one."""
    at = health.checked_at.astimezone(ZONE).isoformat(" ", "minutes")
    told = f"{health.score:.1f} of 100 at {at}, over {limits.healthy_score:g} wanted"
    if health.score > limits.healthy_score:
        return passed(f"{told}; decision {health.decision}")
    return failed("; ".join([told, f"decision {health.decision}", *health.reasons]))


def no_critical_error(
    runs: Sequence[RunSeen],
    corruption: Sequence[str],
    work: Work | None,
    limits: HealthLimits,
) -> Answer:
    """In 24 hours no run failed for good, no data is corrupt, and few operations failed.

    A failed run that succeeded when it was repeated is no critical error, and neither are failed
    operations up to the share at which a rollback is due.
    """
    faults = [f"failed: {run.sentence}" for run in unrepaired(runs)]
    faults += [f"data corruption: {sentence}" for sentence in corruption]
    operations = work.operations if work else 0
    rate = work.error_rate if work else None
    if work and rate is not None and is_rate_known(work, limits) and rate > limits.max_error_rate:
        faults.append(f"{rate:.1%} of {operations} operations failed")
    number = len(work.failures) if work else 0
    return none_of(
        faults, f"24 hours: {len(runs)} runs, {operations} operations, {number} of them failed"
    )


def _no_critical_error(installation: Installation) -> Answer:
    return no_critical_error(
        installation.dagster.day, installation.corruption, installation.work, installation.limits
    )


def summary_is_written(installation: Installation) -> Answer:
    """The summary of the deployment in force lies in its folder."""
    assert installation.in_force
    identifier = installation.in_force.deployment_id
    path = installation.records / identifier / "summary.md"
    if not path.is_file():
        return failed(f"{path} is missing")
    text = path.read_text(encoding="utf-8")
    if identifier not in text.split("\n", 1)[0]:
        return failed(f"{path} is not the summary of {identifier}")
    return passed(f"{path}, {len(text.splitlines())} lines")


def people_were_told(notice: str | None) -> Answer:
    """The newest deployment's notice was accepted by a channel."""
    if notice is None:
        return unknown("Dagster has no notice of the deployment: run make deploy")
    if notice.startswith("Sent by"):
        return passed(notice)
    return unknown(notice) if notice.startswith("No alert was sent") else failed(notice)


HEALTH = Criterion(
    "health > 90",
    "make health; asset system_health",
    lambda i: health_is_good(i.health, i.limits),
)
NO_CRITICAL_ERROR = Criterion(
    "no critical error in 24 h", "make dev, Runs; asset system_health", _no_critical_error
)
IDEMPOTENCE = (
    Criterion(
        "deploy twice: nothing changes",
        "make deploy",
        lambda i: deploying_again_changes_nothing(
            i.history, i.manifest.fingerprint, i.objects_that_differ
        ),
        needs="deployment",
    ),
    Criterion(
        "rollback verified", "make status; make rollback", rollback_is_verified, needs="deployment"
    ),
    Criterion("runbook there and every command of it works", RUNBOOK, _runbook, needs="nothing"),
    Criterion(
        "alerts configured",
        "make dev, Automation; docs/SETTINGS.md",
        lambda i: alerts_are_configured(i.channels, i.contents.sensors, i.dagster.sensors_on),
        needs="nothing",
    ),
)
DEPLOYMENT = (
    Criterion(
        "all objects deployed", "make deploy; asset deployed_objects", _objects, needs="deployment"
    ),
    Criterion("smoke tests pass", "make smoke; check deployment_gate", smoke_tests_pass),
    HEALTH,
    NO_CRITICAL_ERROR,
    Criterion(
        "summary written",
        "make deploy; asset deployment_summary",
        summary_is_written,
        needs="deployment",
    ),
    Criterion(
        "people told",
        "make deploy; asset deployment_summary",
        lambda i: people_were_told(i.dagster.notice),
        needs="deployment",
    ),
)
