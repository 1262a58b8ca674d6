"""One bad row, in any input table, costs at most its own page or caption, and is named."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables, read_knobs
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from eros_assets.weekly.drafting import (
    draft_week,
    failed_creators,
    read_week_inputs,
)
from eros_assets.weekly.inputs import NothingToPlanError, quarantined_rows, require_inputs
from eros_assets.weekly.locking import lock_drafts
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions, week_targets, with_chances
from eros_assets.weekly.shortfalls import Shortfall, store_shortfalls
from tests.weekly.bad_rows import (
    CASES,
    OWN,
    PAGES,
    SAYING,
    SHARED_TOPICS,
    WEEK,
    Case,
    batch_of,
    caption,
    instant,
)

TIERS = ("budget", "mid", "premium", "bump")
Schedules = dict[str, list[tuple[Any, ...]]]


def _opened(home: Path) -> Dataset:
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


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an agency without a bad row, not planned yet; to be copied."""
    home = tmp_path_factory.mktemp("good")
    dataset = _opened(home)
    restricted = {
        "page_name": OWN,
        "restricted_categories": SHARED_TOPICS,
        "restricted_price_tiers": [],
        "blocked_patterns": ["never sent"],
        "is_active": True,
    }
    people = {"page_name": PAGES, "display_name": [p.title() for p in PAGES], "is_active": True}
    with _session(dataset):
        for each in dataset.library.deploy_order():
            dataset.warehouse.deploy(each)
        for name, frame in configuration_tables(dataset.settings, dataset.library).items():
            fewer = {"evaluation_replays": 20} if name == "tuning" else {}
            dataset.load(name, frame.assign(**fewer))
        dataset.load("creators", pd.DataFrame(people))
        dataset.load("caption_bank", pd.DataFrame(_bank()))
        dataset.load("mass_messages", pd.DataFrame(_history()))
        dataset.load("creator_caption_restrictions", pd.DataFrame([restricted]))
    return home


def _session(dataset: Dataset) -> Any:
    assert isinstance(dataset.warehouse, DuckDBWarehouse)
    return dataset.warehouse.session()


def _plan(dataset: Dataset) -> Schedules:
    """The weekly line's decisions, from the history to schedules in force."""
    require_inputs(dataset)
    dataset.run("refresh_message_facts")
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
    store_shortfalls(dataset, scope, "targets", lacking["targets"], run_id="test")
    with_chances(dataset, scope, select_captions(dataset, scope, lacking["selection"].append))
    store_shortfalls(dataset, scope, "selection", lacking["selection"], run_id="test")
    planned = draft_week(read_week_inputs(dataset, scope), scope, lambda _: None)
    rows, drafts = draft_rows(dataset, scope, planned, run_id="test")
    store_shortfalls(dataset, scope, "creator", failed_creators(drafts), run_id="test")
    dataset.load("schedule_recommendations", rows, replacing={"week_start": WEEK})
    lock_drafts(dataset, scope)
    return _schedules(dataset)


def _schedules(dataset: Dataset) -> Schedules:
    messages = dataset.query("schedule_messages", week_start=WEEK, pages=[])
    kept = messages.drop(columns=["created_at", "run_id"]).astype(str)
    return {
        str(page): list(of_page.itertuples(index=False, name=None))
        for page, of_page in kept.groupby("page_name")
    }


