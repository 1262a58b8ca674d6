"""Where captions can't be selected for all pages at once, each page is selected for alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from eros_assets.dataset import Dataset
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from eros_assets.weekly.scope import WeekPlanScope, week_plan_scope
from eros_assets.weekly.selection import select_captions
from eros_assets.weekly.shortfalls import Shortfall
from tests.weekly.bad_rows import PAGES, WEEK
from tests.weekly.four_pages import copied, opened, planned_four_pages, session

SELECTOR = "select_captions_for_creator"
FIRST_STATEMENT = "  SET (\n    v_refusal,"
FAILING = "    SET v_refusal = CAST(CAST('many' AS INT64) AS STRING);\n"


TOLD_EVERY = "eros_assets.weekly.selection.TOLD_EVERY"


@pytest.fixture
def dataset(tmp_path: Path) -> Iterator[Dataset]:
    """Four pages with their week planned."""
    with session(dataset := opened(copied(planned_four_pages(), tmp_path))):
        yield dataset


def scope_of(dataset: Dataset) -> WeekPlanScope:
    """Every page of the week, of which nothing has begun."""
    return week_plan_scope(dataset, WEEK)


def fail_where(dataset: Dataset, condition: str) -> None:
    """Let the selector fail where this holds, as on a bad value that no rule knows."""
    (selector,) = [d for d in dataset.warehouse.definitions() if d.name == SELECTOR]
    before, found, after = selector.text.partition(FIRST_STATEMENT)
    assert found
    text = f"{before}  IF {condition} THEN\n{FAILING}  END IF;\n{found}{after}"
    dataset.warehouse.define([replace(selector, text=text)])


def test_pages_are_selected_for_alone_when_the_call_for_all_fails(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, failures, told = scope_of(dataset), list[Shortfall](), list[str]()
    fail_where(dataset, "p_page_name IS NULL")
    monkeypatch.setattr(TOLD_EVERY, 2)

    chosen = select_captions(dataset, scope, failures.append, told.append)

    assert failures == []
    assert scope.pages == PAGES
    assert "for each page alone, which takes longer: WarehouseError: " in told[0]
    assert "many" in told[0]
    assert told[1:] == ["selected for 2 of 4 pages"]
    assert set(chosen["page_name"]) == set(scope.pages)
    assert not chosen["caption_id"].duplicated().any()
    stored = dataset.warehouse.query(
        "SELECT page_name, caption_id FROM `${dataset}.caption_selections` "
        "WHERE week_start = @week ORDER BY page_name, caption_id",
        {"week": WEEK},
    )
    shown = chosen[["page_name", "caption_id"]].sort_values(["page_name", "caption_id"])
    assert stored.to_numpy().tolist() == shown.to_numpy().tolist()


@pytest.mark.parametrize("failing", [1, 2])
def test_pages_that_fail_alone_too_are_reported_and_stop_no_other(
    dataset: Dataset, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, failures, told = scope_of(dataset), list[Shortfall](), list[str]()
    bad, good = scope.pages[:failing], scope.pages[failing:]
    named = ", ".join(f"'{page}'" for page in bad)
    fail_where(dataset, f"p_page_name IS NULL OR p_page_name IN ({named})")
    monkeypatch.setattr(TOLD_EVERY, 1)

    chosen = select_captions(dataset, scope, failures.append, told.append)

    assert told[1:] == [f"selected for {n} of 4 pages" for n in (1, 2, 3)]
    assert set(chosen["page_name"]) == set(good)
    assert [failure.page_name for failure in failures] == list(bad)
    assert all("many" in failure.reason for failure in failures)


def test_a_warehouse_that_fails_for_every_page_is_an_error_of_no_page(dataset: Dataset) -> None:
    failures = list[Shortfall]()
    fail_where(dataset, "TRUE")
    with pytest.raises(WarehouseError, match="many"):
        select_captions(dataset, scope_of(dataset), failures.append)
    assert failures == []


def test_with_nobody_to_report_to_the_error_of_the_call_for_all_is_raised(
    dataset: Dataset,
) -> None:
    fail_where(dataset, "p_page_name IS NULL")
    with pytest.raises(WarehouseError) as failed:
        select_captions(dataset, scope_of(dataset))
    assert not isinstance(failed.value, RaisedError)
