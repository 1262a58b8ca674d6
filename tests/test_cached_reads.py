"""Steps of a run that ask the same again get what was read, while the tables are as they were."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

from eros_assets.cached_reads import MOST_ANSWERS, MOST_ROWS, cached_read, hashable
from eros_assets.dataset import Dataset, StatementError
from eros_assets.warehouse.protocol import Freshness, Typed
from eros_assets.work import work_of_many_operations

MONDAY = dt.date(2025, 11, 3)
NOON = dt.datetime(2025, 11, 3, 12, tzinfo=dt.UTC)
AS_IT_WAS = [Freshness(NOON, 3)]


@pytest.fixture
def work() -> Iterator[None]:
    """No work is under way but what a test begins itself."""
    return iter([None])


@contextmanager
def run() -> Iterator[None]:
    with work_of_many_operations():
        yield


def pages(dataset: Dataset, *wanted: str) -> list[str]:
    rows = dataset.cached_query(
        "pages_to_plan",
        week_start=MONDAY,
        has_begun=False,
        pages=list(wanted),
        force=False,
        is_replacing=False,
    )
    return list(rows["page_name"])


def creators(dataset: Dataset, *names: str) -> None:
    rows = [{"page_name": name, "display_name": name, "is_active": True} for name in names]
    dataset.load("creators", pd.DataFrame(rows))


def test_a_run_reads_what_has_not_changed_once(dataset: Dataset) -> None:
    handles = [dataset.labelled(asset=name) for name in ("first", "second")]
    with run():
        assert [pages(handle) for handle in handles] == [["coach", "cook"]] * 2
    assert [len(handle.ledger) for handle in handles] == [1, 0]


def test_rows_of_a_table_below_a_view_that_has_changed_are_read_again(dataset: Dataset) -> None:
    with run():
        assert pages(dataset) == ["coach", "cook"]
        creators(dataset, "coach", "cook", "host")
        assert pages(dataset) == ["coach", "cook", "host"]
        names = dataset.cached_query("creator_names")
        assert list(names["page_name"]) == ["coach", "cook", "host"]


def test_other_parameters_are_another_question(dataset: Dataset) -> None:
    with run():
        assert pages(dataset, "cook") == ["cook"]
        assert pages(dataset, "coach") == ["coach"]
        assert pages(dataset) == ["coach", "cook"]
        assert pages(dataset, "cook") == ["cook"]
    assert len(dataset.ledger) == 3


def test_what_one_run_has_read_is_not_taken_for_another_s(dataset: Dataset) -> None:
    for _ in range(2):
        with run():
            pages(dataset)
    assert len(dataset.ledger) == 2


def test_outside_of_a_run_everything_is_read(dataset: Dataset) -> None:
    assert pages(dataset) == pages(dataset)
    assert len(dataset.ledger) == 2


def test_rows_are_each_reader_s_own(dataset: Dataset) -> None:
    with run():
        for _ in range(2):
            rows = dataset.cached_rows("creators", is_active=True)
            assert sorted(rows["page_name"]) == ["coach", "cook"]
            rows["page_name"] = "changed"
    assert len(dataset.ledger) == 1


def test_a_view_or_table_that_sql_does_not_have_is_refused(dataset: Dataset) -> None:
    with run(), pytest.raises(StatementError, match="nothing"):
        dataset.cached_rows("nothing")


def test_what_changes_while_it_is_read_is_read_again() -> None:
    states = iter([AS_IT_WAS, [Freshness(NOON, 4)], [Freshness(NOON, 4)]])
    reads: list[int] = []

    def read() -> pd.DataFrame:
        reads.append(1)
        return pd.DataFrame({"read": [len(reads)]})

    with run():
        answers = [cached_read("question", lambda: next(states), read) for _ in range(3)]
    assert [int(rows["read"].iloc[0]) for rows in answers] == [1, 2, 2]


@pytest.mark.parametrize(
    ("state", "rows", "reads_twice"),
    [(AS_IT_WAS, MOST_ROWS, False), (AS_IT_WAS, MOST_ROWS + 1, True), ([None], 1, True)],
    ids=["kept", "too large", "of no table"],
)
def test_a_large_answer_or_one_of_unknown_state_is_not_kept(
    state: list[Freshness | None], rows: int, reads_twice: bool
) -> None:
    reads: list[int] = []

    def read() -> pd.DataFrame:
        reads.append(1)
        return pd.DataFrame({"row": range(rows)})

    with run():
        for _ in range(2):
            assert len(cached_read("question", lambda: state, read)) == rows
    assert (len(reads) == 2) is reads_twice


def test_of_many_answers_the_oldest_is_read_again() -> None:
    reads: list[int] = []

    def ask(question: int) -> None:
        def read() -> pd.DataFrame:
            reads.append(question)
            return pd.DataFrame({"row": [question]})

        assert cached_read(question, lambda: AS_IT_WAS, read)["row"].tolist() == [question]

    with run():
        for question in range(MOST_ANSWERS + 1):
            ask(question)
        ask(1)
        ask(0)
    assert reads == [*range(MOST_ANSWERS + 1), 0]


def test_values_of_other_types_are_other_questions() -> None:
    questions = [
        {"a": Typed([], "ARRAY<STRING>")},
        {"a": Typed([], "ARRAY<INT64>")},
        {"a": Typed(["x"], "ARRAY<STRING>")},
        {"a": Typed("x", "STRING")},
        {"a": Typed(None, "STRING")},
        {"b": Typed(None, "STRING")},
    ]
    assert len({hashable(question) for question in questions}) == len(questions)
    assert hashable({"a": Typed(("x",), "ARRAY<STRING>")}) == hashable(questions[2])
