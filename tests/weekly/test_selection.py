"""Where captions can't be selected for all pages at once, each page is selected for alone."""

from dataclasses import replace

import pytest

from eros_assets.dataset import Dataset
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from eros_assets.weekly.scope import WeekPlanScope, week_plan_scope
from eros_assets.weekly.selection import select_captions
from eros_assets.weekly.shortfalls import Shortfall
from tests.assets.installed import WEEK, Installed

SELECTOR = "select_captions_for_creator"
FIRST_STATEMENT = "  SET (\n    v_refusal,"
FAILING = "    SET v_refusal = CAST(CAST('many' AS INT64) AS STRING);\n"


def scope_of(agency: Installed) -> WeekPlanScope:
    """Every page of the week, of which nothing has begun."""
    return week_plan_scope(agency.dataset, WEEK)


def fail_where(dataset: Dataset, condition: str) -> None:
    """Let the selector fail where this holds, as on a bad value that no rule knows."""
    (selector,) = [d for d in dataset.warehouse.definitions() if d.name == SELECTOR]
    before, found, after = selector.text.partition(FIRST_STATEMENT)
    assert found
    text = f"{before}  IF {condition} THEN\n{FAILING}  END IF;\n{found}{after}"
    dataset.warehouse.define([replace(selector, text=text)])


def test_pages_are_selected_for_alone_when_the_call_for_all_fails(
    agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, failures, told = scope_of(agency), list[Shortfall](), list[str]()
    fail_where(agency.dataset, "p_page_name IS NULL")
    monkeypatch.setattr("eros_assets.weekly.selection.TOLD_EVERY", 2)

    chosen = select_captions(agency.dataset, scope, failures.append, told.append)

    assert failures == []
    assert len(scope.pages) == 6
    assert "for each page alone, which takes longer: WarehouseError: " in told[0]
    assert "many" in told[0]
    assert told[1:] == ["selected for 2 of 6 pages", "selected for 4 of 6 pages"]
    assert set(chosen["page_name"]) == set(scope.pages)
    assert not chosen["caption_id"].duplicated().any()
    stored = agency.query(
        "SELECT page_name, caption_id FROM `${dataset}.caption_selections` "
        "WHERE week_start = @week ORDER BY page_name, caption_id",
        week=WEEK,
    )
    shown = chosen[["page_name", "caption_id"]].sort_values(["page_name", "caption_id"])
    assert stored.to_numpy().tolist() == shown.to_numpy().tolist()


@pytest.mark.parametrize("failing", [1, 2])
def test_pages_that_fail_alone_too_are_reported_and_stop_no_other(
    agency: Installed, failing: int
) -> None:
    scope, failures = scope_of(agency), list[Shortfall]()
    bad, good = scope.pages[:failing], scope.pages[failing:]
    named = ", ".join(f"'{page}'" for page in bad)
    fail_where(agency.dataset, f"p_page_name IS NULL OR p_page_name IN ({named})")

    chosen = select_captions(agency.dataset, scope, failures.append)

    assert set(chosen["page_name"]) == set(good)
    assert [failure.page_name for failure in failures] == list(bad)
    assert all("many" in failure.reason for failure in failures)


def test_a_warehouse_that_fails_for_every_page_is_an_error_of_no_page(agency: Installed) -> None:
    failures = list[Shortfall]()
    fail_where(agency.dataset, "TRUE")
    with pytest.raises(WarehouseError, match="many"):
        select_captions(agency.dataset, scope_of(agency), failures.append)
    assert failures == []


def test_with_nobody_to_report_to_the_error_of_the_call_for_all_is_raised(
    agency: Installed,
) -> None:
    fail_where(agency.dataset, "p_page_name IS NULL")
    with pytest.raises(WarehouseError) as failed:
        select_captions(agency.dataset, scope_of(agency))
    assert not isinstance(failed.value, RaisedError)
