"""Reports a deployment or rollback in Markdown."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from eros_assets.calendar import ZONE
from eros_assets.deployment.record import Entry
from eros_assets.deployment.rollback import RollbackOutcome
from eros_assets.gate.findings import Finding
from eros_assets.health.work import Work
from eros_assets.publishing.realignment import Realigned
from eros_assets.warehouse.protocol import Definition
from eros_assets.warehouse.sql.objects import SqlObject

SHOWN = 20


def changed_objects(objects: Iterable[SqlObject], before: Sequence[Definition]) -> list[str]:
    """The routines and views that differ from what was in force before, new ones included."""
    there = {definition.name: definition for definition in before}
    return [
        f"{o.kind} {o.name} ({'changed' if o.name in there else 'new'})"
        for o in objects
        if o.kind != "table" and not (o.name in there and there[o.name].is_of(o))
    ]


def summary_text(
    entry: Entry,
    *,
    verdict: str,
    where: str,
    objects: Sequence[SqlObject],
    changed: Sequence[str],
    findings: Sequence[Finding],
    health: Mapping[str, object] | None,
    work: Work | None,
) -> str:
    """The report of a deployment: objects, test results, health, cost, errors."""
    kinds = Counter(o.kind.replace("_", " ") for o in objects)
    return "\n".join(
        [
            f"# Deployment {entry.deployment_id}: {verdict}",
            "",
            *_rows(
                {
                    "warehouse": where,
                    "state": entry.state,
                    "code": entry.code_fingerprint,
                    "in force before": entry.previous_id or "nothing that EROS recorded",
                    "began": _local(entry.started_at),
                    "ended": _local(entry.finished_at),
                    "backup": f"{len(entry.tables)} tables, kept until {_local(entry.kept_until)}",
                    "Dagster run": entry.run_id,
                }
            ),
            "",
            "## Deployed",
            "",
            ", ".join(f"{number} of kind {kind}" for kind, number in sorted(kinds.items())) + ".",
            "",
            *_list(changed, "Every routine and view is as it was before."),
            "",
            "## Tests",
            "",
            *[f"- {'passed' if f.passed else '**FAILED**'} {f.sentence}" for f in findings],
            "",
            "## Health",
            "",
            *(
                _rows({key: str(value) for key, value in health.items()})
                if health
                else ["Not measured yet: the hourly health check writes it."]
            ),
            "",
            "## Cost and errors of the last 24 hours",
            "",
            *_work(work),
            *(["", "## What went wrong", "", entry.detail] if entry.detail else []),
            "",
        ]
    )


def rollback_summary(outcome: RollbackOutcome, published: Sequence[Realigned], where: str) -> str:
    """The report of a rollback: what was restored, taken back and published, what to do next."""
    entry = outcome.entry
    return "\n".join(
        [
            f"# Rollback {entry.deployment_id}: {entry.state}",
            "",
            *_rows(
                {
                    "warehouse": where,
                    "went back to": f"{entry.point_id} (deployment {entry.in_force_id})",
                    "was in force": entry.previous_id or "nothing that EROS recorded",
                    "began": _local(entry.started_at),
                    "ended": _local(entry.finished_at),
                    "the state before": f"{entry.before}, kept until {_local(entry.kept_until)}",
                    "definitions": "as they were kept" if outcome.matches else "**DIFFER**",
                    "schedules": entry.detail or "",
                    "Dagster run": entry.run_id,
                }
            ),
            "",
            "## Deployments taken back",
            "",
            *_list(outcome.deployments_taken_back, "None."),
            "",
            "## Schedules taken back",
            "",
            "Their captions are free. Copies of their files must not be sent from any more.",
            "",
            *_list(outcome.schedules_taken_back, "None."),
            "",
            f"{len(outcome.schedules_in_force)} schedules are in force.",
            "",
            "## What people find now",
            "",
            *_list([each.sentence for each in published], "No week was published."),
            "",
            "## Made since, and left as it is",
            "",
            *_list(outcome.made_since, "Nothing."),
            "",
            "## What to do now",
            "",
            "1. Check out the code that is in force: the next deploy brings the other one back.",
            "2. Plan the weeks whose schedules were taken back: `make week`.",
            "3. Start the schedules again in Dagster when the cause is mended.",
            f"4. To undo this rollback: `make rollback DEPLOYMENT={entry.before}`.",
            "",
        ]
    )


def _work(work: Work | None) -> list[str]:
    if work is None:
        return ["Not known: the configuration is not there yet."]
    figures = f"{work.operations} operations, {work.cost_usd:.4f} USD."
    return [figures, "", *_list(work.failures, "None failed.")]


def _rows(values: Mapping[str, str]) -> list[str]:
    return ["| | |", "| --- | --- |", *(f"| {k} | {_cell(v)} |" for k, v in values.items())]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").splitlines())


def _list(lines: Sequence[str], none: str) -> list[str]:
    more = [f"- and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return [*(f"- {_cell(line)}" for line in lines[:SHOWN]), *more] if lines else [none]


def _local(instant: dt.datetime | None) -> str:
    return instant.astimezone(ZONE).isoformat(" ", "minutes") if instant else "not yet"
