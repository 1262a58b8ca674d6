"""Checks of the newest health score, and of creators with unusual figures."""

import dagster as dg

from eros_assets.checks.verdict import verdict
from eros_assets.health.observations import Observations, watched
from eros_assets.resources import WarehouseResource
from eros_assets.tuning import read_knobs


@dg.asset_check(
    asset="system_health",
)
def health_score(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Health is above 90 (tuning: healthy_score), and nothing asks for a rollback or a look."""
    dataset = warehouse.dataset(context, purpose="health")
    newest = dataset.cached_query("newest_health").to_dict("records")
    if not newest:
        return verdict(offenders=["no check was ever made"], observed=0, meaning="Health.")
    row = newest[0]
    seen = Observations.of_text(str(row["observations"]))
    least = float((seen.knobs if seen else read_knobs(dataset))["healthy_score"])
    score = float(row["health_score"])
    offenders = [str(reason) for reason in row["reasons"]]
    if score <= least:
        offenders.append(f"health {score:.1f} is not above {least:g}")
    is_severe = row["decision"] == "ROLLBACK" or score <= least
    return verdict(
        offenders=offenders,
        observed=score,
        threshold=least,
        severity=dg.AssetCheckSeverity.ERROR if is_severe else dg.AssetCheckSeverity.WARN,
        meaning=f"Health {score:.1f} of 100, decision {row['decision']}.",
    )


@dg.asset_check(
    asset="system_health",
)
def creators_behave_as_usual(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """No page had a CRITICAL anomaly in the last 7 days, none is RED (saturated)."""
    dataset = warehouse.dataset(context, purpose="health")
    troubles = watched(dataset)
    return verdict(
        offenders=[f"{row['page_name']}: {row['trouble']}" for row in troubles],
        severity=dg.AssetCheckSeverity.WARN,
        meaning="Critical anomalies of the last 7 days, and pages that are RED.",
    )
