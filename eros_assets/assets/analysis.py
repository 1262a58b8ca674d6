"""What people ask about creators before a week is planned: a report each, and odd days."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs


def analysis_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`creator_performance` and `creator_anomalies`."""
    return [
        _weekly_report(
            eros,
            table="creator_performance",
            operation="creator_reports",
            routines=[
                *("classify_account_size", "get_creator_baseline", "analyze_saturation_status"),
                *("calculate_performance_metrics", "detect_anomalies"),
            ],
        ),
        _weekly_report(
            eros,
            table="creator_anomalies",
            operation="week_anomalies",
            routines=["detect_anomalies"],
        ),
    ]


def _weekly_report(
    eros: Installation, *, table: str, operation: str, routines: list[str]
) -> dg.AssetsDefinition:
    """An asset that is the rows of one query as of a week's Monday, all creators at once."""

    @dg.multi_asset(
        name=f"report_{table}",
        specs=[
            table_spec(
                eros,
                table,
                group="analysis",
                deps=["message_facts", "creators", "holiday_calendar", "tuning", *routines],
                partitions_def=WEEKLY,
                code_version=eros.library[operation].fingerprint,
            )
        ],
    )
    def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(asset=table, run=context.run_id, week=week_start.isoformat())
        rows = warehouse.query(
            eros.sql(operation),
            {
                "week_start": week_start,
                "account_lookback_days": read_knobs(warehouse)["account_lookback_days"],
            },
        )
        shown = frame_metadata(rows)
        rows["reported_at"] = dt.datetime.now(dt.UTC)
        rows["run_id"] = context.run_id
        warehouse.load(table, rows, replacing={"week_start": week_start})
        return dg.MaterializeResult(metadata={**shown, **job_metadata(warehouse)})

    return report