@pytest.fixture(scope="module")
def undisturbed(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Schedules:
    """The schedules without a bad row."""
    dataset = _opened(_copy(good, tmp_path_factory.mktemp("undisturbed")))
    with _session(dataset):
        return _plan(dataset)


def _copy(home: Path, folder: Path) -> Path:
    return Path(shutil.copytree(home, folder / "home"))


@pytest.fixture
def dataset(good: Path, tmp_path: Path) -> Dataset:
    return _opened(_copy(good, tmp_path))


def _spoil(dataset: Dataset, cases: Sequence[Case]) -> None:
    """Add the rows past EROS's own door, as others do who load its inputs."""
    with duckdb.connect(str(dataset.settings.warehouse_file)) as connection:
        table = f'"{dataset.settings.dataset}"."{cases[0].table}"'
        for statement in cases[0].ddl:
            connection.execute(statement.format(table=table))
        for row in (row for case in cases for row in case.rows):
            shape = connection.execute(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
            columns = {
                field.name: pa.array([row[field.name]], type=field.type)
                for field in shape
                if field.name in row
            }
            connection.register("added", pa.table(columns))
            connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM added")
            connection.unregister("added")


@dataclass(frozen=True)
class Outcome:
    """What a week with bad rows came to: schedules, and what is said of rows, by table."""

    schedules: Schedules
    said: dict[str, list[str]]
    balance: tuple[int, int]


class Spoilt:
    """Weeks with all the rows of a batch among the good ones, each planned once."""

    def __init__(self, good: Path, folder: Path) -> None:
        self._good, self._folder = good, folder
        self._outcomes: dict[object, Outcome] = {}

    def outcome(self, case: Case) -> Outcome:
        """The week with the rows of the case, and of the others of its batch."""
        if case.batch not in self._outcomes:
            folder = self._folder / str(len(self._outcomes))
            dataset = _opened(_copy(self._good, folder))
            _spoil(dataset, batch_of(case))
            with _session(dataset):
                schedules = _plan(dataset)
                row = dataset.query("facts_and_quarantine_balance").iloc[0]
                self._outcomes[case.batch] = Outcome(
                    schedules,
                    {name: dataset.rows(name)["reason"].tolist() for name in SAYING},
                    (row["input_rows"], row["fact_rows"] + row["quarantined_rows"]),
                )
        return self._outcomes[case.batch]


@pytest.fixture(scope="module")
def spoilt(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Spoilt:
    return Spoilt(good, tmp_path_factory.mktemp("spoilt"))


def test_without_a_bad_row_every_page_is_planned_and_nothing_is_left_out(
    undisturbed: Schedules, dataset: Dataset
) -> None:
    assert sorted(undisturbed) == sorted(PAGES)
    assert all(len(messages) >= 8 for messages in undisturbed.values())
    assert quarantined_rows(dataset) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_row_costs_at_most_its_own_page_and_is_named(
    spoilt: Spoilt, undisturbed: Schedules, case: Case
) -> None:
    outcome = spoilt.outcome(case)
    assert set(PAGES) - set(outcome.schedules) == {case.costs} - {None}
    assert outcome.schedules == {p: undisturbed[p] for p in PAGES if p != case.costs}
    assert outcome.balance[0] == outcome.balance[1]
    for table in case.where:
        alike = [each for each in batch_of(case) if each.said == case.said]
        reasons = "\n".join(outcome.said[table])
        assert reasons.count(case.said) >= sum(len(each.rows) for each in alike)


def test_with_every_bad_row_at_once_what_is_locked_is_published(
    dataset: Dataset, undisturbed: Schedules
) -> None:
    unhurried = dataset.rows("tuning").assign(selector_max_seconds=600.0)  # a machine may be busy
    dataset.load("tuning", unhurried)
    for batch in {case.batch: batch_of(case) for case in CASES}.values():
        _spoil(dataset, batch)
    with _session(dataset):
        schedules = _plan(dataset)
        published = publish_files(dataset, WEEK, run_id="test", report=lambda _: None)
        rows = active_messages(dataset, WEEK)
    assert schedules == {page: undisturbed[page] for page in PAGES if page != OWN}
    assert set(published.log["page_name"]) == set(schedules)
    assert set(published.log["status"]) == {"succeeded"}
    assert wrong_folder(rows, published.folder) == []


def test_a_pattern_that_does_not_compile_is_said_of_its_page_alone(
    dataset: Dataset,
) -> None:
    """A run that is narrowed to pages, and the procedure itself, refuse that page too."""
    _spoil(dataset, [case for case in CASES if case.name == "a pattern that does not compile"])
    with _session(dataset):
        _plan(dataset)
        said: list[Shortfall] = []
        scope = week_plan_scope(dataset, WEEK, ["anna", OWN])
        chosen = select_captions(dataset, scope, said.append)
        with pytest.raises(RaisedError, match=r'"\(" is not an RE2 pattern'):
            select_captions(dataset, week_plan_scope(dataset, WEEK, [OWN]))
    assert set(chosen["page_name"]) == {"anna"}
    (refusal,) = said
    assert refusal.page_name == OWN
    assert '"(" is not an RE2 pattern' in refusal.reason


@pytest.mark.parametrize(
    ("emptied", "said"),
    [
        (["caption_bank"], "caption_bank has no active caption (it is empty)"),
        (["creators"], "creators has no active creator (it is empty)"),
        (["creators", "mass_messages"], "(it is empty); mass_messages is empty; "),
    ],
)
def test_inputs_that_nothing_can_be_planned_from_are_one_line(
    dataset: Dataset, emptied: list[str], said: str
) -> None:
    for table in emptied:
        dataset.load(table, pd.DataFrame(columns=_columns(dataset, table)))
    with pytest.raises(NothingToPlanError) as refused:
        _plan(dataset)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert dataset.rows("message_facts").empty


def test_inputs_of_nothing_but_bad_rows_are_one_line(dataset: Dataset) -> None:
    dataset.load("caption_bank", pd.DataFrame([caption(price_tier="gold")]))
    with pytest.raises(NothingToPlanError, match="none of its 1 rows can be used"):
        require_inputs(dataset)


def _columns(dataset: Dataset, table: str) -> list[str]:
    return [column.name for column in dataset.library[table].columns]


def test_a_text_that_is_no_unicode_is_refused_at_the_door(dataset: Dataset) -> None:
    rows = pd.DataFrame([caption(), caption(caption_id=5002, caption_text="half \ud83d")])
    before = dataset.rows("caption_bank")
    with pytest.raises(WarehouseError, match="row 2, column caption_text"):
        dataset.load("caption_bank", rows)
    assert dataset.rows("caption_bank").equals(before)
