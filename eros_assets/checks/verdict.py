"""What every check reports: what was seen, what was allowed, and who broke it."""

from collections.abc import Sequence

import dagster as dg

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
