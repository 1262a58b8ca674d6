"""What is wrong with input files, gathered so that a person sees every kind at once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from eros_assets.errors import ErosError

SHOWN_OF_A_KIND = 3
MOST_KINDS = 20
MOST_CHARACTERS = 60
MOST_HEADERS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend. `row` is "line 17" of a CSV file, "row 17" of a Parquet file.

    `text` says which rule is broken, beginning with the column where there is one.
    """

    file: str
    row: str | None
    column: str | None
    text: str

    def __str__(self) -> str:
        """One line for people: file, row, what is wrong."""
        return f"{self.file} {self.row}: {self.text}" if self.row else f"{self.file}: {self.text}"


class InputFileError(ErosError):
    """Input files can't be imported; nothing was written. One line per mistake shown.

    `mistakes` are those shown: the first few of each kind.
    """

    def __init__(self, message: str, mistakes: Sequence[Mistake] = ()) -> None:
        """`message` has all lines."""
        super().__init__(message)
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Note:
    """What was decided about a file without asking, for people to see."""

    file: str
    text: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.file}: {self.text}"


@dataclass(slots=True)
class Notes:
    """Collects notes, each once."""

    _kept: dict[Note, None] = field(default_factory=dict[Note, None])

    def add(self, file: str, text: str) -> None:
        """Note what was decided about a file."""
        self._kept[Note(file, text)] = None

    @property
    def all(self) -> tuple[Note, ...]:
        """The notes in the order in which they were made."""
        return tuple(self._kept)


@dataclass(slots=True)
class MistakeLog:
    """Collects mistakes; of each kind the first few are kept and the others counted."""

    _kept: dict[tuple[str, str | None, str], list[Mistake]] = field(
        default_factory=dict[tuple[str, "str | None", str], list[Mistake]]
    )
    _count: dict[tuple[str, str | None, str], int] = field(
        default_factory=dict[tuple[str, "str | None", str], int]
    )

    def add(self, mistake: Mistake, kind: str, count: int = 1) -> None:
        """Note a mistake; `count` above 1 stands for that many rows with the same."""
        key = (mistake.file, mistake.column, kind)
        kept = self._kept.setdefault(key, [])
        self._count[key] = self._count.get(key, 0) + count
        if len(kept) < SHOWN_OF_A_KIND:
            kept.append(mistake)

    def raise_if_any(self) -> None:
        """Raise InputFileError when there is anything to mend."""
        if not self._kept:
            return
        lines: list[str] = []
        shown: list[Mistake] = []
        for key, kept in list(self._kept.items())[:MOST_KINDS]:
            shown += kept
            lines += map(str, kept)
            if (more := self._count[key] - len(kept)) > 0:
                file, column, _ = key
                lines.append(f"{file}: {more:,} more like it{f' in {column}' if column else ''}")
        if (kinds := len(self._kept) - MOST_KINDS) > 0:
            lines.append(f"... and {kinds} other kinds of mistakes")
        raise InputFileError("\n".join(lines), shown)


def shown(value: object) -> str:
    """The value as it appears in a message: quoted, and shortened when long."""
    text = value.isoformat() if isinstance(value, dt.datetime) else repr(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def shown_headers(names: Sequence[str]) -> str:
    """Names of columns as they appear in a message: the first of them."""
    said = ", ".join(names[:MOST_HEADERS_SHOWN])
    more = len(names) - MOST_HEADERS_SHOWN
    return f"{said} and {more} more" if more > 0 else said or "no names"
