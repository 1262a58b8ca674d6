"""A hand-made week of two pages, of which it is known what was planned, sent and earned."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import pytest

from eros_assets import dataset as handle
from eros_assets.settings import Settings
from tests.sql.conftest import dataset as dataset
from tests.sql.conftest import deployed as deployed
from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, fact, la, message

SUNDAY = MONDAY + dt.timedelta(days=6)


@dataclass(frozen=True)
class Week:
    """The dataset as the rooms take it, and as tests fill it."""

    tables: Dataset
    settings: Settings

    @property
    def dataset(self) -> handle.Dataset:
        return handle.Dataset(self.settings, self.tables.warehouse, self.tables.library)

    def set(self, **settings: Any) -> "Week":
        return Week(self.tables, self.settings.model_copy(update=settings))


def planned(number: int, caption_id: int, day: int, hour: int = 12, **changes: Any) -> Row:
    """A PPV of `cook` in force, `day` days after MONDAY, of which 100 USD are expected."""
    date = MONDAY + dt.timedelta(days=day)
    row: Row = {
        "schedule_id": "sched_20251110_cook_00000001",
        "page_name": "cook",
        "week_start": MONDAY,
        "message_number": number,
        "scheduled_send_time": la(date, hour),
        "send_date": date,
        "send_hour": hour,
        "message_type": "PPV",
        "caption_id": caption_id,
        "price_tier": "mid",
        "arm": "treatment",
        "source": "planned",
        "status": "active",
        "is_active": True,
        "suggested_price": 10.0,
        "expected_value": 100.0,
        "explanation": json.dumps(
            {"posterior_mean": 0.05, "posterior_interval": [0.04, 0.06], "score": 0.9}
        ),
    }
    return row | changes


OLD = {
    "schedule_id": "sched_20251110_cook_00000000",
    "status": "superseded",
    "is_active": False,
}
NEXT = {
    "schedule_id": "sched_20251117_cook_00000000",
    "week_start": MONDAY + dt.timedelta(days=7),
}
LAST = {
    "schedule_id": "sched_20251103_cook_00000000",
    "week_start": MONDAY - dt.timedelta(days=7),
}
OWN_TEXT = {"caption_text": "Live tonight!", "source": "queued", "arm": None, "explanation": None}

PLANS = [
    planned(1, 1, 0),  # sent half an hour later
    planned(2, 2, 1),  # sent a day late, and counted young
    planned(3, 3, 2, expected_value=70.0),  # not sent
    planned(4, 4, 6),  # not due
    planned(5, 999_999, 3, expected_value=None, **OWN_TEXT),  # a text of people's own
    planned(6, 6, 4),  # sent as caption 16, which says the same
    planned(1, 7, 0, 9, **OLD),  # sent before the week was planned again
    planned(2, 8, 5, **OLD),  # dropped
    planned(1, 9, 7, **NEXT),  # sent two days early
    planned(1, 10, -1, **LAST),  # sent a day late
    planned(1, 11, 1, page_name="coach", schedule_id="sched_20251110_coach_00000001"),
]


def sent(row_id: int, caption_id: int | None, day: int, hour: int = 12, **changes: Any) -> Row:
    date = MONDAY + dt.timedelta(days=day)
    return fact(row_id, caption_id=caption_id, send_date=date, send_hour=hour, **changes)


FACTS = [
    fact(101, caption_id=1, sending_time=la(MONDAY, 12, 30), earnings=120.0),
    sent(102, 2, 2, 15, earnings=9.0) | {"age_hours": 20.0, "maturity": 0.6},
    sent(105, None, 3, 13, earnings=15.0),
    sent(106, 16, 4, earnings=90.0) | {"age_hours": 100.0, "maturity": 0.9},
    sent(107, 7, 0, 9, earnings=130.0),
    sent(120, 20, 1, earnings=33.0),  # outside the plan
    sent(109, 9, 5),
    sent(110, 10, 0),
    sent(111, 11, 1, page_name="coach", earnings=0.0, purchased_count=0),
]


@pytest.fixture
def week(dataset: Dataset) -> Week:
    """What PLANS and FACTS say; it is the first minute of SUNDAY."""
    texts = {6: "Six of these", 16: "SIX, of these…"}
    dataset.put("creators", creators("cook", "coach"))
    dataset.put(
        "caption_bank",
        [
            caption(n, caption_text=texts.get(n, f"Caption {n}"), price_tier="mid")
            for n in (*range(1, 12), 16, 20)
        ],
    )
    dataset.put("schedule_recommendations", PLANS)
    dataset.put("message_facts", FACTS)
    dataset.put(
        "mass_messages",
        [message(105, message="live TONIGHT", sending_time=la(MONDAY + dt.timedelta(days=3), 13))],
    )
    settings = dataset.settings.model_copy(
        update={"today": SUNDAY, "out_dir": dataset.settings.home / "out"}
    )
    return Week(dataset, settings)
