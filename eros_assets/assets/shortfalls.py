"""What a page's week lacks of its targets: said in a table, in the log and by a check."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eros_assets.assets.week import WeekPlanScope
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed, Warehouse

Stage = Literal["selection", "placement", "creator", "lock"]
STAGES: tuple[Stage, ...] = ("selection", "placement", "creator", "lock")

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
        """One line for people."""
        what = f"{self.price_tier} captions" if self.price_tier else "messages"
        return f"{self.page_name}: {self.got} of {self.wanted} {what}: {self.reason}"


def store_shortfalls(
    warehouse: Warehouse,
    scope: WeekPlanScope,
    stage: Stage,
    shortfalls: Sequence[Shortfall],
    *,
    run_id: str,
) -> None:
    """Replace what the table says of this stage of the scope's pages and week."""
    import pandas as pd

    rows = [
        {
            "page_name": s.page_name,
            "week_start": scope.week_start,
            "stage": stage,
            "price_tier": s.price_tier,
            "wanted": s.wanted,
            "got": s.got,
            "reason": s.reason,
            "run_id": run_id,
        }
        for s in shortfalls
    ]
    warehouse.load(
        "schedule_shortfalls",
        pd.DataFrame(rows, columns=list(COLUMNS)),
        replacing={
            "week_start": scope.week_start,
            "stage": stage,
            "page_name": Typed(list(scope.pages), "ARRAY<STRING>"),
        },
    )


def week_shortfalls(
    eros: Installation,
    warehouse: Warehouse,
    week_start: dt.date,
    stages: Sequence[Stage] = STAGES,
) -> list[Shortfall]:
    """What the table says that the week lacks, of all pages, by page and stage."""
    import pandas as pd

    lacking = warehouse.query(
        eros.sql("week_shortfalls"),
        {"week_start": week_start, "stages": Typed(list(stages), "ARRAY<STRING>")},
    )
    return [
        Shortfall(
            row["page_name"],
            None if pd.isna(row["price_tier"]) else row["price_tier"],
            int(row["wanted"]),
            int(row["got"]),
            row["reason"],
        )
        for row in lacking.to_dict("records")
    ]
