"""Writes the rows of one Monday into a table, for assets that answer a question as of it."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata
from eros_assets.assets.stored import rows_metadata
from eros_assets.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd


def replace_week(
    dataset: Dataset,
    table: str,
    rows: "pd.DataFrame",
    *,
    replacing: Mapping[str, dt.date],
    stamp: str,
    run_id: str,
    **metadata: Any,
) -> dg.MaterializeResult[Any]:
    """Replace the rows of a Monday, and say so.

    Args:
        dataset: a handle; the jobs of its ledger are reported.
        table: name of the table.
        rows: all its columns but `stamp` and `run_id`.
        replacing: the column that holds the Monday, with the Monday.
        stamp: the column that holds the time of writing.
        run_id: the run that writes.
        metadata: what else the Dagster UI shows.
    """
    stamped = rows.assign(**{stamp: dt.datetime.now(dt.UTC)}, run_id=run_id)
    dataset.load(table, stamped, replacing=replacing)
    return dg.MaterializeResult(
        metadata={
            **rows_metadata(table, stamped),
            **metadata,
            **job_metadata(dataset),
        }
    )
