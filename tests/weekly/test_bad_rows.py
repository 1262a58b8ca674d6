"""One bad row, in any input table, costs at most its own page or caption, and is named."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from eros_assets.dataset import Dataset
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.warehouse.duckdb.reference import slowness
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.inputs import NothingToPlanError, quarantined_rows, require_inputs
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions
from eros_assets.weekly.shortfalls import Shortfall
from tests.weekly.bad_rows import (
    CASES,
    OWN,
    PAGES,
    SAYING,
    WEEK,
    Case,
    batch_of,
    caption,
    restriction,
)
from tests.weekly.four_pages import (
    Schedules,
    copied,
    four_pages,
    opened,
    planned_four_pages,
    planned_week,
    schedules_of,
    session,
)


@pytest.fixture(scope="module")
def good() -> Path:
    return four_pages()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Schedules:
    """The schedules without a bad row."""
    home = copied(planned_four_pages(), tmp_path_factory.mktemp("undisturbed"))
    return schedules_of(opened(home))


@pytest.fixture
def dataset(good: Path, tmp_path: Path) -> Dataset:
    return opened(copied(good, tmp_path))


def _spoil(dataset: Dataset, cases: Sequence[Case]) -> None:
    """Add the rows past EROS's own door, as others do who load its inputs."""
    with storage_of(dataset.settings.warehouse_file).opened() as connection:
        ddl = [s.format(table=_table(dataset, case)) for case in cases for s in case.ddl]
        for statement in dict.fromkeys(ddl):
            connection.execute(statement)
        for case in cases:
            table = _table(dataset, case)
            shape = connection.execute(f"SELECT * FROM {table} LIMIT 0").to_arrow_table().schema
            for row in case.rows:
                columns = {
                    field.name: pa.array([row[field.name]], type=field.type)
                    for field in shape
                    if field.name in row
                }
                connection.register("added", pa.table(columns))
                connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM added")
                connection.unregister("added")


def _table(dataset: Dataset, case: Case) -> str:
    return f'"{dataset.settings.dataset}"."{case.table}"'


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
            dataset = opened(copied(self._good, folder))
            _spoil(dataset, batch_of(case))
            with session(dataset):
                schedules = planned_week(dataset)
                row = dataset.query("facts_and_quarantine_balance").iloc[0]
                self._outcomes[case.batch] = Outcome(
                    schedules,
                    {name: dataset.rows(name)["reason"].tolist() for name in SAYING},
                    (row["input_rows"], row[1:].sum()),
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
        alike = [c for c in batch_of(case) if c.said == case.said and table in c.where]
        reasons = "\n".join(outcome.said[table])
        assert reasons.count(case.said) >= sum(len(each.rows) for each in alike)


def test_with_every_bad_row_at_once_what_is_locked_is_published(
    dataset: Dataset, undisturbed: Schedules
) -> None:
    unhurried = dataset.rows("tuning").assign(selector_max_seconds=600.0)  # a machine may be busy
    dataset.load("tuning", unhurried)
    for batch in {case.batch: batch_of(case) for case in CASES}.values():
        _spoil(dataset, batch)
    with session(dataset):
        schedules = planned_week(dataset)
        published = publish_files(dataset, WEEK, run_id="test", report=lambda _: None)
        rows = active_messages(dataset, WEEK)
    assert schedules == {page: undisturbed[page] for page in PAGES if page != OWN}
    assert set(published.log["page_name"]) == set(schedules)
    assert set(published.log["status"]) == {"succeeded"}
    assert wrong_folder(rows, published.folder, {}) == []


def test_a_pattern_that_does_not_compile_is_said_of_its_page_alone(tmp_path: Path) -> None:
    """A run that is narrowed to pages, and the procedure itself, refuse that page too."""
    dataset = opened(copied(planned_four_pages(), tmp_path))
    _spoil(dataset, [case for case in CASES if case.name == "a pattern that does not compile"])
    with session(dataset):
        said: list[Shortfall] = []
        scope = week_plan_scope(dataset, WEEK, ["anna", OWN])
        chosen = select_captions(dataset, scope, said.append)
        with pytest.raises(RaisedError, match=r'"\(" is not an RE2 pattern'):
            select_captions(dataset, week_plan_scope(dataset, WEEK, [OWN]))
    assert set(chosen["page_name"]) == {"anna"}
    (refusal,) = said
    assert refusal.page_name == OWN
    assert '"(" is not an RE2 pattern' in refusal.reason


def restricted(page: str, patterns: Sequence[str]) -> Case:
    """Restrictions of a page, by patterns alone."""
    return Case(
        f"patterns of {page}",
        "creator_caption_restrictions",
        [restriction(page_name=page, blocked_patterns=list(patterns))],
    )


@pytest.fixture(scope="module")
def learned(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the facts and statistics of the good rows; no week is planned."""
    home = copied(good, tmp_path_factory.mktemp("learned"))
    dataset = opened(home)
    with session(dataset):
        refresh_facts(dataset)
        dataset.call("update_caption_performance", p_as_of=WEEK, p_lookback_days=90)
    return home


LARGEST = [rf"never{n}\p{{L}}{{25}}" for n in range(6)]
"""Patterns that are as large together as a page's may be."""


@pytest.mark.parametrize(
    "cases",
    [
        [restricted(f"page_{n}", LARGEST) for n in range(20)],
        [restricted("anna", LARGEST)],
        [restricted("anna", [rf"word{n}z" for n in range(1_200)])],
        [restricted("anna", [*LARGEST[:5], r"\Qnever", r"[a-z ]*e[a-z ]{80}z"])],
    ],
    ids=["of twenty other pages", "of the page", "many words", "with a quotation"],
)
def test_the_largest_patterns_leave_a_selection_fast(
    learned: Path, tmp_path: Path, cases: list[Case]
) -> None:
    """Seconds of the processor, as the machine that the limit is meant for would count them."""
    dataset = opened(copied(learned, tmp_path))
    _spoil(dataset, cases)
    wanted = {"p_num_budget": 2, "p_num_mid": 2, "p_num_premium": 2, "p_num_bump": 2}
    with session(dataset):
        begun = time.process_time()
        dataset.call(
            "select_captions_for_creator",
            **{"p_page_name": "anna", "p_week_start": WEEK, **wanted, "p_seed": "eros"},
        )
        seconds = time.process_time() - begun
    assert seconds / slowness() < 2


@pytest.mark.parametrize(
    ("patterns", "size"),
    [
        ([r"(?i)\bgluten\b", r"\d{3}-\d{3}-\d{4}"], None),
        ([r"\p{L}{166}"], None),
        ([r"\p{L}{150}", r"\P{Lu}{50}"], 12_000),
        (["word"] * 2_501, 10_004),
        (["a{3,10}b{20,}c{0}" * 2], 1_360_000),
    ],
)
def test_the_size_of_a_page_s_patterns_has_its_repetitions_written_out(
    dataset: Dataset, patterns: list[str], size: int | None
) -> None:
    for case in [restricted("anna", patterns[:1]), restricted("anna ", patterns[1:])]:
        _spoil(dataset, [case])
    rows = dataset.rows("judged_restrictions")
    reasons = {str(r) for r in rows.loc[rows["page_name"] == "anna", "reason"] if r is not None}
    assert bool(reasons) is (size is not None)
    assert all(f"too large together, {size} with" in reason for reason in reasons)


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
        planned_week(dataset)
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
