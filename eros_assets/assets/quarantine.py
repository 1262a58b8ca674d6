"""The input rows that are left out, as the Dagster UI shows them beside their tables."""

from typing import Any

from eros_assets.assets.reporting import LONGEST_CELL, PREVIEW_ROWS, markdown_rows
from eros_assets.dataset import Dataset
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.weekly.inputs import quarantined_rows

QUARANTINE = "quarantined_inputs"
"""The view that lists them; messages have a table of their own, quarantined_messages."""


def left_out(dataset: Dataset, table: str) -> dict[str, Any]:
    """How many rows of an input table can't be used as they are, and the first of them.

    Nothing for mass_messages, and where the view is not deployed yet: inputs are observed before
    the first deployment too.
    """
    if table == "mass_messages":
        return {}
    try:
        rows = [row for row in quarantined_rows(dataset) if row.table_name == table]
    except WarehouseError:
        return {}
    shown = [(row.row_key, row.reason, row.consequence) for row in rows[:PREVIEW_ROWS]]
    return {
        "rows_left_out": len(rows),
        "left_out": markdown_rows(("row", "reason", "consequence"), shown, longest=LONGEST_CELL),
    }
