"""Putting the version at hand in force, phase by phase.

What one phase tells the next is in the tables `deployments` and `deployment_definitions`, not in
Dagster's storage: a run that was killed, or is run again from its failed step, finds it there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from eros_assets.assets import phases
from eros_assets.assets.instance import NOTICE, dagster_state
from eros_assets.assets.realigning import realigned
from eros_assets.assets.reporting import DATASET_POOL, WAREHOUSE, job_metadata
from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset
from eros_assets.deployment.deploy import Deploy, DeployFailedError
from eros_assets.deployment.manifest import code_fingerprint, read_manifest, require_usable
from eros_assets.deployment.phases import (
    archive_of,
    clock,
    deployment_in_question,
    gate_findings,
    learn_if_new,
    newest_health,
    notify,
    open_deployment,
    preflight_of,
    records_folder,
    work_of_a_day,
)
from eros_assets.deployment.preflight import lines, require
from eros_assets.deployment.record import Entry
from eros_assets.deployment.summary import changed_objects, summary_text
from eros_assets.gate import Finding
from eros_assets.importing.schema import LOADED_BY_OTHERS
from eros_assets.resources import ExportBucket, SheetsResource, WarehouseResource

GROUP = "deployment"
GATE = "deployment_gate"


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={"python"},
)
def preflight(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """Settings, packages, folders, credentials, dataset, permissions, inputs.

    One clear line each, before anything runs. Grain: one line per thing needed.
    """
    probes = preflight_of(warehouse.settings)
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


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={"json"},
    deps=["preflight"],
)
def file_manifest(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """Every SQL file and Python module with its SHA-256.

    Unreadable, unparsable and unimportable ones stop the deployment and are named. Grain: one
    entry per file.
    """
    manifest = read_manifest()
    written = atomic_write(
        records_folder(warehouse.settings) / "manifest.json",
        manifest.as_json().encode(),
        len(manifest.files),
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


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={WAREHOUSE},
    deps=["file_manifest"],
)
def deployment_backup(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> dg.MaterializeResult[Any]:
    """Snapshots of the owned tables and the definitions in force, before anything changes.

    They are kept under one deployment id; nothing is kept when the same code is in force already.
    Grain: one kept state.
    """
    dataset = warehouse.dataset(context)
    deploy = _deploy(context, dataset, sheets, bucket)
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
            **job_metadata(dataset),
        }
    )


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={WAREHOUSE, "sql"},
    deps=["deployment_backup"],
)
def deployed_objects(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> dg.MaterializeResult[Any]:
    """Tables, functions, table functions, procedures, views, then the configuration.

    Each is made after what it depends on. When one can't be made, what was in force before is put
    back. Grain: the set.
    """
    dataset = warehouse.dataset(context)
    deploy = _deploy(context, dataset, sheets, bucket)
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
            **job_metadata(dataset),
        }
    )


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={"markdown"},
    deps=["deployed_objects"],
    check_specs=[
        dg.AssetCheckSpec(
            GATE,
            asset="deployment_summary",
            description="The routine count and the five smoke tests on what was deployed; "
            "when one fails, what was in force before is put back.\n\n"
            f"{phases.phase_sentence(phases.GATE)}",
            metadata=phases.in_phase(phases.GATE),
        )
    ],
)
def deployment_summary(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> Iterator[Any]:
    """What was deployed, test results, health, cost, errors, and the acceptance table.

    Grain: one document per deployment.
    """
    dataset = warehouse.dataset(context)
    deploy = _deploy(context, dataset, sheets, bucket)
    history = deploy.archive.history()
    entry, is_new = deployment_in_question(history)
    findings = gate_findings(dataset)
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
    accepted = _accepted(context.instance, dataset, findings, entry, str(metadata[NOTICE]))
    yield dg.MaterializeResult(metadata={**metadata, **accepted, **job_metadata(dataset)})


def _summarised(
    deploy: Deploy, entry: Entry, verdict: str, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Write the summary of a deployment; it and its file as metadata."""
    dataset = deploy.dataset
    before = deploy.archive.definitions(entry.before)
    changed = changed_objects(deploy.objects, before)
    text = summary_text(
        entry,
        verdict=verdict,
        where=dataset.settings.warehouse_location,
        objects=deploy.objects,
        changed=changed,
        findings=findings,
        health=newest_health(dataset),
        work=work_of_a_day(dataset, clock()),
    )
    folder = records_folder(dataset.settings) / entry.deployment_id
    written = atomic_write(folder / "summary.md", text.encode())
    failed = [finding.sentence for finding in findings if not finding.passed]
    notice = [*changed, *failed, *([entry.detail] if entry.detail else []), str(written.path)]
    return {
        "summary": dg.MetadataValue.md(text),
        "file": dg.MetadataValue.path(written.path),
        "deployment": entry.deployment_id,
        "state": entry.state,
        NOTICE: notify(dataset, f"deployment {entry.deployment_id}: {verdict}", notice),
    }


def _accepted(
    instance: dg.DagsterInstance,
    dataset: Dataset,
    findings: Sequence[Finding],
    entry: Entry,
    notice: str,
) -> dict[str, Any]:
    """Answer the acceptance on what is in force, and keep the table beside the summary."""
    # Imported here: one step needs them, and every start of the graph would wait for them.
    from eros_assets.acceptance.installation import Installation
    from eros_assets.acceptance.lines import as_markdown, counted
    from eros_assets.acceptance.table import acceptance_lines, write_acceptance

    now = clock()
    state = dagster_state(instance, now=now, week=dataset.default_week())
    installation = Installation(dataset, replace(state, notice=notice), now, judged=findings)
    table = acceptance_lines(installation)
    written = write_acceptance(table, records_folder(dataset.settings) / entry.deployment_id)
    return {
        "acceptance": dg.MetadataValue.md(as_markdown(table)),
        "acceptance_lines": counted(table),
        "acceptance_file": dg.MetadataValue.path(written),
    }


def _failure(error: DeployFailedError, metadata: dict[str, Any]) -> dg.Failure:
    return dg.Failure(str(error), metadata=metadata, allow_retries=False)


def _deploy(
    context: dg.AssetExecutionContext,
    dataset: Dataset,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> Deploy:
    others = LOADED_BY_OTHERS if dataset.settings.inputs == "warehouse" else ()
    return Deploy(
        archive=archive_of(dataset),
        log=context.log.info,
        inputs=frozenset(others),
        learn=lambda: learn_if_new(dataset),
        realign=lambda: realigned(context, dataset, sheets, bucket),
    )
