"""Putting the version at hand in force, phase by phase.

What one phase tells the next is in the tables `deployments` and `deployment_definitions`, not in
Dagster's storage: a run that was killed, or is run again from its failed step, finds it there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import OWNERS, job_metadata
from eros_assets.deployment.deploy import Deploy, DeployFailedError
from eros_assets.deployment.manifest import code_fingerprint, read_manifest, require_usable
from eros_assets.deployment.phases import (
    archive_of,
    clock,
    deployment_in_question,
    gate_findings,
    learn_if_new,
    newest_health,
    open_deployment,
    preflight_of,
    records_folder,
    told,
    work_of_a_day,
)
from eros_assets.deployment.preflight import lines, require
from eros_assets.deployment.record import Entry
from eros_assets.deployment.summary import changed_objects, deployment_summary
from eros_assets.exporting.whole_file import write_whole
from eros_assets.gate import Finding
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Warehouse

GROUP = "deployment"
GATE = "deployment_gate"


def deployment_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """Preflight, manifest, backup, objects, summary: the phases of `deploy_production`."""
    return [
        _preflight(eros),
        _file_manifest(eros),
        _deployment_backup(eros),
        _deployed_objects(eros),
        _deployment_summary(eros),
    ]


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


def _failure(error: DeployFailedError, metadata: dict[str, Any]) -> dg.Failure:
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)


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
