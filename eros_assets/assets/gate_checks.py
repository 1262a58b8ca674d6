"""The gate's findings as results of the asset checks that show its conditions.

A run that only exports executes no check of the gate. Its steps report here what the gate saw, so
that a condition for which it refused is red where people look for it.
"""

import datetime as dt
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeVar

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from eros_assets.assets.week import materializes
from eros_assets.gate.findings import Finding, GateClosedError

Published = TypeVar("Published")

GUARDED = "active_caption_assignments"
"""The asset that the gate guards: a condition that fails stops the exports downstream."""

JUDGED = (GUARDED, "quarantined_messages", "analyze_creator_performance", "tuning")
"""What a step that asks the gate depends on: all that the gate's conditions read, or what makes it.

The smoke tests run analyzer, selector and builder, which read nearly every table; an edge for each
would hide the others in the Dagster UI.
"""

CHECKED_ELSEWHERE = {
    "facts_and_quarantine_are_the_input": "message_facts",
    "routines_are_those_of_sql": "analyze_creator_performance",
    "schedule_rules_hold": "schedule_recommendations",
    "schedule_times_are_la": "schedule_recommendations",
}
"""Conditions of the gate whose check is at another asset than `GUARDED`."""

OF_A_WEEK = (
    *("schedule_rules_hold", "schedule_times_are_la"),
    *("schedules_are_as_planned", "every_message_is_reserved"),
)
"""Conditions on the rows of one week: their checks have weekly partitions.

The others are about all weeks, or rehearse on the present.
"""

SAMPLE = 10


def gate_evaluations(
    context: dg.AssetExecutionContext, week_start: dt.date, findings: Sequence[Finding]
) -> Iterator[dg.AssetCheckEvaluation]:
    """What the gate saw of a week, as evaluations of its checks.

    Conditions that hold are left out where the run materializes their asset: it runs their check.
    """
    for finding in findings:
        asset = dg.AssetKey(CHECKED_ELSEWHERE.get(finding.name, GUARDED))
        if finding.passed and materializes(context, asset.path):
            continue
        partition = week_start.isoformat() if finding.name in OF_A_WEEK else None
        yield dg.AssetCheckEvaluation(
            asset_key=asset,
            check_name=finding.name,
            passed=finding.passed,
            description=finding_description(finding),
            metadata=finding_metadata(finding, week_start),
            severity=severity_of(finding),
            blocking=True,
            partition=partition,
            target_materialization_data=newest_materialization(context.instance, asset, partition),
        )


def published_by(
    context: dg.AssetExecutionContext, week_start: dt.date, publish: Callable[[], Published]
) -> Generator[dg.AssetCheckEvaluation, None, Published]:
    """What `publish` returns; where the gate is closed, each condition that it saw is evaluated.

    Raises:
        GateClosedError: as `publish` raised it.
    """
    try:
        return publish()
    except GateClosedError as closed:
        yield from gate_evaluations(context, week_start, closed.findings)
        raise


def newest_materialization(
    instance: dg.DagsterInstance, asset: dg.AssetKey, partition: str | None
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """The newest materialization of an asset, or of a partition of it; None before the first.

    Dagster takes the state of a check from evaluations of it.
    """
    partitions = None if partition is None else [partition]
    wanted = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=partitions)
    for record in instance.fetch_materializations(wanted, limit=1).records:
        return AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
    return None


def severity_of(finding: Finding) -> dg.AssetCheckSeverity:
    """WARN where the condition withholds some pages alone: the others are published."""
    return dg.AssetCheckSeverity.WARN if finding.withheld else dg.AssetCheckSeverity.ERROR


def finding_description(finding: Finding) -> str:
    """What a condition is about, the first that broke it, and the pages that it withholds."""
    said = described(finding.meaning, finding.offenders)
    if not finding.withheld:
        return said
    return f"{said}. Withheld: {', '.join(finding.withheld)}. The other pages are published."


def finding_metadata(finding: Finding, week_start: dt.date | None) -> dict[str, Any]:
    """What the result of a condition's check shows; the withheld pages with their offenders."""
    withheld = {"withheld_pages": dg.MetadataValue.json(dict(finding.withheld))}
    return {
        **observed_metadata(
            observed=finding.observed,
            threshold=finding.threshold,
            offenders=finding.offenders,
            week_start=week_start,
        ),
        **(withheld if finding.withheld else {}),
    }


def described(meaning: str, offenders: Sequence[str]) -> str:
    """What a check is about, and the first that broke it."""
    return meaning if not offenders else f"{meaning} Broken: {offenders[0]}"


def observed_metadata(
    *,
    observed: float,
    threshold: float,
    offenders: Sequence[str],
    week_start: dt.date | None = None,
) -> dict[str, Any]:
    """What a check's result shows: the value, the threshold, a sample of offenders, the week."""
    week = {} if week_start is None else {"week": week_start.isoformat()}
    return {
        "observed": observed,
        "threshold": threshold,
        "offenders": dg.MetadataValue.json(list(offenders[:SAMPLE])),
        **week,
    }
