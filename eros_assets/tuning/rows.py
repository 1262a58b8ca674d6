"""Reads tuning files line by line, so that a mistake is named by file, line and column."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from eros_assets.errors import ErosError


class TuningError(ErosError):
    """A tuning file that can't be used; names file, line, column and rule."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its line, its cells by column."""

    file: str
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def wrong(self, what: str) -> TuningError:
        """The error that says what is wrong with this row."""
        return TuningError(f"{self.file} line {self.line}: {what}")

    def number(
        self,
        column: str,
        least: float = -math.inf,
        most: float = math.inf,
        *,
        is_whole: bool = False,
        unit: str = "",
        called: str = "",
    ) -> int | float:
        """The finite number of a cell; `called` is what the error calls it, its column if empty.

        Raises:
            TuningError: it is none, or not in `least` to `most`.
        """
        text, called = self[column], called or column
        try:
            value = int(text) if is_whole else float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(f"{called} {text!r} is not a {'whole ' * is_whole}number")
        if not least <= value <= most:
            raise self.wrong(f"{called} {text} is not in {least:g} to {most:g} {unit}".rstrip())
        return value

    def distinct(self, column: str, seen: set[str]) -> str:
        """The text of a cell that names its row; kept in `seen`.

        Raises:
            TuningError: it is empty or already in `seen`.
        """
        text = self[column]
        if not text or text in seen:
            rule = "stands there twice" if text else "is empty; it names the row"
            raise self.wrong(f"{column} {text!r} {rule}")
        seen.add(text)
        return text


def read_rows(path: Path, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a CSV file that has these columns in any order; blank lines are skipped.

    Raises:
        TuningError: it can't be read, has other columns, or a row has too many or too few values.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(path.name, columns, file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TuningError(f"{path}: can't be read: {error}") from error


def _rows(name: str, columns: tuple[str, ...], file: TextIO) -> Iterator[Row]:
    lines = csv.reader(file, strict=True)
    header = next((cells for cells in lines if cells), [])
    if sorted(header) != sorted(columns):
        raise TuningError(
            f"{name}: columns are {', '.join(header) or 'missing'}, not {', '.join(columns)}"
        )
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(header):
            raise TuningError(
                f"{name} line {lines.line_num}: has {len(cells)} values for the "
                f"{len(header)} columns {', '.join(header)}"
            )
        yield Row(name, lines.line_num, dict(zip(header, cells, strict=True)))
