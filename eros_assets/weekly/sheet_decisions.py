"""Keeps what people decide in the tabs of the spreadsheet in `sheet_decisions`.

The tabs are an optional input: a line that can't be read costs itself alone and stays in the table
with the reason; a tab or spreadsheet that can't be read leaves what was read of it before in force.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.sheets.decision_planning import ShownDecisions
from eros_assets.exporting.sheets.decision_reading import DecisionGrid, DecisionLine, read_lines
from eros_assets.exporting.sheets.decision_tabs import DECISION_TABS

if TYPE_CHECKING:
    import pandas as pd

SHEET_DECISIONS = "sheet_decisions"
MOST_CLOSED = 500
"""Lines that could not be read, and are no longer in the tabs, that are kept: the newest."""

WHOLE_SHEET = "the spreadsheet"
GONE = "tab {0} is gone; what was read of it before holds, and the next export writes it again"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadDecisions:
    """What the tabs say after a reading.

    `lines` are those of the tabs that were read, by tab; `in_force` counts lines that hold,
    `faults` has a line for each that can't be read, and for each tab.
    """

    lines: Mapping[str, Sequence[DecisionLine]]
    in_force: int
    faults: Sequence[str]
    has_changed: bool


@dataclass(slots=True)
class _Found:
    """Rows that a reading found, and the tabs that were read whole."""

    rows: list[Row] = field(default_factory=list[Row])
    lines: dict[str, Sequence[DecisionLine]] = field(default_factory=dict[str, Any])


def read_sheet_decisions(
    dataset: Dataset,
    read: Callable[[], Mapping[str, DecisionGrid] | None],
    *,
    run_id: str,
) -> ReadDecisions:
    """Bring `sheet_decisions` up to the tabs; the same tabs change no row.

    Args:
        dataset: a handle.
        read: reads the tabs; None when there is no spreadsheet: what is known stays.
        run_id: the run that reads.
    """
    before = _stored(dataset)
    now = dt.datetime.now(dt.UTC)
    found = _Found()
    try:
        grids = read()
    except ErosError as error:
        found.rows.append({"tab": WHOLE_SHEET, "fault": str(error)})
        grids = {}
        known = {row["tab"] for row in before}
    else:
        known = {row["tab"] for row in before if row["is_open"] and row["fault"] is None}
        if grids is None:
            return ReadDecisions({}, _in_force(before), _faults(before), has_changed=False)
        pages = known_names(dataset)
        for tab in DECISION_TABS:
            if tab.name in grids:
                _read_tab(grids[tab.name], pages, found)
            elif tab.name in known:
                found.rows.append({"tab": tab.name, "fault": GONE.format(tab.name)})
    rows = _merged(before, found, now, run_id)
    has_changed = rows != before
    if has_changed:
        dataset.load(SHEET_DECISIONS, decision_frame(dataset, rows))
    return ReadDecisions(found.lines, _in_force(rows), _faults(rows), has_changed)


def known_names(dataset: Dataset) -> dict[str, str]:
    """Pages by what people may call them, in lower case: the page's name, or the creator's."""
    names: dict[str, str] = {}
    shared: set[str] = set()
    rows = dataset.cached_query("creator_names").to_dict("records")
    for row in rows:
        shown = str(row["display_name"] or "").strip().casefold()
        if shown in names:
            shared.add(shown)
        names[shown] = str(row["page_name"])
    names = {name: page for name, page in names.items() if name and name not in shared}
    return names | {str(row["page_name"]): str(row["page_name"]) for row in rows}


def shown_decisions(dataset: Dataset) -> ShownDecisions:
    """What the tabs are to show: pages to choose from, and the lines that are known."""
    pages = sorted(str(page) for page in dataset.cached_query("creator_names")["page_name"])
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for row in _stored(dataset):
        if row["is_open"] and row["payload"] is not None:
            lines.setdefault(row["tab"], []).append(json.loads(row["payload"]))
    return ShownDecisions(pages, lines)


def open_decision_faults(dataset: Dataset) -> list[str]:
    """What could not be read when the tabs were last read, one line each."""
    return _faults(_stored(dataset))


def _read_tab(grid: DecisionGrid, pages: Mapping[str, str], found: _Found) -> None:
    name = grid.tab.name
    try:
        lines = read_lines(grid, pages)
    except ErosError as error:
        found.rows.append({"tab": name, "fault": str(error)})
        return
    found.lines[name] = lines
    found.rows += [
        {
            "tab": name,
            "tab_row": line.row,
            **line.values,
            "fault": line.fault,
            "payload": json.dumps(line.said, ensure_ascii=False, sort_keys=True),
        }
        for line in lines
    ]


def _merged(before: Sequence[Row], found: _Found, now: dt.datetime, run_id: str) -> list[Row]:
    """The rows after a reading.

    A line is the same when its tab, its cells and its fault are. Lines that a tab says no longer
    are dropped when they could be read, and closed when not; of tabs that were not read they stay.
    """
    known: dict[tuple[Any, ...], list[Row]] = {}
    for row in before:
        known.setdefault(_key(row), []).append(row)
    rows: list[Row] = []
    for new in found.rows:
        same = known.get(_key(new), [])
        first = same.pop(0) if same else {"read_at": now, "run_id": run_id}
        stamps = {"read_at": first["read_at"], "run_id": first["run_id"]}
        rows.append({**EMPTY, **new, **stamps, "is_open": True})
    closed: list[Row] = []
    for row in (row for same in known.values() for row in same):
        is_line_of_unread_tab = row["tab_row"] is not None and row["tab"] not in found.lines
        if is_line_of_unread_tab and row["is_open"]:
            rows.append(row)
        elif row["fault"] is not None:
            closed.append({**row, "is_open": False})
    closed.sort(key=lambda row: row["read_at"], reverse=True)
    return sorted([*rows, *closed[:MOST_CLOSED]], key=_order)


def _key(row: Row) -> tuple[Any, ...]:
    return row["tab"], row.get("payload"), row["fault"]


def _order(row: Row) -> tuple[Any, ...]:
    return (
        not row["is_open"],
        row["tab"],
        row["tab_row"] or 0,
        row["read_at"],
        row["fault"] or "",
        row["payload"] or "",
    )


COLUMNS: Mapping[str, str] = {
    "tab": "object",
    "tab_row": "Int64",
    "page_name": "object",
    "send_time": "datetime64[us, UTC]",
    "message_type": "object",
    "price": "float64",
    "caption_id": "Int64",
    "message": "object",
    "first_date": "object",
    "last_date": "object",
    "first_hour": "Int64",
    "last_hour": "Int64",
    "weekly_ppv": "Int64",
    "weekly_bump": "Int64",
    "min_gap_minutes": "Int64",
    "max_messages_per_day": "Int64",
    "valid_from": "object",
    "valid_until": "object",
    "note": "object",
    "fault": "object",
    "payload": "object",
    "is_open": "bool",
    "read_at": "datetime64[us, UTC]",
    "run_id": "object",
}
"""The columns of `sheet_decisions` and their types in a DataFrame; dates are objects."""

DATES = ("first_date", "last_date", "valid_from", "valid_until")
EMPTY: Row = dict.fromkeys(COLUMNS)


def decision_frame(dataset: Dataset, rows: Sequence[Row]) -> "pd.DataFrame":
    """Rows of `sheet_decisions` as it is loaded."""
    import pandas as pd

    names = [column.name for column in dataset.library[SHEET_DECISIONS].columns]
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in names}, dtype="object")
    return frame.astype({name: kind for name, kind in COLUMNS.items() if kind != "object"})


def _stored(dataset: Dataset) -> list[Row]:
    """The rows as they were last read, with Python's values, NULL as None."""
    import pandas as pd

    if dataset.freshness(SHEET_DECISIONS) is None:
        return []

    def value(name: str, cell: Any) -> Any:
        if pd.isna(cell):
            return None
        if name in ("send_time", "read_at"):
            return cell.to_pydatetime()
        if name in DATES:
            return cell.date() if isinstance(cell, dt.datetime) else cell
        if COLUMNS[name] == "Int64":
            return int(cell)
        return bool(cell) if name == "is_open" else cell

    rows = [
        {str(name): value(str(name), cell) for name, cell in row.items()}
        for row in dataset.cached_rows(SHEET_DECISIONS).to_dict("records")
    ]
    return sorted(rows, key=_order)


def _in_force(rows: Sequence[Row]) -> int:
    return sum(row["is_open"] and row["fault"] is None for row in rows)


def _faults(rows: Sequence[Row]) -> list[str]:
    return [
        row["fault"]
        if row["tab_row"] is None
        else f"{row['tab']} row {row['tab_row']}: {row['fault']}"
        for row in rows
        if row["is_open"] and row["fault"] is not None
    ]
