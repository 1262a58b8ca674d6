"""Reads the values of tabs together with the state that they belong to.

State and values are two reads. Where somebody moves a column between them, EROS's marks of the one
name other columns of the other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from eros_assets.exporting.sheets.cells import folded
from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.state import SheetState, Tab

READINGS = 3
"""Most readings while somebody moves columns."""

Values = Mapping[int, Sequence[Sequence[Any]]]


def settled_values(
    spreadsheet: Spreadsheet, state: SheetState, tabs: Sequence[int]
) -> tuple[SheetState, Values]:
    """The values of tabs, and a state of the same moment; `state` was just read.

    One read, and another of the state where titles are not as they are marked: people have renamed
    or moved a column, now or earlier.

    Raises:
        SheetsError: the tabs can't be read.
    """
    found: Values = {}
    for _ in range(READINGS):
        tabs = [tab for tab in tabs if tab in state.tabs]
        found = spreadsheet.values(tabs) if tabs else {}
        if all(_is_titled(state.tabs[tab], found.get(tab, [])) for tab in tabs):
            break
        before, state = state, spreadsheet.state()
        if all(
            tab in state.tabs and state.tabs[tab].marked_columns == before.tabs[tab].marked_columns
            for tab in tabs
        ):
            break
    return state, {tab: values for tab, values in found.items() if tab in state.tabs}


def _is_titled(tab: Tab, values: Sequence[Sequence[Any]]) -> bool:
    """Whether each marked column has its title in the first row."""
    header = values[0] if values else []
    return all(
        place < len(header) and folded(header[place]) == title.casefold()
        for title, place in tab.marked_columns.items()
    )
