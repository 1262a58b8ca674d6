"""A small dataset of its own for each test, and rows to fill it with.

The row builders give what most rows have; a test names only what it is about.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from eros_assets.settings import Settings, load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse import open_warehouse
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.protocol import CallResult, Parameters, Typed
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.weekly.facts import Compared, made_by

LA = ZoneInfo("America/Los_Angeles")
MONDAY = dt.date(2025, 11, 10)  # of a week without a change of the clocks
LOADED_AT = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)  # after every message of the tests
UNMODELLED = {"send_noise_weight": 0.0, "wear_weight": 0.0, "view_lift_weight": 0.0}
"""Knobs that take sends for binomial up to a dispersion, never worn, and viewed alike."""

TIERS = ("budget", "mid", "premium", "bump")

Row = dict[str, Any]


def la(day: dt.date, hour: int = 12, minute: int = 0, *, fold: int = 0) -> dt.datetime:
    """The instant at which LA clocks show this time; `fold` 1: for the second time."""
    wall = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=LA, fold=fold)
    return wall.astimezone(dt.UTC)


def days_before(day: dt.date, days: int) -> dt.date:
    return day - dt.timedelta(days=days)


def message(row_id: int | None, **changes: Any) -> Row:
    """A row of mass_messages: a PPV sent by `cook` to 1,000 fans, 400 views, 20 purchases."""
    row: Row = {
        "row_id": row_id,
        "page_name": "cook",
        "message": f"Message {row_id}",
        "sending_time": la(dt.date(2025, 10, 1)),
        "price": 10.0,
        "sent_count": 1000,
        "viewed_count": 400,
        "purchased_count": 20,
        "earnings": 200.0,
        "message_type": "PPV",
        "caption_id": None,
        "status": None,
        "counted_at": None,
    }
    return row | changes


def fact(row_id: int, **changes: Any) -> Row:
    """A row of message_facts, its LA times and rates worked out from the rest.

    Give `send_date` (and `send_hour`) or `sending_time`.
    """
    given = dict(changes)
    if "send_date" in given:
        given["sending_time"] = la(given.pop("send_date"), given.pop("send_hour", 12))
    row = message(row_id, **given)
    for input_only in ("message", "status", "counted_at"):
        del row[input_only]
    wall = row["sending_time"].astimezone(LA)
    return row | {
        "send_date": wall.date(),
        "send_hour": wall.hour,
        "day_of_week": wall.isoweekday(),
        "view_rate": row["viewed_count"] / row["sent_count"],
        "purchase_rate": row["purchased_count"] / row["viewed_count"]
        if row["viewed_count"]
        else None,
        "emv": 1000 * row["earnings"] / row["sent_count"],
    }


def purchases(row_id: int, caption_id: int, bought: int, viewed: int, **changes: Any) -> Row:
    """A row of message_facts: a PPV of 10 USD that a third of the fans viewed and some bought."""
    return fact(
        row_id,
        caption_id=caption_id,
        purchased_count=bought,
        viewed_count=viewed,
        sent_count=max(viewed, 1) * 3,
        earnings=10.0 * bought,
        **changes,
    )


def caption(caption_id: int, **changes: Any) -> Row:
    """An active caption of tier budget that any page may use, in a category of its own."""
    row: Row = {
        "caption_id": caption_id,
        "caption_text": f"Caption {caption_id}",
        "content_category": f"category {caption_id}",
        "price_tier": "budget",
        "has_urgency": False,
        "page_name": None,
        "is_active": True,
        "created_at": la(dt.date(2025, 1, 1)),
    }
    return row | changes


def creators(*pages: str, is_active: bool = True) -> list[Row]:
    return [{"page_name": p, "display_name": p.title(), "is_active": is_active} for p in pages]


def restriction(page_name: str, **changes: Any) -> Row:
    row: Row = {
        "page_name": page_name,
        "restricted_categories": [],
        "restricted_price_tiers": [],
        "blocked_patterns": [],
        "is_active": True,
    }
    return row | changes


def assignment(caption_id: int, day: dt.date, **changes: Any) -> Row:
    """A reservation in force, of another page than `cook`."""
    row: Row = {
        "assignment_key": f"{caption_id} on {day}",
        "schedule_id": "sched_elsewhere",
        "page_name": "elsewhere",
        "caption_id": caption_id,
        "scheduled_send_date": day,
        "scheduled_send_hour": 12,
        "price_tier": "budget",
        "is_active": True,
        "assigned_at": la(dt.date(2025, 10, 1)),
        "expires_at": la(day),
    }
    return row | changes


def review(caption_id: int, decision: str | None, **changes: Any) -> Row:
    """What a reviewer said of a message of `cook` in the week of MONDAY."""
    row: Row = {
        "schedule_id": "sched_earlier",
        "message_number": caption_id,
        "page_name": "cook",
        "week_start": MONDAY,
        "caption_id": caption_id,
        "decision": decision,
        "note": None,
    }
    return row | changes


def target(page_name: str, week_start: dt.date = MONDAY, **counts: int | str) -> Row:
    """What a page's week holds; `budget`, `mid`, `premium`, `bump`, and the segment if any."""
    row: Row = {"page_name": page_name, "week_start": week_start, "behavioral_segment": "STANDARD"}
    row |= {f"num_{tier}": counts.pop(tier, 0) for tier in TIERS}
    return row | counts


