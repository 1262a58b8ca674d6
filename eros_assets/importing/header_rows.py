"""Finds the rows of a table that are its header: one, or two that are read together."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

MOST_TITLE_ROWS = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names that a header of a table may have, canonical, and those that it must have.

    Of each set of `needed` it must have one.
    """

    names: frozenset[str]
    needed: tuple[frozenset[str], ...] = ()

    def found(self, cells: Sequence[str]) -> frozenset[str]:
        """The names that are among the cells."""
        return frozenset(map(canonical, cells)) & self.names

    def suffices(self, cells: Sequence[str]) -> bool:
        """Whether the cells have all names that a header must have."""
        found = self.found(cells)
        return all(found & names for names in self.needed)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns, and the rows that they are from, by index, with their cells.

    One row, or two that are read together. `other` is another way to read them, where there is one.
    """

    names: tuple[str, ...]
    rows: Mapping[int, tuple[str, ...]]
    other: "Header | None" = None

    def score(self, wanted: Wanted) -> tuple[int, int]:
        """How many wanted names it has, and how many names."""
        return len(wanted.found(self.names)), sum(bool(name.strip()) for name in self.names)


def canonical(header: str) -> str:
    """A header without case, spaces and punctuation: `Sending Time` is `sending_time`."""
    return re.sub(r"[\W_]+", "", header.casefold())


def header_of(
    grid: Sequence[Sequence[str | None]],
    wanted: Wanted,
    count: int | None = None,
    *,
    first_alone: bool = False,
    merged: Mapping[int, Collection[tuple[int, int]]] | None = None,
) -> Header | None:
    """The header among the first rows of a table; None when there is none.

    Two rows are read together where the upper one alone lacks names that a header must have, and
    both together have more of the wanted names than any one row. Where the lower one has numbers,
    it may be data as well: then the header is one row, and the two are its `other` reading.

    Args:
        grid: the first rows.
        wanted: the names that a header may have.
        count: the number of rows of the header, where it is known.
        first_alone: the header begins with the first row.
        merged: first and last column of merged cells, by row.
    """
    rows = {
        index: tuple(cell or "" for cell in row)
        for index, row in enumerate(grid)
        if any(cell and cell.strip() for cell in row)
    }
    at = list(rows)
    single = [
        Header(rows[index], {index: rows[index]}) for index in at[: 1 if first_alone else None]
    ]
    pairs = [
        Header(
            joined_names(rows[upper], rows[lower], wanted, (merged or {}).get(upper, ())),
            {upper: rows[upper], lower: rows[lower]},
        )
        for upper, lower in pairwise(at[: 2 if first_alone else None])
    ]
    one, two = (
        max(each, key=lambda header: header.score(wanted), default=None) for each in (single, pairs)
    )
    if count is not None or one is None or two is None:
        return two if count == 2 else one
    upper, lower = two.rows.values()
    more = len(wanted.found(two.names)) > len(wanted.found(one.names))
    if not more or wanted.suffices(upper):
        return one
    if any(c.isdigit() for cell in lower for c in cell):
        return replace(one, other=two)
    return replace(two, other=single[at.index(min(two.rows))])


def joined_names(
    upper: Sequence[str],
    lower: Sequence[str],
    wanted: Wanted,
    merged: Collection[tuple[int, int]] = (),
) -> tuple[str, ...]:
    """The names of the columns of a header of two rows: `Sent` over `date` is `Sent date`.

    An upper cell holds for the empty cells to the right of it: as far as it is merged, or, where
    no cells are, up to the next one. Where the two together are not wanted, the lower one is the
    name, or the upper one, if it is wanted and the only one so.
    """
    width = max(len(upper), len(lower))
    above, below = (
        [cell.strip() for cell in (*row, *[""] * (width - len(row)))] for row in (upper, lower)
    )
    groups = _groups(above, merged)
    names: list[str] = []
    for column, (group, name) in enumerate(zip(groups, below, strict=True)):
        over = "" if group is None else above[group]
        if not name or not over or canonical(over) == canonical(name):
            names.append(name or above[column])
            continue
        options = [f"{over} {name}"]
        if below.count(name) == 1:
            options.append(name)
        if (
            above.count(over) == 1
            and sum(bool(below[n]) for n, each in enumerate(groups) if each == group) == 1
        ):
            options.append(over)
        names.append(next((o for o in options if canonical(o) in wanted.names), options[0]))
    return tuple(names)


def _groups(above: Sequence[str], merged: Collection[tuple[int, int]]) -> list[int | None]:
    """For each column that of the upper cell that holds for it."""
    groups: list[int | None] = []
    for column, cell in enumerate(above):
        before = groups[-1] if groups else None
        if cell:
            groups.append(column)
        elif merged:
            inside = (left for left, right in merged if left <= column <= right)
            groups.append(next(inside, None))
        else:
            groups.append(before)
    return groups
