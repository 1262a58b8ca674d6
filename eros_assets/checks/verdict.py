"""The result of a check: the observed value, the threshold and a sample of offenders."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.gate.findings import Finding

SAMPLE = 10


def verdict(
    *,
    offenders: Sequence[str],
    observed: float | None = None,
    threshold: float = 0,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    meaning: str,
) -> dg.AssetCheckResult:
    """Passed when there are no offenders; reported in full either way.

    `observed` is what `threshold` is held against, the number of offenders unless given.
    """
    return dg.AssetCheckResult(
        passed=not offenders,
        severity=severity,
        description=meaning if not offenders else f"{meaning} Broken: {offenders[0]}",
        metadata={
            "observed": len(offenders) if observed is None else observed,
            "threshold": threshold,
            "offenders": dg.MetadataValue.json(list(offenders[:SAMPLE])),
        },
    )


def verdict_of(finding: Finding, *, asset: str | None = None) -> dg.AssetCheckResult:
    """A condition of the gate as a check's result; `asset` where a step checks several."""
    result = verdict(
        offenders=finding.offenders,
        observed=finding.observed,
        threshold=finding.threshold,
        meaning=finding.meaning,
    )
    return (
        result._replace(asset_key=dg.AssetKey(asset), check_name=finding.name) if asset else result
    )
