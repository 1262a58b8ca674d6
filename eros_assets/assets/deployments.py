"""Putting the version at hand in force, phase by phase.

What one phase tells the next is in the tables `deployments` and `deployment_definitions`, not in
Dagster's storage: a run that was killed, or is run again from its failed step, finds it there.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import OWNERS, job_metadata
from eros_assets.assets.sources import INPUT_TABLES
from eros_assets.automation.alerts import Alert, AlertError, tell
from eros_assets.deployment.archive import Archive
from eros_assets.deployment.deploy import Deploy, DeployFailedError
from eros_assets.deployment.manifest import code_fingerprint, read_manifest, require_usable
from eros_assets.deployment.preflight import lines, preflight, require
from eros_assets.deployment.record import Entry, in_force
from eros_assets.deployment.summary import changed_objects, deployment_summary
from eros_assets.errors import ErosError
from eros_assets.exporting.whole_file import write_whole
from eros_assets.gate import Finding, smoke_findings
from eros_assets.gate.conditions import routines_are_those_of_sql
from eros_assets.health.limits import limits_of
from eros_assets.health.work import Work, log_begins, work_done
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Probe, Warehouse

GROUP = "deployment"
GATE = "deployment_gate"


class NothingDeployedError(ErosError):
    """A deployment is asked about before there is one."""


def deployment_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """Preflight, manifest, backup, objects, summary: the phases of `deploy_production`."""
    return [
        _preflight(eros),
        _file_manifest(eros),
        _deployment_backup(eros),
        _deployed_objects(eros),
        _deployment_summary(eros),
    ]


def archive_of(eros: Installation, warehouse: Warehouse) -> Archive:
    """The records of the installation."""
    return Archive(eros, warehouse, INPUT_TABLES)


def clock() -> dt.datetime:
    """When a step of a deployment or rollback happens: recorded, and held against expiries."""
    return dt.datetime.now(dt.UTC)


def preflight_of(eros: Installation) -> list[Probe]:
    """What must hold before anything runs, with the installation's own tables."""
    owned = [
        table.name for table in eros.library.of_kind("table") if table.name not in INPUT_TABLES
    ]
    return preflight(eros.settings, INPUT_TABLES, owned)


def records_folder(eros: Installation) -> Path:
    """Where manifests, summaries and reports are written to."""
    return eros.settings.out_dir / "deployments"


def _preflight(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="preflight",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python"},
        description="Settings, packages, folders, credentials, dataset, permissions, inputs: one "
        "clear line each, before anything runs. Grain: one line per thing needed.",
    )
    def preflight_asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        probes = preflight_of(eros)
        for line in lines(probes):
            context.log.info(line)
        require(probes)
        table = [f"| {p.subject} | {p.found} |" for p in probes]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(probes),
                "findings": dg.MetadataValue.md("\n".join(["| needed | found |", "|-|-|", *table])),
            }
        )

    return preflight_asset


def _file_manifest(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="file_manifest",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"json"},
        deps=["preflight"],
        description="Every SQL file and Python module with its SHA-256; unreadable, unparsable and "
        "unimportable ones stop the deployment and are named. Grain: one entry per file.",
    )
    def file_manifest(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        manifest = read_manifest()
        written = write_whole(
            records_folder(eros) / "manifest.json", manifest.as_json().encode(), len(manifest.files)
        )
        for problem in manifest.problems:
            context.log.error(problem)
        require_usable(manifest)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": written.row_count,
                "fingerprint": manifest.fingerprint,
                "file": dg.MetadataValue.path(written.path),
                "files": dg.MetadataValue.json({f.path: f.sha256 for f in manifest.files}),
            }
        )

    return file_manifest


