"""The result of a check: the observed value, the threshold and a sample of offenders."""

import datetime as dt
from collections.abc import Sequence

import dagster as dg

from eros_assets.assets.gate_checks import described, observed_metadata
from eros_assets.gate.findings import Finding


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
    """A condition of the gate as a check's result; `asset` where a step checks several."""
    result = verdict(
        offenders=finding.offenders,
        observed=finding.observed,
        threshold=finding.threshold,
        meaning=finding.meaning,
        week_start=week_start,
    )
    return (
        result._replace(asset_key=dg.AssetKey(asset), check_name=finding.name) if asset else result
    )
