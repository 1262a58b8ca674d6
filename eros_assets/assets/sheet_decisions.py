"""What people decide in the tabs of the spreadsheet, as a table that the next plan reads."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata, table_asset
from eros_assets.assets.stored import rows_metadata
from eros_assets.errors import ErosError
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource, WarehouseResource
from eros_assets.weekly.sheet_decisions import ReadDecisions, read_sheet_decisions

if TYPE_CHECKING:
    from eros_assets.exporting.sheets.decision_reading import DecisionGrid


@table_asset(
    "sheet_decisions",
    group_name="selection",
    runs=["creator_names"],
    deps=["table_definitions"],
)
def sheet_decisions(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, sheets: SheetsResource
) -> dg.MaterializeResult[Any]:
    """Queued messages, days off and hours, and overrides of the spreadsheet's tabs.

    The tabs are an optional input: a line that can't be read costs itself alone.
    """
    dataset = warehouse.dataset(context)
    tabs = _Tabs(context, sheets)
    found = read_sheet_decisions(dataset, tabs.read, run_id=context.run_id)
    for sentence in found.faults:
        context.log.warning(sentence)
    tabs.mark(found)
    lines = dataset.cached_rows("sheet_decisions")
    return dg.MaterializeResult(
        metadata={
            **rows_metadata("sheet_decisions", lines[lines["is_open"].fillna(value=False)]),
            "in_force": found.in_force,
            "lines_not_read": len(found.faults),
            "has_changed": found.has_changed,
            **job_metadata(dataset),
        }
    )


class _Tabs:
    """The tabs of decisions, as they were read."""

    def __init__(self, context: dg.AssetExecutionContext, sheets: SheetsResource) -> None:
        self._log = context.log
        self._sheets = sheets
        self._grids: Mapping[str, DecisionGrid] = {}

    def read(self) -> "Mapping[str, DecisionGrid] | None":
        """Their cells; None, with a line in the log, when there is no spreadsheet.

        Raises:
            ErosError: they can't be read.
        """
        if self._sheets.spreadsheet_id is None:
            self._log.info(
                f"no decisions are read, and those that are known stay: {HOW_TO_TURN_ON}"
            )
            return None
        from eros_assets.exporting.sheets.decision_reader import read_decision_tabs

        self._grids = read_decision_tabs(self._sheets.spreadsheet())
        if not self._grids:
            self._log.info("no decisions are read: the spreadsheet has no tabs for them yet")
        return self._grids

    def mark(self, found: ReadDecisions) -> None:
        """Say beside the lines why they are not read; a failure costs the marks alone."""
        if not found.lines:
            return
        from eros_assets.exporting.sheets.decision_reader import mark_lines

        try:
            mark_lines(self._sheets.spreadsheet(), self._grids, found.lines)
        except ErosError as error:
            self._log.warning(f"the lines that are not read could not be marked: {error}")
