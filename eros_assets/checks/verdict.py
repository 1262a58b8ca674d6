"""The result of a check: the observed value, the threshold, a sample of offenders, the week."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.gate_checks import (
    described,
    finding_description,
    finding_metadata,
    newest_materialization,
    observed_metadata,
    severity_of,
)
from eros_assets.assets.week import has_week, partition_week
from eros_assets.dataset import Dataset
from eros_assets.gate.findings import Finding

Recorded = Any
"""What a check of a weekly asset yields, see `recorded`; Dagster's types allow one result only."""


def verdict(
    *,
    offenders: Sequence[str],
    observed: float | None = None,
    threshold: float = 0,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    meaning: str,
    week_start: dt.date | None = None,
) -> dg.AssetCheckResult:
    """Passed when there are no offenders; reported in full either way.

    `observed` is what `threshold` is held against, the number of offenders unless given.
    `week_start` is the week that was looked at, None where the check is about no week.
    """
    return dg.AssetCheckResult(
        passed=not offenders,
        severity=severity,
        description=described(meaning, offenders),
        metadata=observed_metadata(
            observed=len(offenders) if observed is None else observed,
            threshold=threshold,
            offenders=offenders,
            week_start=week_start,
        ),
    )


def verdict_of(
    finding: Finding, *, asset: str | None = None, week_start: dt.date | None = None
) -> dg.AssetCheckResult:
    """A condition of the gate as a check's result; `asset` where a step checks several.

    One that some pages alone break is a warning, and does not block: only they are withheld.
    """
    result = dg.AssetCheckResult(
        passed=finding.passed,
        severity=severity_of(finding),
        description=finding_description(finding),
        metadata=finding_metadata(finding, week_start),
    )
    return (
        result._replace(asset_key=dg.AssetKey(asset), check_name=finding.name) if asset else result
    )


def week_to_check(context: dg.AssetCheckExecutionContext, dataset: Dataset) -> dt.date:
    """The Monday of the run's partition; of the week to plan where the run has none.

    Dagster's button *Execute all* launches runs without a partition.
    """
    return partition_week(context) if has_week(context) else dataset.default_week()


def recorded(
    context: dg.AssetCheckExecutionContext, result: dg.AssetCheckResult, week_start: dt.date
) -> Iterator[dg.AssetCheckResult | dg.AssetCheckEvaluation | dg.Output[None]]:
    """The result of a check of a weekly asset, recorded for the week that was looked at.

    In a run with a partition Dagster does that. In a run without one it refuses the result of a
    check that has partitions, so the evaluation is made here.
    """
    if has_week(context):
        yield result
        return
    [spec] = [spec for spec in context.check_specs if result.check_name in (None, spec.name)]
    partition = None if spec.partitions_def is None else week_start.isoformat()
    yield dg.AssetCheckEvaluation(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=result.passed,
        description=result.description,
        metadata=result.metadata,
        severity=result.severity,
        blocking=spec.blocking,
        partition=partition,
        target_materialization_data=newest_materialization(
            context.instance, spec.asset_key, partition
        ),
    )
    outputs = context.op_execution_context.op_def.output_dict
    own = spec.get_python_identifier()
    yield dg.Output(None, own if own in outputs else next(iter(outputs)))
