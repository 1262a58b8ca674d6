"""The last check of the system is good, and creators do like themselves."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.calendar import la_date
from eros_assets.checks.verdict import verdict
from eros_assets.health.checkup import creators_to_watch
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs


def health_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """`health_score` and `creators_do_like_themselves`."""

    @dg.asset_check(
        asset="system_health",
        description="Health is above 90 (tuning: healthy_score), and nothing asks for a rollback "
        "or a look.",
    )
    def health_score(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="system_health", run=context.run.run_id, purpose="health")
        least = float(read_knobs(warehouse)["healthy_score"])
        newest = warehouse.query(eros.sql("newest_health")).to_dict("records")
        if not newest:
            return verdict(offenders=["no check was ever made"], observed=0, meaning="Health.")
        row = newest[0]
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
        description="No page had a CRITICAL anomaly in the last 7 days, none is RED (saturated).",
    )
    def creators_do_like_themselves(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="system_health", run=context.run.run_id, purpose="health")
        day = la_date(eros.planning_instant(warehouse))
        troubles = creators_to_watch(eros, warehouse, day).to_dict("records")
        return verdict(
            offenders=[f"{row['page_name']}: {row['trouble']}" for row in troubles],
            severity=dg.AssetCheckSeverity.WARN,
            meaning="Critical anomalies of the last 7 days, and pages that are RED.",
        )

    return [health_score, creators_do_like_themselves]
