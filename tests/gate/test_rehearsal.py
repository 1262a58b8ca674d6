"""A rehearsal changes nothing in the dataset, gives the procedure's own rows, and times itself."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.dataset import Dataset
from eros_assets.gate import rehearsal
from eros_assets.gate.findings import Finding
from eros_assets.gate.rehearsal import (
    OFFERS,
    REHEARSAL_WEEK,
    REPEATS,
    SELECTOR,
    WRITTEN,
    RehearsedWeek,
    SelectionWork,
    Timing,
)
from eros_assets.gate.report import Report
from eros_assets.gate.smoke import smoke_findings
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import Freshness, WarehouseError
from tests.assets.installed import WEEK, Installed, copied

PAGE = "basil_and_thyme"
ARGUMENTS: Mapping[str, Any] = {
    "p_page_name": PAGE,
    "p_week_start": REHEARSAL_WEEK,
    "p_num_budget": 3,
    "p_num_mid": 2,
    "p_num_premium": 1,
    "p_num_bump": 4,
    "p_seed": "seed",
}
CASES: Mapping[str, Mapping[str, Any]] = {
    "a page": ARGUMENTS,
    "another": {**ARGUMENTS, "p_page_name": "amber_lens"},
    "another seed": {**ARGUMENTS, "p_seed": "other"},
    "no caption": {**ARGUMENTS, **{f"p_num_{t}": 0 for t in ("budget", "mid", "premium", "bump")}},
    "more than there are": {**ARGUMENTS, "p_num_premium": 100_000},
    "all of a planned week": {
        **dict.fromkeys(ARGUMENTS),
        "p_week_start": WEEK,
        "p_seed": "other",
    },
}
STAMPS = ["selected_at"]


@pytest.fixture(scope="module")
def shared(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One agency for the tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("rehearsed")
    with copied(planned, folder) as agency:
        yield agency


def state(dataset: Dataset) -> dict[str, tuple[Any, int, Any]]:
    """When each table changed, its number of rows, and a digest of their content."""
    schema = dataset.settings.dataset
    found: dict[str, tuple[Any, int, Any]] = {}
    with storage_of(dataset.settings.warehouse_file).opened() as connection:
        rows = connection.execute("SELECT table_name, changed_at FROM eros_catalog.changes")
        changed = dict(rows.fetchall())
        for table in dataset.library.of_kind("table"):
            count = connection.execute(
                f'SELECT COUNT(*), SUM(hash(t)) FROM "{schema}"."{table.name}" AS t'
            ).fetchall()
            found[table.name] = (changed.get(table.name), *count[0])
    return found


def bare(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns=STAMPS).reset_index(drop=True)


# What it changes and gives


def test_smoke_tests_leave_every_table_as_it_was(shared: Installed) -> None:
    before = state(shared.dataset)
    assert {*WRITTEN, "message_facts", "schedule_recommendations"} <= before.keys()
    assert all(finding.passed for finding in smoke_findings(shared.dataset, WEEK))
    assert state(shared.dataset) == before


@pytest.mark.parametrize("case", CASES)
def test_a_rehearsal_gives_the_rows_of_the_procedure_and_changes_nothing(
    agency: Installed, case: str
) -> None:
    dataset, arguments = agency.dataset, CASES[case]
    before = state(dataset)
    rehearsed = dataset.rehearse(SELECTOR, arguments, writing=WRITTEN)
    offered = dataset.rehearse(SELECTOR, arguments, writing=WRITTEN, then=OFFERS)
    assert state(dataset) == before
    called = dataset.call(SELECTOR, **arguments).rows
    pd.testing.assert_frame_equal(bare(rehearsed), bare(called))
    names = ("p_week_start", "p_page_name")
    left = dataset.query(OFFERS, **{name: arguments[name] for name in names})
    pd.testing.assert_frame_equal(offered, left)
    assert (state(dataset) != before) is bool(len(called))


def test_a_rehearsal_that_fails_changes_nothing(shared: Installed) -> None:
    before = state(shared.dataset)
    for wrong in ({"p_week_start": WEEK.replace(day=5)}, {"p_seed": None}, {"p_page_name": "none"}):
        with pytest.raises(WarehouseError, match="select_captions_for_creator: "):
            shared.dataset.rehearse(SELECTOR, {**ARGUMENTS, **wrong}, writing=WRITTEN)
    for arguments in ({}, {**ARGUMENTS, "p_more": 1}):
        with pytest.raises(WarehouseError, match=SELECTOR):
            shared.dataset.rehearse(SELECTOR, arguments, writing=WRITTEN)
    assert state(shared.dataset) == before


# What the run that asks has selected itself


def judged(dataset: Dataset, work: SelectionWork | None) -> tuple[Mapping[str, Finding], set[str]]:
    """The smoke tests by name, and the statements that were run for them."""
    begun = dt.datetime.now(dt.UTC)
    findings = {each.name: each for each in smoke_findings(dataset, WEEK, work=work)}
    return findings, {job.statement for job in dataset.warehouse.jobs(begun)}


REHEARSED = f"rehearse {SELECTOR}"


def test_what_a_run_has_selected_is_judged_and_nothing_is_selected_again(
    shared: Installed,
) -> None:
    before = state(shared.dataset)
    findings, statements = judged(shared.dataset, SelectionWork((), 0.25))
    assert REHEARSED not in statements
    assert all(finding.passed for finding in findings.values())
    assert findings["smoke_selector"].observed == 0.25
    assert state(shared.dataset) == before
    assert REHEARSED in judged(shared.dataset, None)[1]


def test_a_run_of_one_page_is_judged_by_that_page(shared: Installed) -> None:
    page = max(shared.dataset.rows("weekly_volume_targets", week_start=WEEK)["page_name"])
    assert rehearsal.rehearsed_page(shared.dataset, WEEK, ()) != page
    selected: list[str] = []
    before = state(shared.dataset)
    with pytest.MonkeyPatch.context() as patch:
        known = rehearsal.selected
        patch.setattr(
            rehearsal,
            "selected",
            lambda week, work: [selected.append(week.page_name), known(week, work)][1],
        )
        findings, statements = judged(shared.dataset, SelectionWork([page], 0.1))
    assert selected == [page]
    assert REHEARSED not in statements
    assert all(finding.passed for finding in findings.values())
    assert state(shared.dataset) == before


def test_a_selection_that_was_slow_is_timed_again(shared: Installed) -> None:
    longest = float(read_knobs(shared.dataset)["selector_max_seconds"])
    findings, statements = judged(shared.dataset, SelectionWork((), longest))
    assert REHEARSED in statements
    assert findings["smoke_selector"].observed < longest


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM `${dataset}.caption_selections` WHERE page_name = '{page}'",
        (
            "DELETE FROM `${dataset}.caption_selections` WHERE page_name = '{page}' "
            "AND tier_rank = 1 AND price_tier = 'mid'"
        ),
        (
            "UPDATE `${dataset}.caption_selections` SET price_tier = 'mid' "
            "WHERE page_name = '{page}' AND price_tier = 'budget' AND tier_rank = 1"
        ),
        "DELETE FROM `${dataset}.weekly_volume_targets` WHERE page_name = '{page}'",
    ],
    ids=["no caption", "one too few", "of another tier", "no targets"],
)
def test_a_selection_that_is_not_what_was_asked_for_is_made_again(
    agency: Installed, change: str
) -> None:
    page = rehearsal.rehearsed_page(agency.dataset, WEEK, ())
    agency.change(change.replace("{page}", page))
    findings, statements = judged(agency.dataset, SelectionWork((), 0.1))
    assert REHEARSED in statements
    assert findings["smoke_selector"].passed


# Time


def slow(engine: float, waited: float) -> Timing:
    return Timing(engine_seconds=engine, waited_seconds=waited)


@dataclass
class Line:
    """A page that is rehearsed, with two seconds for the selector, and the rows that it gives."""

    week: RehearsedWeek
    report: Report
    rules: Any
    rows: pd.DataFrame


@pytest.fixture(scope="module")
def line(shared: Installed) -> Line:
    knobs = {**read_knobs(shared.dataset), "selector_max_seconds": 2.0}
    week = RehearsedWeek(shared.dataset, PAGE, WEEK, knobs)
    report = rehearsal.analyze(week)
    rules = rehearsal.page_rules(week, report)
    selection = rehearsal.select(week, report, rules)
    assert not selection.still_offered, "the page gets all that it asks for"
    return Line(week, report, rules, pd.DataFrame(selection.captions))


@pytest.fixture
def gives_at_once(line: Line, monkeypatch: pytest.MonkeyPatch) -> Line:
    """The same, where rehearsals give these rows at once: how long they took is made up."""
    monkeypatch.setattr(Dataset, "rehearse", lambda *_, **__: line.rows)
    return line


@pytest.mark.parametrize(
    ("timings", "calls", "fastest"),
    [
        ([slow(0.5, 30.0)], 1, slow(0.5, 30.0)),
        ([slow(1.99, 0.0)], 1, slow(1.99, 0.0)),
        ([slow(2.0, 0.0), slow(1.0, 9.0)], 2, slow(1.0, 9.0)),
        ([slow(9.0, 0.0), slow(8.0, 1.0), slow(1.5, 2.0)], 3, slow(1.5, 2.0)),
        ([slow(4.0, 0.0), slow(3.0, 1.0), slow(5.0, 2.0)], 3, slow(3.0, 1.0)),
    ],
)
def test_a_slow_selection_is_tried_again_and_the_fastest_counts(
    gives_at_once: Line,
    monkeypatch: pytest.MonkeyPatch,
    timings: list[Timing],
    calls: int,
    fastest: Timing,
) -> None:
    line, left = gives_at_once, iter(timings)
    made: list[Timing] = []

    def timed(_: object) -> Timing:
        made.append(next(left))
        return made[-1]

    monkeypatch.setattr(Timing, "of", timed)
    monkeypatch.setattr(type(line.week.dataset.warehouse), "slowness", lambda _: 1.0)
    selection = rehearsal.select(line.week, line.report, line.rules)
    assert selection.timing == fastest
    assert len(made) == calls <= REPEATS + 1
    assert selection.captions


@pytest.mark.parametrize(
    ("captions", "longest"), [(0, 2.0), (44_651, 2.0), (50_000, 2.0), (500_000, 20.0)]
)
def test_a_larger_bank_may_take_longer(
    line: Line, monkeypatch: pytest.MonkeyPatch, captions: int, longest: float
) -> None:
    bank = Freshness(dt.datetime(2025, 11, 3, tzinfo=dt.UTC), captions)
    monkeypatch.setattr(type(line.week.dataset.warehouse), "freshness", lambda *_: bank)
    assert line.week.longest_selection == longest


def test_a_busy_machine_is_no_slow_selection(
    gives_at_once: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work takes twice as long: half of the selection's time was waiting."""
    line = gives_at_once
    monkeypatch.setattr(Timing, "of", lambda _: slow(3.0, 1.0))
    monkeypatch.setattr(type(line.week.dataset.warehouse), "slowness", lambda _: 2.0)
    selection = rehearsal.select(line.week, line.report, line.rules)
    assert selection.timing == slow(1.5, 2.5)


@pytest.mark.parametrize(
    ("duration", "execution", "timing"),
    [
        (30.0, 0.5, slow(0.5, 29.5)),
        (3.0, 3.0, slow(3.0, 0.0)),
        (3.0, None, slow(3.0, 0.0)),
        (1.0, 1.25, slow(1.25, 0.0)),
        (1.0, 0.0, slow(0.0, 1.0)),
    ],
)
def test_what_a_job_took_is_the_engine_s_time_and_what_it_waited(
    shared: Installed, duration: float, execution: float | None, timing: Timing
) -> None:
    shared.query("SELECT 1 AS one")
    job = shared.dataset.ledger[-1]
    timed = replace(job, duration_seconds=duration, execution_seconds=execution)
    assert Timing.of(timed) == timing


def test_the_embedded_engine_does_not_count_what_it_waited_for(shared: Installed) -> None:
    shared.dataset.rehearse(SELECTOR, ARGUMENTS, writing=WRITTEN)
    job = shared.dataset.ledger[-1]
    assert job.execution_seconds is not None
    assert 0 < job.execution_seconds <= job.duration_seconds
