"""The tabs of a spreadsheet in memory, and the edits of people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Any

Body = dict[str, Any]
Cell = dict[str, Any]
Place = tuple[int, int]

LONGEST_TEXT = 50_000
METADATA_LIMIT = 30_000


class WrongRequestError(Exception):
    """A request that Google refuses with status 400."""


@dataclass
class Tab:
    """A tab: its cells by (row, column) from 0, formats, rules and metadata."""

    sheet_id: int
    title: str
    rows: int = 1000
    columns: int = 26
    frozen: int = 0
    cells: dict[Place, Cell] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)
    bandings: dict[int, Body] = field(default_factory=dict)
    protections: list[Body] = field(default_factory=list)
    rules: list[Body] = field(default_factory=list)
    choices: dict[Place, Body] = field(default_factory=dict)
    merges: list[Body] = field(default_factory=list)
    metadata: dict[int, Body] = field(default_factory=dict)
    filter: Body | None = None
    filtered: set[int] = field(default_factory=set)
    """Rows that a person's filter hides: copies leave them out."""
    hidden: bool = False
    is_locked: bool = False
    """Protected: only its people may edit it."""

    def copied(self) -> "Tab":
        """A snapshot. Shallow, because requests replace a tab's parts instead of changing them."""
        hanging = {
            each.name: copy(getattr(self, each.name))
            for each in fields(self)
            if isinstance(getattr(self, each.name), dict | list)
        }
        return replace(self, **hanging)

    # -- what people see and do

    def text(self, row: int, column: int) -> Any:
        """A cell's value."""
        return value_of(self.cells.get((row, column), {}))

    def grid(self) -> list[list[Any]]:
        """All values, empty ones as None."""
        return [[self.text(r, c) for c in range(self.columns)] for r in range(self.rows)]

    def records(self) -> list[dict[str, Any]]:
        """The rows by the titles of the first."""
        header, *rows = self.grid()
        return [dict(zip(header, row, strict=True)) for row in rows]

    def type_in(self, row: int, column: int, value: Any) -> None:
        """A person edits a cell."""
        kind = {bool: "boolValue", str: "stringValue"}.get(type(value), "numberValue")
        self.cells.setdefault((row, column), {})["userEnteredValue"] = {kind: value}

    def write_beside(self, column: str, value: Any, **where: Any) -> None:
        """A person edits a column of the first row with the values `where`."""
        header = self.grid()[0]
        for number, record in enumerate(self.records(), start=1):
            if all(record[title] == wanted for title, wanted in where.items()):
                self.type_in(number, header.index(column), value)
                return
        raise AssertionError(f"{self.title} has no row of {where}")

    def put_in_order(self, order: Sequence[int]) -> None:
        """A person sorts: row `order[n]` of those under the header becomes the nth."""
        moved = {old: new for new, old in enumerate(order)}
        self.cells = {
            (r if r == 0 else 1 + moved[r - 1], c): cell for (r, c), cell in self.cells.items()
        }

    def insert_column(self, at: int) -> None:
        """A person inserts a column."""
        self._shift_columns(at, 1)
        self.columns += 1

    def delete_column(self, at: int) -> None:
        """A person deletes a column, with what hangs on it."""
        self.metadata = {
            n: m for n, m in self.metadata.items() if _column_of(m) is None or _column_of(m) != at
        }
        self._shift_columns(at, -1)
        self.columns -= 1

    def move_column(self, at: int, to: int) -> None:
        """A person drags a column to another place."""
        order = [c for c in range(self.columns) if c != at]
        order.insert(to, at)
        new = {old: place for place, old in enumerate(order)}
        self.cells = {(r, new[c]): cell for (r, c), cell in self.cells.items()}
        self.choices = {(r, new[c]): rule for (r, c), rule in self.choices.items()}
        self.metadata = {n: _moved(m, new) for n, m in self.metadata.items()}

    def column(self, title: str) -> int:
        """Where a title of the first row is."""
        return self.grid()[0].index(title)

    def delete_line(self, row: int) -> None:
        """A person deletes a row."""
        self.delete("ROWS", row)

    def _shift_columns(self, at: int, by: int) -> None:
        kept = {(r, c): cell for (r, c), cell in self.cells.items() if by > 0 or c != at}
        new = {c: c + by if c >= at else c for c in range(self.columns)}
        self.cells = {(r, new[c]): cell for (r, c), cell in kept.items()}
        self.choices = {
            (r, new[c]): rule for (r, c), rule in self.choices.items() if by > 0 or c != at
        }
        self.metadata = {n: _moved(m, new) for n, m in self.metadata.items()}

    # -- what requests do

    def ranged(self, where: Mapping[str, int]) -> Iterator[Place]:
        """The (row, column) pairs of a grid range."""
        rows = range(where.get("startRowIndex", 0), where.get("endRowIndex", self.rows))
        columns = range(where.get("startColumnIndex", 0), where.get("endColumnIndex", self.columns))
        if rows.stop > self.rows or columns.stop > self.columns:
            raise WrongRequestError(
                f"Range ({self.title}) exceeds grid limits. Max rows: {self.rows}, "
                f"max columns: {self.columns}"
            )
        return ((r, c) for r in rows for c in columns)

    def update(self, request: Body) -> None:
        """UpdateCells."""
        names = request["fields"].split(",")
        where = request["range"]
        written = request.get("rows", [])
        for row, column in self.ranged(where):
            values = _at(written, row - where.get("startRowIndex", 0)).get("values", [])
            given = _at(values, column - where.get("startColumnIndex", 0))
            cell = dict(self.cells.get((row, column), {}))
            for name in names:
                cell.pop(name, None)
                if name in given and not self._is_swallowed(row, column):
                    cell[name] = _checked(given[name])
            self.cells[row, column] = cell

    def repeat(self, request: Body) -> None:
        """RepeatCell."""
        given = {name: request["cell"][name] for name in request["fields"].split(",")}
        for place in self.ranged(request["range"]):
            self.cells[place] = {**self.cells.get(place, {}), **given}

    def resize(self, grid: Body) -> None:
        """Set the grid's size; cells beyond it are deleted."""
        self.rows = grid.get("rowCount", self.rows)
        self.columns = grid.get("columnCount", self.columns)
        self.frozen = grid.get("frozenRowCount", self.frozen)
        if self.frozen >= self.rows:
            raise WrongRequestError("You can't freeze all visible rows on the sheet.")
        self.cells = {
            p: c for p, c in self.cells.items() if p[0] < self.rows and p[1] < self.columns
        }
        self.choices = {p: c for p, c in self.choices.items() if p[0] < self.rows}

    def insert(self, request: Body) -> None:
        """InsertDimension, of rows."""
        where = request["range"]
        assert where["dimension"] == "ROWS"
        at, count = where["startIndex"], where["endIndex"] - where["startIndex"]
        if at > self.rows:
            raise WrongRequestError(f"range.startIndex {at} is beyond the grid")
        self.rows += count
        self.frozen += count if at < self.frozen else 0
        self.cells = {(r + count if r >= at else r, c): v for (r, c), v in self.cells.items()}
        self.choices = {(r + count if r >= at else r, c): v for (r, c), v in self.choices.items()}

        hanging = [each for rule in self.rules for each in rule["ranges"]]
        hanging += [each for p in self.protections for each in p.get("unprotectedRanges", [])]
        for each in hanging:
            if each["startRowIndex"] >= at:
                each["startRowIndex"] += count

    def delete(self, dimension: str, at: int) -> None:
        """DeleteDimension, of one row or column."""
        if dimension == "COLUMNS":
            self.delete_column(at)
            return
        if at >= self.rows:
            raise WrongRequestError(f"range.startIndex {at} is beyond the grid")
        self.rows -= 1
        self.frozen -= 1 if at < self.frozen else 0
        new = {r: r - 1 if r > at else r for r in range(self.rows + 1)}
        self.cells = {(new[r], c): v for (r, c), v in self.cells.items() if r != at}
        self.choices = {(new[r], c): v for (r, c), v in self.choices.items() if r != at}

    def paste(self, source: "Tab", where: Body, target: Body) -> None:
        """CopyPaste, of values."""
        ranged = list(source.ranged(where))
        given = list(self.ranged(target))
        if len(ranged) != len(given):
            raise WrongRequestError("the ranges have different sizes")
        taken = [place for place in ranged if place[0] not in source.filtered]
        for one, other in zip(taken, given, strict=False):
            cell = {k: v for k, v in self.cells.get(other, {}).items() if k != "userEnteredValue"}
            value = source.cells.get(one, {}).get("userEnteredValue")
            self.cells[other] = cell if value is None else {**cell, "userEnteredValue": value}

    def column_metadata(self) -> list[Body]:
        """DimensionProperties of the columns."""
        hanging: list[Body] = [{} for _ in range(self.columns)]
        for metadata in self.metadata.values():
            if (column := _column_of(metadata)) is not None:
                hanging[column].setdefault("developerMetadata", []).append(metadata)
        return hanging

    def add_banding(self, request: Body, number: int) -> None:
        """AddBanding."""
        taken = {place for each in self.bandings.values() for place in self.ranged(each["range"])}
        if taken & set(self.ranged(request["range"])):
            raise WrongRequestError(
                "You cannot add alternating background colors to a range that already has "
                "alternating background colors."
            )
        self.bandings[number] = {**request, "bandedRangeId": number}

    def add_metadata(self, metadata: Body) -> None:
        """CreateDeveloperMetadata; refuses an id in use."""
        self.metadata[metadata["metadataId"]] = metadata
        size = sum(len(m["metadataKey"]) + len(m["metadataValue"]) for m in self.metadata.values())
        if size > METADATA_LIMIT:
            raise WrongRequestError(f"Developer metadata exceeds {METADATA_LIMIT} characters")

    def delete_metadata(self, lookup: Body) -> None:
        """DeleteDeveloperMetadata, by id and, when asked, only at an exact location."""
        found = self.metadata.get(lookup["metadataId"])
        where = lookup.get("metadataLocation", {})
        assert ("metadataLocation" in lookup) == ("locationMatchingStrategy" in lookup)
        if found is not None and where in ({}, found["location"]):
            del self.metadata[lookup["metadataId"]]

    def _is_swallowed(self, row: int, column: int) -> bool:
        return any(
            (row, column) != (m["startRowIndex"], m["startColumnIndex"])
            and m["startRowIndex"] <= row < m["endRowIndex"]
            and m["startColumnIndex"] <= column < m["endColumnIndex"]
            for m in self.merges
        )


