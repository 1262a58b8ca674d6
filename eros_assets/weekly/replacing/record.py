"""What was replaced in a week: was, is, why. Rows of `message_replacements`."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset

TABLE = "message_replacements"
OPEN = "open"
LONGEST_TEXT = 60


@dataclass(frozen=True, slots=True)
class Replacement:
    """A message that is, or is to be, replaced, see the table; the texts are those of the captions.

    `is_pending`: the schedule it was in is in force still.
    """

    page_name: str
    week_start: dt.date
    schedule_id: str
    message_number: int
    caption_id: int
    scheduled_send_time: dt.datetime
    price_tier: str
    arm: str
    asked_by: str
    note: str | None = None
    outcome: str = OPEN
    reason: str | None = None
    new_schedule_id: str | None = None
    new_caption_id: int | None = None
    new_send_time: dt.datetime | None = None
    decided_at: dt.datetime | None = None
    run_id: str | None = None
    caption_text: str | None = None
    new_caption_text: str | None = None
    is_pending: bool = True

    @property
    def key(self) -> tuple[str, int]:
        """Schedule and message number."""
        return self.schedule_id, self.message_number

    @property
    def was(self) -> str:
        """What it was, for people."""
        return _said(self.scheduled_send_time, self.caption_id, self.caption_text)

    @property
    def now(self) -> str:
        """What it is, for people."""
        if self.new_caption_id is None or self.new_send_time is None:
            return "still there" if self.outcome == OPEN else "removed"
        return _said(self.new_send_time, self.new_caption_id, self.new_caption_text)

    @property
    def why(self) -> str:
        """Why, for people."""
        asked = "rejected in the Review tab" if self.asked_by == "review" else "replaced by request"
        said = f"{asked}: {self.note}" if self.note else asked
        return f"{said}; {self.reason}" if self.reason else said

    @property
    def sentence(self) -> str:
        """One line for people."""
        return (
            f"{self.page_name} message {self.message_number}: was {self.was}; is {self.now}; "
            f"{self.why}"
        )

    @property
    def change(self) -> Mapping[str, Any]:
        """What changed, for scripts; times are Los Angeles'."""
        return {
            "page": self.page_name,
            "message": self.message_number,
            "outcome": self.outcome,
            "was": _change(self.scheduled_send_time, self.caption_id, self.caption_text),
            "is": _change(self.new_send_time, self.new_caption_id, self.new_caption_text),
            "why": self.why,
        }


def _said(at: dt.datetime, caption_id: int, text: str | None) -> str:
    shown = " ".join((text or "").split())
    if len(shown) > LONGEST_TEXT:
        shown = f"{shown[: LONGEST_TEXT - 1]}…"
    return f"{at.astimezone(ZONE):%a %H:%M}, caption {caption_id}" + (
        f" “{shown}”" if shown else ""
    )


def _change(
    at: dt.datetime | None, caption_id: int | None, text: str | None
) -> Mapping[str, Any] | None:
    if at is None or caption_id is None:
        return None
    return {
        "send_time": at.astimezone(ZONE).isoformat(),
        "caption_id": caption_id,
        "caption_text": text,
    }


def week_replacements(dataset: Dataset, week_start: dt.date) -> list[Replacement]:
    """What was replaced in a week, by page, the earliest decision first."""
    import pandas as pd

    if dataset.is_empty(TABLE):
        return []

    def value(name: str, cell: Any) -> Any:
        if pd.isna(cell):
            return None
        if isinstance(cell, pd.Timestamp):
            return cell.to_pydatetime()
        return int(cell) if name in ("caption_id", "new_caption_id", "message_number") else cell

    found: list[Replacement] = []
    for row in dataset.cached_query("week_replacements", week_start=week_start).to_dict("records"):
        values: dict[str, Any] = {str(name): value(str(name), cell) for name, cell in row.items()}
        values |= {"week_start": week_start, "is_pending": bool(row["is_pending"])}
        found.append(Replacement(**values))
    return found


def changes_of_run(dataset: Dataset, week_start: dt.date, run_id: str) -> list[Replacement]:
    """What a run replaced, or could not."""
    return [each for each in week_replacements(dataset, week_start) if each.run_id == run_id]


def store_replacements(
    dataset: Dataset,
    week_start: dt.date,
    schedules: Iterable[str],
    replacements: Sequence[Replacement],
) -> None:
    """Replace the table's rows about these schedules."""
    import pandas as pd

    columns = [column.name for column in dataset.library[TABLE].columns]
    rows = [{name: asdict(each)[name] for name in columns} for each in replacements]
    frame = pd.DataFrame(rows, columns=columns).astype({"new_caption_id": "Int64"})
    for name in ("new_send_time", "decided_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    dataset.load(
        TABLE, frame, replacing={"week_start": week_start, "schedule_id": sorted({*schedules})}
    )
