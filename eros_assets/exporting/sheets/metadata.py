"""Titles and developer metadata of tabs, chosen so that they fit the spreadsheet's state."""

from collections.abc import Iterable, Mapping

from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.requests import Request
from eros_assets.exporting.sheets.state import SheetState


def free_title(name: str, state: SheetState) -> str:
    """The name, with a number if another tab has it."""
    titles = [name, *(f"{name} ({number})" for number in range(2, len(state.tabs) + 3))]
    return next(title for title in titles if title.casefold() not in state.titles)


def replace_metadata(
    state: SheetState, own: int, values: Mapping[str, str], revision: int
) -> Iterable[Request]:
    """Write these pieces of a tab's developer metadata anew; `revision` is that of the write."""
    tab = state.tabs.get(own)
    for old in tab.metadata if tab else ():
        if old.key in values:
            yield api.delete_metadata(old.id)
    for key, value in values.items():
        identity = state.free_metadata_id(str(own), key, str(revision))
        yield api.create_metadata(own, identity, key, value)