def value_of(cell: Cell) -> Any:
    """The unformatted value of a cell; for a formula, a value that differs from its text."""
    value = cell.get("userEnteredValue", {})
    if "formulaValue" in value:
        return "#COMPUTED!"
    (one,) = value.values() or (None,)
    return int(one) if isinstance(one, float) and one.is_integer() else one


def _column_of(metadata: Body) -> int | None:
    where = metadata["location"].get("dimensionRange")
    return None if where is None else where.get("startIndex", 0)


def _moved(metadata: Body, new: Mapping[int, int]) -> Body:
    column = _column_of(metadata)
    if column is None:
        return metadata
    where = {
        **metadata["location"]["dimensionRange"],
        "startIndex": new[column],
        "endIndex": new[column] + 1,
    }
    return {**metadata, "location": {"dimensionRange": where}}


def _at(items: Sequence[Any], place: int) -> Any:
    return items[place] if 0 <= place < len(items) else {}


def _checked(value: Body) -> Body:
    if "stringValue" in value and len(value["stringValue"]) > LONGEST_TEXT:
        raise WrongRequestError(
            f"Your input contains more than the maximum of {LONGEST_TEXT} characters in a cell."
        )
    if "numberValue" in value:  # a double, whatever the client meant
        return {"numberValue": float(json.loads(json.dumps(value["numberValue"])))}
    return value
