"""Reads the tabs of decisions, and marks the lines that can't be read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.decision_planning import decision_tabs_to_read, status_requests
from eros_assets.exporting.sheets.decision_reading import (
    DecisionGrid,
    DecisionLine,
    decision_grid,
)
from eros_assets.exporting.sheets.decision_tabs import DECISION_TABS
from eros_assets.exporting.sheets.metadata import hold_columns
from eros_assets.exporting.sheets.requests import Request
from eros_assets.exporting.sheets.settled_reading import settled_values
from eros_assets.exporting.sheets.state import sheet_id


def read_decision_tabs(spreadsheet: Spreadsheet) -> dict[str, DecisionGrid]:
    """The tabs that exist, by name, in two reads.

    Raises:
        SheetsError: they can't be read.
    """
    state = spreadsheet.state()
    state, found = settled_values(spreadsheet, state, decision_tabs_to_read(state))
    return {
        tab.name: replace(
            decision_grid(tab, found[own], state.tabs[own].marked_columns), read=state.tabs[own]
        )
        for tab in DECISION_TABS
        if (own := sheet_id(tab.name)) in found
    }


def mark_lines(
    spreadsheet: Spreadsheet,
    grids: Mapping[str, DecisionGrid],
    lines: Mapping[str, Sequence[DecisionLine]],
) -> None:
    """Write into Status why lines are not read, and clear it where they are again.

    One write, or none when Status says so already. Tabs without `lines` stay as they are.

    Raises:
        SheetsError: nothing was written, or it is unknown whether it was.
    """
    requests: list[Request] = []
    for name, read in lines.items():
        faults = {line.row - 1: line.fault for line in read if line.fault is not None}
        marked = status_requests(sheet_id(name), grids[name], faults)
        tab = grids[name].read
        requests += [*marked, *(hold_columns(tab) if marked and tab else ())]
    if requests:
        spreadsheet.change(requests)
