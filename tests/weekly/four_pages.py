"""A small agency of four pages, and its week planned by the functions that the assets call."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables, read_knobs
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.weekly.drafting import draft_week, failed_creators, read_week_inputs
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.inputs import require_inputs
from eros_assets.weekly.locking import lock_drafts
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions, week_targets, with_chances
from eros_assets.weekly.shortfalls import Shortfall, store_shortfalls
from tests.prepared import prepared
from tests.shipped import give_translated_sql
from tests.weekly.bad_rows import OWN, PAGES, SHARED_TOPICS, WEEK, caption, instant

TIERS = ("budget", "mid", "premium", "bump")
Schedules = dict[str, list[tuple[Any, ...]]]


def opened(home: Path) -> Dataset:
    settings = {"env": "local", "home": home, "out_dir": home.parent / "out"}
    return open_dataset(load_settings(settings), asset="test")


def _history() -> list[dict[str, Any]]:
    """Sixty days of each page, three messages a day, made of the bank's captions."""
    rows: list[dict[str, Any]] = []
    for place, page in enumerate(PAGES):
        for n in range(180):
            first = 200 if page == OWN else 1
            number = first + (n * 7 + place * 13) % 64
            is_bump = TIERS[number % 4] == "bump"
            sent, viewed = 1000 + 10 * n, 300 + (n * 37 + place) % 200
            bought = 0 if is_bump else (n * n + number) % 40
            rows.append(
                {
                    "row_id": len(rows) + 1,
                    "page_name": page,
                    "message": f"Text {number}",
                    "sending_time": instant("2025-09-05T17:00:00")
                    + pd.Timedelta(days=n // 3, hours=3 * (n % 3)),
                    "price": None if is_bump else 8.0 + place,
                    "sent_count": sent,
                    "viewed_count": viewed,
                    "purchased_count": bought,
                    "earnings": (8.0 + place) * bought,
                    "message_type": "Bump" if is_bump else "PPV",
                    "caption_id": None if n % 5 == 0 else number,
                }
            )
    return rows


def _bank() -> list[dict[str, Any]]:
    own = [(n, f"own_{n % 8}", OWN) for n in range(200, 264)]
    shared = [(n, SHARED_TOPICS[n // 4 % 8], None) for n in range(1, 161)]
    return [
        {
            **caption(caption_id=n, caption_text=f"Text {n}", content_category=topic),
            "price_tier": TIERS[n % 4],
            "page_name": page,
            "created_at": instant("2025-01-01T00:00:00"),
        }
        for n, topic, page in (*shared, *own)
    ]


def four_pages() -> Path:
    """A home with an agency without a bad row, not planned yet; only to be copied."""

    def make(folder: Path) -> None:
        _make_four_pages(folder / "home")

    return prepared("four_pages", make) / "home"


def planned_four_pages() -> Path:
    """The same with its week planned."""

    def make(folder: Path) -> None:
        dataset = opened(copied(four_pages(), folder))
        with session(dataset):
            planned_week(dataset)

    return prepared("planned_four_pages", make) / "home"


def _make_four_pages(home: Path) -> None:
    give_translated_sql(home)
    dataset = opened(home)
    restricted = {
        "page_name": OWN,
        "restricted_categories": SHARED_TOPICS,
        "restricted_price_tiers": [],
        "blocked_patterns": ["never sent"],
        "is_active": True,
    }
    people = {"page_name": PAGES, "display_name": [p.title() for p in PAGES], "is_active": True}
    with session(dataset):
        for each in dataset.library.deploy_order():
            dataset.warehouse.deploy(each)
        for name, frame in configuration_tables(dataset.settings, dataset.library).items():
            dataset.load(name, frame)
        dataset.load("creators", pd.DataFrame(people))
        dataset.load("caption_bank", pd.DataFrame(_bank()))
        dataset.load("mass_messages", pd.DataFrame(_history()))
        dataset.load("creator_caption_restrictions", pd.DataFrame([restricted]))


def session(dataset: Dataset) -> Any:
    assert isinstance(dataset.warehouse, DuckDBWarehouse)
    return dataset.warehouse.session()


def planned_week(dataset: Dataset) -> Schedules:
    """The weekly line's decisions, from the history to schedules in force."""
    require_inputs(dataset)
    refresh_facts(dataset)
    dataset.call(
        "update_caption_performance",
        p_as_of=WEEK,
        p_lookback_days=read_knobs(dataset)["stats_lookback_days"],
    )
    scope = week_plan_scope(dataset, WEEK)
    lacking: dict[str, list[Shortfall]] = {"targets": [], "selection": []}
    targets = week_targets(dataset, scope, lacking["targets"].append)
    targets["computed_at"] = instant("2025-11-09T00:00:00")
    dataset.load("weekly_volume_targets", targets, replacing={"week_start": WEEK})
    store_shortfalls(dataset, scope, {"targets": lacking["targets"]}, run_id="test")
    with_chances(dataset, scope, select_captions(dataset, scope, lacking["selection"].append))
    store_shortfalls(dataset, scope, {"selection": lacking["selection"]}, run_id="test")
    planned = draft_week(read_week_inputs(dataset, scope), scope, lambda _: None)
    rows, drafts = draft_rows(dataset, scope, planned, run_id="test")
    store_shortfalls(dataset, scope, {"creator": failed_creators(drafts)}, run_id="test")
    dataset.load("schedule_recommendations", rows, replacing={"week_start": WEEK})
    lock_drafts(dataset, scope)
    return schedules_of(dataset)


def schedules_of(dataset: Dataset) -> Schedules:
    messages = dataset.query("schedule_messages", week_start=WEEK, pages=[])
    kept = messages.drop(columns=["created_at", "run_id"]).astype(str)
    return {
        str(page): list(of_page.itertuples(index=False, name=None))
        for page, of_page in kept.groupby("page_name")
    }


def copied(home: Path, folder: Path) -> Path:
    return Path(shutil.copytree(home, folder / "home"))
