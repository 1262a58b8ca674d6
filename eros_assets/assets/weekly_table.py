"""Assets that are what one question about the past answers as of a Monday, all creators at once."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class WeeklyTable:
    """A table whose rows of a Monday are made anew from other tables.

    `monday` and `stamp` name its columns of the Monday and of the time of writing; `rows` gives
    everything but that time and the run; `more` is said of the rows in the Dagster UI.
    """

    name: str
    step: str
    group: str
    deps: Sequence[str]
    monday: str
    stamp: str
    rows: Callable[[Installation, Warehouse, dt.date], "pd.DataFrame"]
    more: Callable[["pd.DataFrame"], Mapping[str, Any]] = lambda _: {}
    code_version: str | None = None


def weekly_table(eros: Installation, table: WeeklyTable) -> dg.AssetsDefinition:
    """The asset of a table; a run replaces the rows of its week."""

    @dg.multi_asset(
        name=table.step,
        specs=[
            table_spec(
                eros,
                table.name,
                group=table.group,
                deps=list(table.deps),
                partitions_def=WEEKLY,
                code_version=table.code_version,
            )
        ],
    )
    def answer(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        monday = partition_week(context)
        warehouse = eros.warehouse(asset=table.name, run=context.run_id, week=monday.isoformat())
        rows = table.rows(eros, warehouse, monday)
        stamped = rows.assign(**{table.stamp: dt.datetime.now(dt.UTC)}, run_id=context.run_id)
        warehouse.load(table.name, stamped, replacing={table.monday: monday})
        return dg.MaterializeResult(
            metadata={**frame_metadata(rows), **table.more(rows), **job_metadata(warehouse)}
        )

    return answer
