"""Phases 0 and 1: what must be there before anything is deployed, and the inventory of files."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence

from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.installation import MANIFEST, Installation
from eros_assets.acceptance.lines import Answer, failed, none_of, passed, unknown
from eros_assets.calendar import la_date
from eros_assets.deployment.manifest import File, FileKind, Manifest
from eros_assets.deployment.record import KEPT_NOTHING, Entry, Point
from eros_assets.settings import unread_variables

REHEARSED_WITHIN = dt.timedelta(days=30)


def variables_are_valid(environment: Mapping[str, str]) -> Answer:
    """Each EROS_ variable that is set is one that EROS reads; settings are validated when read."""
    names = sorted(name for name in environment if name.startswith("EROS_"))
    return none_of(
        [f"{name} is no setting (docs/SETTINGS.md)" for name in unread_variables(environment)],
        f"{len(names)} are set and valid: {', '.join(names) or 'defaults'}",
    )


def prerequisites_hold(installation: Installation) -> Answer:
    """Every line of the preflight holds."""
    probes = installation.probes
    subjects = list(dict.fromkeys(probe.subject for probe in probes))
    return none_of(
        [f"{probe.subject}: {probe.found}" for probe in probes if not probe.holds],
        f"{len(probes)} checks hold: {', '.join(subjects)}",
    )


def people_can_be_told(channels: Sequence[str]) -> Answer:
    """A channel for alerts is configured."""
    if channels:
        return passed(f"by {' and '.join(channels)}")
    return unknown(
        "neither Slack nor e-mail is configured: set EROS_SLACK_TOKEN and EROS_SLACK_CHANNEL, or "
        "EROS_SMTP_HOST, EROS_EMAIL_FROM and EROS_EMAIL_TO (docs/SETTINGS.md)"
    )


def newest_point(history: Sequence[Entry]) -> Point | None:
    """The newest state that was kept whole; None when nothing was."""
    for entry in reversed(history):
        if entry.state == "succeeded" and entry.passed_tables:
            return Point(entry.passed, entry, entry.in_force_id)
        if entry.state not in KEPT_NOTHING and entry.tables:
            return Point(entry.before, entry, entry.previous_id)
    return None


def backup_is_there(installation: Installation) -> Answer:
    """The newest backup is complete and has not expired."""
    point = newest_point(installation.history)
    if point is None:
        return unknown("nothing was backed up yet: run make backup")
    return point_is_complete(installation, point)


def point_is_complete(installation: Installation, point: Point) -> Answer:
    """Every table and the definitions of a kept state are there, and it has not expired."""
    until = point.entry.kept_until
    if until is not None and until < installation.now:
        return failed(f"{point.point_id} expired on {la_date(until)}: run make backup")
    kept = installation.dataset.warehouse.kept(point.point_id, point.tables)
    definitions = installation.archive.definitions(point.point_id)
    faults = [
        f"{point.point_id}: the copy of {table} is missing"
        for table in point.tables
        if table not in kept
    ]
    if not definitions:
        faults.append(f"{point.point_id}: its definitions are missing")
    kept_until = f", until {la_date(until)}" if until else ""
    return none_of(
        faults,
        f"{point.point_id} keeps {len(point.tables)} tables and {len(definitions)} definitions"
        f"{kept_until}",
    )


def rollback_was_rehearsed(history: Sequence[Entry], now: dt.datetime) -> Answer:
    """A rollback has succeeded within 30 days; a system that is younger may still lack one."""
    how = "rehearse one (docs/RUNBOOK.md, Rehearsing a rollback)"
    ended = [e for e in history if e.kind == "rollback" and e.state == "succeeded"]
    for entry in reversed(ended):
        at = entry.finished_at or entry.started_at
        done = f"{entry.deployment_id} went back to {entry.point_id} on {la_date(at)}"
        if now - at <= REHEARSED_WITHIN:
            return passed(f"{done}, {(now - at).days} days ago")
        return failed(f"{done}, more than {REHEARSED_WITHIN.days} days ago: {how}")
    first = next((e for e in history if e.kind == "deploy" and e.finished_at), None)
    if first is None or first.finished_at is None:
        return unknown(f"nothing was deployed yet: run make deploy, then {how}")
    due = first.finished_at + REHEARSED_WITHIN
    if now > due:
        return failed(
            f"no rollback since the first deployment, {la_date(first.finished_at)}: {how}"
        )
    return unknown(f"no rollback yet; due by {la_date(due)}: {how}")


def files_are_usable(kind: FileKind, manifest: Manifest, what: str) -> Answer:
    """No file of a kind has a problem."""
    files = [file for file in manifest.files if file.kind == kind]
    if not files:
        return failed(f"there is no {what}")
    return none_of(
        [f"{file.path}: {file.problem}" for file in files if file.problem], f"{len(files)} {what}s"
    )


def commands_can_be_executed(installation: Installation) -> Answer:
    """Each command starts in a fresh process and takes --help."""
    commands = installation.contents.commands
    return none_of(
        [f"{name}: {fault}" for name, fault in commands.items() if fault],
        f"{len(commands)}: {', '.join(commands)}",
    )


def manifest_is_written(installation: Installation) -> Answer:
    """The manifest's file lists the code as it is, each file with its SHA-256."""
    path = installation.records / MANIFEST
    if not path.is_file():
        return unknown("no manifest was written yet: run make deploy")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        written = Manifest([File(**file) for file in content["files"]])
        told = content["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return failed(f"{path} is no manifest: {error}")
    faults = [
        f"{file.path} has no SHA-256"
        for file in written.files
        if not re.fullmatch("[0-9a-f]{64}", file.sha256)
    ]
    if told != written.fingerprint:
        faults.append(f"{path}: its fingerprint is not that of its files")
    present = {file.path: file.sha256 for file in installation.manifest.files}
    differing = present.items() ^ {file.path: file.sha256 for file in written.files}.items()
    if differing and not faults:
        number = len({name for name, _ in differing})
        return unknown(f"{number} files are not those of the manifest: run make deploy")
    return none_of(
        faults, f"{len(written.files)} files, fingerprint {written.fingerprint[:8]}: {path}"
    )


PREPARATION = (
    Criterion(
        "environment variables set and valid",
        "make preflight",
        lambda i: variables_are_valid(i.environment),
        needs="nothing",
    ),
    Criterion(
        "prerequisites: packages, credentials, permissions, dataset, inputs",
        "make preflight; asset preflight",
        prerequisites_hold,
        needs="nothing",
    ),
    Criterion(
        "stakeholders can be told",
        "resource alerts",
        lambda i: people_can_be_told(i.channels),
        needs="nothing",
    ),
    Criterion("a backup can be made", "make backup; table deployments", backup_is_there),
    Criterion(
        "a rollback has been rehearsed within 30 days",
        "make rollback; table deployments",
        lambda i: rollback_was_rehearsed(i.history, i.now),
    ),
)
INVENTORY = (
    Criterion(
        "every SQL file readable and parsed",
        "asset file_manifest",
        lambda i: files_are_usable("sql", i.manifest, "SQL file"),
        needs="nothing",
    ),
    Criterion(
        "every Python module importable",
        "asset file_manifest",
        lambda i: files_are_usable("python", i.manifest, "module"),
        needs="nothing",
    ),
    Criterion(
        "every command executable",
        "python -m eros_assets --help",
        commands_can_be_executed,
        needs="nothing",
    ),
    Criterion(
        "the manifest written, with SHA-256",
        "make deploy; asset file_manifest",
        manifest_is_written,
        needs="nothing",
    ),
)
