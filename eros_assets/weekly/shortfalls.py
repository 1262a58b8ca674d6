"""Records what a page's week lacks of its targets, for the table, the log and a check."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eros_assets.dataset import Dataset
from eros_assets.weekly.scope import WeekPlanScope

if TYPE_CHECKING:
    import pandas as pd

Stage = Literal["targets", "selection", "placement", "creator", "replacement", "lock", "files"]
STAGES: tuple[Stage, ...] = (
    *("targets", "selection", "placement", "creator", "replacement", "lock", "files"),
)
BEFORE_PLANNING: tuple[Stage, ...] = ("targets", "selection")

TOO_FEW_CAPTIONS = "too few eligible captions"
NO_ROOM = "no room in the week"

COLUMNS = (
    *("page_name", "week_start", "stage", "price_tier", "wanted", "got", "reason", "run_id"),
)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Captions missing from a page's week. `price_tier` None: the page as a whole."""

    page_name: str
    price_tier: str | None
    wanted: int
    got: int
    reason: str

    @property
    def sentence(self) -> str:
        """One line of text."""
        what = f"{self.price_tier} captions" if self.price_tier else "messages"
        return f"{self.page_name}: {self.got} of {self.wanted} {what}: {self.reason}"

    @property
    def remedy(self) -> str | None:
        """What would mend it, as a sentence; None where the reason says that itself."""
        if self.price_tier is None:
            return None
        if self.reason.startswith(TOO_FEW_CAPTIONS):
            more = self.wanted - self.got
            return (
                f"Add {more} or more {self.price_tier} captions that {self.page_name} may use to "
                "the caption bank, or relax its restrictions; then plan this page again."
            )
        if self.reason.startswith(NO_ROOM):
            return (
                "The captions with the lowest scores were left out; fewer messages, or other hours "
                "and gaps, would leave nothing out."
            )
        return None


Report = Callable[[Shortfall], None]
"""Takes what a page's week lacks, where one page must not stop the others."""


def failed_page(page_name: str, reason: str) -> Shortfall:
    """A page that has no week, with the reason."""
    return Shortfall(page_name, None, 1, 0, reason)


def reason_of(error: Exception) -> str:
    """Why a page failed."""
    return f"{type(error).__name__}: {error}"


def store_shortfalls(
    dataset: Dataset,
    scope: WeekPlanScope,
    found: Mapping[Stage, Sequence[Shortfall]],
    *,
    run_id: str,
) -> None:
    """Replace the table's rows of these stages for the scope's pages and week.

    Nothing is written where there are none, and none to replace.
    """
    stored = _stored(dataset, scope.week_start)
    is_replaced = stored["stage"].isin(list(found)) & stored["page_name"].isin(scope.pages)
    if any(found.values()) or is_replaced.any():
        pages = {"page_name": list(scope.pages)}
        _replace(dataset, scope.week_start, found, run_id, pages)


def store_withheld(
    dataset: Dataset, week_start: dt.date, withheld: Mapping[str, str], *, run_id: str
) -> None:
    """Say in the table which pages of a week are in force and not published, where that changed."""
    wanted = [failed_page(page, reason) for page, reason in sorted(withheld.items())]
    if week_shortfalls(dataset, week_start, ["files"]) != wanted:
        _replace(dataset, week_start, {"files": wanted}, run_id, {})


def _replace(
    dataset: Dataset,
    week_start: dt.date,
    found: Mapping[Stage, Sequence[Shortfall]],
    run_id: str,
    pages: Mapping[str, Sequence[str]],
) -> None:
    import pandas as pd

    rows = [
        {
            "page_name": s.page_name,
            "week_start": week_start,
            "stage": stage,
            "price_tier": s.price_tier,
            "wanted": s.wanted,
            "got": s.got,
            "reason": s.reason,
            "run_id": run_id,
        }
        for stage, shortfalls in found.items()
        for s in shortfalls
    ]
    dataset.load(
        "schedule_shortfalls",
        pd.DataFrame(rows, columns=list(COLUMNS)),
        replacing={"week_start": week_start, "stage": list(found), **pages},
    )


def week_shortfalls(
    dataset: Dataset,
    week_start: dt.date,
    stages: Sequence[Stage] = STAGES,
) -> list[Shortfall]:
    """The week's shortfalls in the table, of all pages, by page and stage.

    A reason that repeats in a later stage of a page is left out.
    """
    import pandas as pd

    stored = _stored(dataset, week_start)
    lacking = stored[stored["stage"].isin(list(stages))]
    found = (
        Shortfall(
            row["page_name"],
            None if pd.isna(row["price_tier"]) else row["price_tier"],
            int(row["wanted"]),
            int(row["got"]),
            row["reason"],
        )
        for row in lacking.to_dict("records")
    )
    return list(dict.fromkeys(found))


def _stored(dataset: Dataset, week_start: dt.date) -> "pd.DataFrame":
    return dataset.cached_query("week_shortfalls", week_start=week_start)


def failures_before_planning(dataset: Dataset, week_start: dt.date) -> Mapping[str, str]:
    """Pages of the week that failed before planning, each with its reason.

    Of several reasons, that of the earliest stage, which caused the others.
    """
    reasons: dict[str, str] = {}
    for stage in BEFORE_PLANNING:
        for shortfall in week_shortfalls(dataset, week_start, [stage]):
            if shortfall.price_tier is None:
                reasons.setdefault(shortfall.page_name, shortfall.reason)
    return reasons