def _deployment_backup(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="deployment_backup",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"table"},
        deps=["file_manifest"],
        description="Snapshots of the owned tables and the definitions in force, under one "
        "deployment id, before anything changes; nothing when the same code is in force already. "
        "Grain: one kept state.",
    )
    def deployment_backup(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = eros.warehouse(asset="deployment_backup", run=context.run_id)
        deploy = _deploy(eros, warehouse, context)
        decision = deploy.back_up(code_fingerprint(), now=clock(), run_id=context.run_id)
        entry = decision.entry
        if entry is None:
            context.log.info("the same code is in force already: nothing is backed up or changed")
            return dg.MaterializeResult(metadata={"action": decision.action})
        context.log.info(f"{decision.action} {entry.deployment_id}: {len(entry.tables)} tables")
        return dg.MaterializeResult(
            metadata={
                "action": decision.action,
                "deployment": entry.deployment_id,
                "dagster/row_count": len(entry.tables),
                "tables": dg.MetadataValue.json(list(entry.tables)),
                **job_metadata(warehouse),
            }
        )

    return deployment_backup


def _deployed_objects(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="deployed_objects",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"sql"},
        deps=["deployment_backup"],
        description="Tables, functions, table functions, procedures and views, each after what it "
        "depends on, then the configuration. When one can't be made, what was in force before is "
        "put back. Grain: the set.",
    )
    def deployed_objects(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = eros.warehouse(asset="deployed_objects", run=context.run_id)
        deploy = _deploy(eros, warehouse, context)
        entry = open_deployment(deploy.archive.history())
        if entry is None:
            return dg.MaterializeResult(metadata={"action": "nothing"})
        try:
            deploy.make(entry, now=clock())
        except DeployFailedError as error:
            ended = deploy.archive.history()[-1]
            verdict = "failed, what was before is in force"
            raise _failure(error, _summarised(deploy, ended, verdict, [])) from error
        return dg.MaterializeResult(
            metadata={
                "deployment": entry.deployment_id,
                "dagster/row_count": len(deploy.objects),
                "objects": dg.MetadataValue.json([f"{o.kind} {o.name}" for o in deploy.objects]),
                **job_metadata(warehouse),
            }
        )

    return deployed_objects


def _deployment_summary(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="deployment_summary",
        group_name=GROUP,
        owners=OWNERS,
        kinds={"markdown"},
        deps=["deployed_objects"],
        check_specs=[
            dg.AssetCheckSpec(
                GATE,
                asset="deployment_summary",
                description="The routine count and the five smoke tests on what was deployed; "
                "when one fails, what was in force before is put back.",
            )
        ],
        description="What was deployed, test results, health, cost, errors. Grain: one document "
        "per deployment.",
    )
    def deployment_summary_asset(context: dg.AssetExecutionContext) -> Iterator[Any]:
        warehouse = eros.warehouse(asset="deployment_summary", run=context.run_id)
        deploy = _deploy(eros, warehouse, context)
        history = deploy.archive.history()
        entry, is_new = deployment_in_question(history)
        findings = gate_findings(eros, warehouse)
        for finding in findings:
            (context.log.info if finding.passed else context.log.error)(finding.sentence)
        failure: DeployFailedError | None = None
        verdict = "unchanged, the same code is in force"
        if is_new:
            try:
                entry = deploy.conclude(entry, findings, now=clock())
                verdict = "succeeded"
            except DeployFailedError as error:
                failure, verdict = error, "the gate failed, what was before is in force"
                entry = deploy.archive.history()[-1]
        elif failed := [f.sentence for f in findings if not f.passed]:
            failure = DeployFailedError(
                f"{entry.deployment_id} is in force unchanged, and the gate fails:\n"
                + "\n".join(failed)
            )
        metadata = _summarised(deploy, entry, verdict, findings)
        yield dg.AssetCheckResult(
            check_name=GATE,
            passed=all(finding.passed for finding in findings),
            description=next((f.sentence for f in findings if not f.passed), None),
            metadata={finding.name: finding.sentence for finding in findings},
        )
        if failure is not None:
            raise _failure(failure, metadata) from failure
        yield dg.MaterializeResult(metadata={**metadata, **job_metadata(warehouse)})

    return deployment_summary_asset


def _summarised(
    deploy: Deploy, entry: Entry, verdict: str, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Write the summary of a deployment; it and its file as metadata."""
    eros, warehouse = deploy.eros, deploy.archive.warehouse
    before = deploy.archive.definitions(entry.before)
    changed = changed_objects(deploy.objects, before)
    text = deployment_summary(
        entry,
        verdict=verdict,
        where=eros.settings.warehouse_location,
        objects=deploy.objects,
        changed=changed,
        findings=findings,
        health=newest_health(eros, warehouse),
        work=work_of_a_day(eros, warehouse, clock()),
    )
    folder = records_folder(eros) / entry.deployment_id
    written = write_whole(folder / "summary.md", text.encode())
    failed = [finding.sentence for finding in findings if not finding.passed]
    notice = [*changed, *failed, *([entry.detail] if entry.detail else []), str(written.path)]
    return {
        "summary": dg.MetadataValue.md(text),
        "file": dg.MetadataValue.path(written.path),
        "deployment": entry.deployment_id,
        "state": entry.state,
        "notice": told(eros, f"deployment {entry.deployment_id}: {verdict}", notice),
    }


def newest_health(eros: Installation, warehouse: Warehouse) -> dict[str, Any] | None:
    """The last row of `system_health` in the words of a summary; None before the first."""
    if warehouse.freshness("system_health") is None:
        return None
    rows = warehouse.query(eros.sql("newest_health")).to_dict("records")
    if not rows:
        return None
    row = rows[0]
    return {
        "score": f"{row['health_score']:.1f} of 100, {row['health_status']}",
        "decision": row["decision"],
        "reasons": "; ".join(row["reasons"]) or "none",
        "checked": f"{row['checked_at']:%Y-%m-%d %H:%M} UTC",
    }


def work_of_a_day(eros: Installation, warehouse: Warehouse, now: dt.datetime) -> Work | None:
    """What the last 24 hours cost, and what failed in them, as the health check counts it.

    None where the configuration that it is counted by is not there yet.
    """
    if warehouse.freshness("tuning") is None:
        return None
    limits = limits_of(read_knobs(warehouse))
    procedures = [procedure.name for procedure in eros.library.of_kind("procedure")]
    return work_done(warehouse.jobs(log_begins(now, limits)), now, procedures, limits)


def told(eros: Installation, title: str, lines: Sequence[str]) -> str:
    """Tell people, by the channels that are configured; what became of it, in one line.

    Nothing that was deployed or put back is undone because nobody could be told.
    """
    try:
        return tell(eros.settings, Alert(title, lines)).sentence
    except AlertError as error:
        return f"Nobody could be told: {error}"


def _failure(error: DeployFailedError, metadata: dict[str, Any]) -> dg.Failure:
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)


def gate_findings(eros: Installation, warehouse: Warehouse) -> list[Finding]:
    """The routine count and the five smoke tests, for the coming week."""
    week = eros.default_week(warehouse)
    return [routines_are_those_of_sql(eros, warehouse), *smoke_findings(eros, warehouse, week)]


def open_deployment(history: Sequence[Entry]) -> Entry | None:
    """The deployment under way, None when there is nothing to do."""
    last = history[-1] if history else None
    return last if last is not None and last.kind == "deploy" and not last.is_finished else None


def deployment_in_question(history: Sequence[Entry]) -> tuple[Entry, bool]:
    """The deployment under way, else the one in force; and whether it is under way.

    Raises:
        NothingDeployedError: there is neither.
    """
    if (entry := open_deployment(history)) is not None:
        return entry, True
    present = in_force(history)
    for entry in history:
        if entry.deployment_id == present:
            return entry, False
    raise NothingDeployedError(
        "no deployment is under way or in force, so there is none to sum up; run the job "
        "deploy_production (`make deploy`) as a whole"
    )


def _deploy(
    eros: Installation, warehouse: Warehouse, context: dg.AssetExecutionContext
) -> Deploy:  # fmt: skip
    others = INPUT_TABLES if eros.settings.inputs == "warehouse" else ()
    return Deploy(
        eros=eros,
        archive=archive_of(eros, warehouse),
        log=context.log.info,
        inputs=frozenset(others),
        learn=lambda: learn_if_new(eros, warehouse),
    )


def learn_if_new(eros: Installation, warehouse: Warehouse) -> None:
    """Sort the history and learn the captions where that was never done.

    The gate rehearses on them, and without a gate no week is planned that would do it.
    """
    facts = warehouse.freshness("message_facts")
    if facts is not None and facts.row_count:
        return
    warehouse.run(eros.sql("refresh_message_facts"))
    lookback = read_knobs(warehouse)["stats_lookback_days"]
    warehouse.call(
        "update_caption_performance",
        {"p_as_of": eros.default_week(warehouse), "p_lookback_days": lookback},
    )
