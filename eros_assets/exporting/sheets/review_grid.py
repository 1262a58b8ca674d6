"""Finds columns and lines in a Review tab, wherever people have put them."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.exporting.sheets.cells import INVISIBLE, folded
from eros_assets.exporting.sheets.review import TITLES, Key

ENOUGH_TITLES = 3
"""Titles in a row that make it the header."""


@dataclass(frozen=True, slots=True)
class ReviewGrid:
    """The cells of a Review tab.

    `places` are the columns found, by title. `header` is the header's row, counted from 0; None
    when it is gone.
    """

    values: Sequence[Sequence[Any]]
    places: Mapping[str, int]
    header: int | None

    def lines(self) -> Iterator[int]:
        """The rows, counted from 0, that may be lines."""
        return (row for row in range(len(self.values)) if row != self.header)

    def cell(self, row: int, title: str) -> Any:
        """A line's value; an empty text when it has none, or the tab no such column."""
        place = self.places.get(title, -1)
        values = self.values[row]
        return values[place] if 0 <= place < len(values) else ""

    def text(self, row: int, title: str) -> str:
        """A line's value as text, without blanks around it."""
        value = self.cell(row, title)
        if value is False:
            return ""  # a box that nobody ticked
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return INVISIBLE.sub("", str(value)).strip()

    def is_vacated(self, title: str) -> bool:
        """Whether a column has neither title nor cells: people cut it, and its mark stayed."""
        return self.header is not None and not any(
            self.text(row, title) for row in range(len(self.values))
        )

    def key(self, row: int) -> Key | None:
        """The schedule and message of a line; None when its cells are neither."""
        schedule, message = self.text(row, "Schedule"), self.text(row, "Message")
        is_key = week_of(schedule) is not None and message.isdecimal()
        return (schedule, int(message)) if is_key else None


def review_grid(values: Sequence[Sequence[Any]], marked: Mapping[str, int]) -> ReviewGrid:
    """The cells with the columns found: by the title in the header, else by EROS's mark.

    A title counts where one column has it, and no column that is marked as another one. `marked`
    are the places of the marked columns, by title.
    """
    values = values or [[]]
    header = _header(values)
    titles = [folded(value) for value in values[header]] if header is not None else []
    owners = {place: title for title, place in marked.items()}
    places: dict[str, int] = {}
    for title in TITLES:
        found = [
            place
            for place, text in enumerate(titles)
            if text == title.casefold() and owners.get(place, title) == title
        ]
        if len(found) == 1:
            places[title] = found[0]
        elif title in marked:
            places[title] = marked[title]
    return ReviewGrid(values, places, header)


def _header(values: Sequence[Sequence[Any]]) -> int | None:
    """The row with the titles, which people may have sorted into the lines."""
    known = {title.casefold() for title in TITLES}
    counts = [sum(folded(value) in known for value in row) for row in values]
    most = max(counts, default=0)
    if most >= ENOUGH_TITLES:
        return counts.index(most)
    is_line = any(week_of(str(value).strip()) is not None for value in values[0])
    return None if is_line else 0


def week_of(schedule_id: str) -> dt.date | None:
    """The Monday in a schedule's id, `sched_<YYYYMMDD>_...`; None for another text."""
    found = re.fullmatch(r"sched_(\d{8})_[a-z0-9_]+_[0-9a-f]{8}", schedule_id)
    if found is None:
        return None
    try:
        day = dt.date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if day.isoweekday() == 1 else None
