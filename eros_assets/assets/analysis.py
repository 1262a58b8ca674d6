"""What people ask about creators before a week is planned: a report each, and odd days."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from eros_assets.assets.weekly_table import WeeklyTable, weekly_table
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd


def analysis_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`creator_performance` and `creator_anomalies`."""
    return [
        _report(
            eros,
            table="creator_performance",
            operation="creator_reports",
            routines=[
                *("classify_account_size", "get_creator_baseline", "analyze_saturation_status"),
                *("calculate_performance_metrics", "detect_anomalies"),
            ],
        ),
        _report(
            eros,
            table="creator_anomalies",
            operation="week_anomalies",
            routines=["detect_anomalies"],
        ),
    ]


def _report(
    eros: Installation, *, table: str, operation: str, routines: list[str]
) -> dg.AssetsDefinition:
    """An asset that is the rows of one query."""

    def rows(eros: Installation, warehouse: Warehouse, week_start: dt.date) -> "pd.DataFrame":
        lookback = read_knobs(warehouse)["account_lookback_days"]
        return warehouse.query(
            eros.sql(operation), {"week_start": week_start, "account_lookback_days": lookback}
        )

    return weekly_table(
        eros,
        WeeklyTable(
            name=table,
            step=f"report_{table}",
            group="analysis",
            deps=["message_facts", "creators", "holiday_calendar", "tuning", *routines],
            monday="week_start",
            stamp="reported_at",
            rows=rows,
            code_version=eros.library[operation].fingerprint,
        ),
    )
