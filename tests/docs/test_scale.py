"""The page on what a large agency costs is computed from the measured figures and the SQL."""

import copy
from typing import Any

import pytest

from benchmarks.bills import LEAST_BILLED, usd
from docs.scale import PAGE_FILE, WORKS, Work, page, read_figures, rows_of, statements, total
from eros_assets.dataset import sql_library

REMAKE = "the SQL or the figures have changed: run `python -m docs.scale`"


@pytest.fixture
def figures() -> dict[str, Any]:
    return copy.deepcopy(dict(read_figures()))


def test_the_page_is_computed_from_the_present_sql_and_figures() -> None:
    assert page(read_figures(), sql_library()) == PAGE_FILE.read_text(encoding="utf-8"), REMAKE


def test_a_tebibyte_costs_the_price_of_one() -> None:
    assert usd(2**40) == 6.25


def test_a_statement_is_billed_its_columns_of_every_row(figures: dict[str, Any]) -> None:
    figures["size"]["messages"] = 10**9
    figures["columns"]["message_facts"] = {"sending_time": 8.0, "send_date": 8.0, "price": 8.0}
    work = Work("Newest", ["statistics_date"], 1, 7)
    (found,) = statements(sql_library(), work, figures)
    # One column of the facts; the other table is a small one.
    assert found.size == pytest.approx(10**9 * 8 + LEAST_BILLED)


def test_a_statement_is_billed_the_partitions_that_it_reads(figures: dict[str, Any]) -> None:
    work = Work("Sent", ["sent_this_week"], 0, 1)
    (week,) = statements(sql_library(), work, figures)
    del figures["days"]["sent_this_week"]
    (whole,) = statements(sql_library(), work, figures)
    assert whole.size > 50 * week.size


def test_a_small_table_is_billed_ten_mebibytes(figures: dict[str, Any]) -> None:
    work = Work("Names", ["creator_names"], 0, 1)
    (found,) = statements(sql_library(), work, figures)
    assert found.size == LEAST_BILLED
    assert total(work, [found], figures).jobs == 2


def test_every_large_table_has_a_measured_width(figures: dict[str, Any]) -> None:
    measured = figures["columns"].keys() | figures["temporary"].keys()
    assert rows_of(figures).keys() <= measured
    assert {name for work in WORKS for name in work.objects} <= sql_library().keys()