class Dataset:
    """The embedded warehouse of one test, with every object of `sql/` in it."""

    def __init__(self, home: Path, library: SqlLibrary) -> None:
        self.settings: Settings = load_settings({"home": home})
        self.library = library
        self.warehouse = open_warehouse(self.settings, self.library)

    def opened(self) -> AbstractContextManager[object]:
        """Keeps the file open over many operations: opening it takes most of a small one's time."""
        assert isinstance(self.warehouse, DuckDBWarehouse)
        return self.warehouse.session()

    def deploy(self) -> None:
        """Everything of `sql/`, and the configuration of the repository."""
        for sql_object in self.library.deploy_order():
            self.warehouse.deploy(sql_object)
        for name, frame in configuration_tables(self.settings, self.library).items():
            self.warehouse.load(name, frame)

    def put(self, table: str, rows: Iterable[Row], **replacing: Any) -> None:
        """Make these the rows of a table, or, given `replacing`, of that part of it."""
        listed = list(rows)
        columns = [column.name for column in self.library[table].columns]
        assert all(row.keys() <= set(columns) for row in listed), f"not a column of {table}"
        frame = pd.DataFrame(
            {name: pd.Series([row.get(name) for row in listed], dtype=object) for name in columns},
            index=pd.RangeIndex(len(listed)),
        )
        self.warehouse.load(table, frame, replacing=replacing or None)

    def tune(self, **knobs: float) -> None:
        row = self.rows("tuning").iloc[0].to_dict()
        assert knobs.keys() <= row.keys()
        self.put("tuning", [row | knobs])

    def rows(self, table: str, *order: str) -> pd.DataFrame:
        """A table, sorted by these columns."""
        frame = self.warehouse.query(f"SELECT * FROM `${{dataset}}.{table}`")
        return frame.sort_values(list(order), ignore_index=True) if order else frame

    def refresh_facts(
        self, loaded_at: dt.datetime = LOADED_AT, compare: Compared = "whole"
    ) -> None:
        script = self.library["refresh_message_facts"].text
        self.warehouse.run(script, parameters_of(self, loaded_at, compare))

    def table_function(
        self, name: str, as_of: dt.date, lookback_days: int | None, page: str | None = None
    ) -> pd.DataFrame:
        return self.warehouse.query(
            f"SELECT * FROM `${{dataset}}.{name}`(@page, @as_of, @lookback_days)",
            {
                "page": Typed(page, "STRING"),
                "as_of": as_of,
                "lookback_days": Typed(lookback_days, "INT64"),
            },
        )

    def update_performance(self, as_of: dt.date | None, lookback_days: int | None = 90) -> None:
        self.warehouse.call(
            "update_caption_performance", {"p_as_of": as_of, "p_lookback_days": lookback_days}
        )

    def select(
        self,
        page: str | None = None,
        week_start: dt.date | None = MONDAY,
        seed: str | None = "seed",
        counts: Mapping[str, int] | None = None,
    ) -> pd.DataFrame:
        """Choose captions; `counts` by tier in the place of the targets'."""
        given = {f"p_num_{t}": counts.get(t, 0) if counts is not None else None for t in TIERS}
        return self.warehouse.call(
            "select_captions_for_creator",
            {"p_page_name": page, "p_week_start": week_start, "p_seed": seed, **given},
        ).rows

    def lock(self, schedule_id: str | None) -> CallResult:
        return self.warehouse.call("lock_caption_assignments", {"p_schedule_id": schedule_id})


def parameters_of(dataset: Dataset, loaded_at: dt.datetime, compare: Compared) -> Parameters:
    """Those of refresh_message_facts."""
    return {
        "loaded_at": loaded_at,
        "made_by": made_by(dataset.library),
        "is_whole": compare != "recent",
        "is_anew": compare == "anew",
    }
