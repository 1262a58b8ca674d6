"""The export log: one row per schedule and attempt to publish it, failed attempts included."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("schedule_id", "page_name", "week_start", "destination", "location", "row_count"),
    *("checksum", "status", "error_message", "duration_seconds", "exported_at", "run_id"),
    "publication_id",
)

TICK = dt.timedelta(microseconds=1)
"""The shortest time that the log can tell."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an attempt for one schedule."""

    schedule_id: str | None
    page_name: str | None
    location: str | None
    row_count: int
    checksum: str | None
    status: str
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to publish a week at `destination`: csv, sheets or bucket.

    It is logged while the week's lock is held, and later than all before it, also where it began
    before them and waited for the lock, or where the machine's clock went back: the newest rows of
    the log are those of what people find.
    """

    destination: str
    week_start: dt.date
    run_id: str
    begun_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    _begun: float = field(default_factory=time.perf_counter)
    _logged_at: list[dt.datetime] = field(default_factory=list)

    def log(
        self, dataset: Dataset, outcomes: Sequence[Outcome], publication_id: str | None = None
    ) -> "pd.DataFrame":
        """Write the attempt's rows and return them; a second call replaces them.

        A week without schedules has one row, without a schedule: its publication is empty.
        """
        import pandas as pd

        seconds = time.perf_counter() - self._begun
        exported_at = self._exported_at(dataset)
        rows: list[Mapping[str, Any]] = [
            {
                "schedule_id": outcome.schedule_id,
                "page_name": outcome.page_name,
                "week_start": self.week_start,
                "destination": self.destination,
                "location": outcome.location,
                "row_count": outcome.row_count,
                "checksum": outcome.checksum,
                "status": outcome.status,
                "error_message": outcome.error_message,
                "duration_seconds": seconds,
                "exported_at": exported_at,
                "run_id": self.run_id,
                "publication_id": publication_id,
            }
            for outcome in outcomes or [Outcome(None, None, None, 0, None, "succeeded")]
        ]
        log = pd.DataFrame(rows, columns=list(COLUMNS))
        dataset.load(
            "schedule_export_log",
            log,
            replacing={
                "run_id": self.run_id,
                "destination": self.destination,
                "exported_at": exported_at,
            },
        )
        return log

    def _exported_at(self, dataset: Dataset) -> dt.datetime:
        """When it began, or the first instant after the newest attempt in the log."""
        import pandas as pd

        if not self._logged_at:
            newest = dataset.query(
                "newest_attempt", week_start=self.week_start, destination=self.destination
            )["exported_at"].iloc[0]
            after = None if pd.isna(newest) else newest.to_pydatetime() + TICK
            self._logged_at.append(max(self.begun_at, after or self.begun_at))
        return self._logged_at[0]

    def log_failure(
        self,
        dataset: Dataset,
        messages: "pd.DataFrame",
        error: Exception,
        location: str | None,
    ) -> None:
        """Write a failed row for each schedule of `messages`, or one row without a schedule."""
        said = said_of(error)
        self.log(
            dataset,
            [
                Outcome(schedule_id, page_name, location, 0, None, "failed", said)
                for schedule_id, page_name, _ in counts_of(messages) or [(None, None, 0)]
            ],
        )


def said_of(error: Exception) -> str:
    """What is kept of an error: the text of EROS's own; those of libraries may quote data."""
    return str(error) if isinstance(error, ErosError) else type(error).__name__


def withheld_outcomes(in_force: "pd.DataFrame", withheld: Mapping[str, str]) -> list[Outcome]:
    """The outcomes of the pages that are in force and not published."""
    return [
        Outcome(schedule_id, page, None, 0, None, "failed", withheld[page])
        for schedule_id, page, _ in counts_of(in_force)
        if page in withheld
    ]


def counts_of(messages: "pd.DataFrame") -> list[tuple[str, str, int]]:
    """Schedule, page and number of messages, by page."""
    counts = messages.groupby(["page_name", "schedule_id"], sort=True).size().reset_index(name="n")
    return [
        (str(row["schedule_id"]), str(row["page_name"]), int(row["n"]))
        for row in counts.to_dict("records")
    ]
