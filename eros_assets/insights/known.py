"""What a topic gets to know of a page, and what it says of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eros_assets.tuning import Knobs

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Known:
    """The rows of a page by the file of `sql/operations` that they are of; NULL is None."""

    page: str
    name: str
    week_start: dt.date
    knobs: Knobs
    rows: Mapping[str, Rows] = field(default_factory=dict[str, Rows])

    def of(self, file: str) -> Rows:
        """The page's rows of a file, in order."""
        return self.rows.get(file, [])


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences on a topic, and the values that they are made of; dates as ISO texts."""

    lines: Sequence[str] = ()
    values: Any = None


def shown_caption(row: Mapping[str, Any], longest: int = 48) -> str:
    """A caption by its first words, tier and number."""
    line = " ".join((row["caption_text"] or "").split())
    text = line if len(line) <= longest else f"{line[: longest - 1]}…"
    return f"“{text}” ({row['price_tier']}, caption {row['caption_id']})"


def date_of(moment: dt.datetime | dt.date) -> str:
    """The date in ISO form; of an instant that in Los Angeles."""
    from eros_assets.calendar import la_date

    return (la_date(moment) if isinstance(moment, dt.datetime) else moment).isoformat()
