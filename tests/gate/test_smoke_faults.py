"""Each smoke test fails when its part of the line does wrong, and fails alone.

The line is rehearsed once; a test puts what went wrong in the place of one of its products.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from eros_assets.dataset import Dataset
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.gate import rehearsal
from eros_assets.gate.rehearsal import RehearsedWeek, Selection, Timing
from eros_assets.gate.report import Report
from eros_assets.gate.smoke import smoke_findings
from eros_assets.planning.model import WeekPlan
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import SqlObject
from eros_assets.weekly.drafting import Record
from tests.assets.installed import WEEK, copied

Rehearse = Callable[..., Mapping[str, list[str]]]
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Rehearsed:
    """What each part of the line made of the sample agency."""

    week: RehearsedWeek
    report: Report
    rules: Record
    selection: Selection
    plan: WeekPlan


@pytest.fixture(scope="module")
def line(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    folder = tmp_path_factory.mktemp("rehearsed")
    with copied(planned, folder) as agency:
        dataset = agency.dataset
        page = rehearsal.rehearsed_page(dataset, WEEK, ())
        week = RehearsedWeek(dataset, page, WEEK, read_knobs(dataset))
        report = rehearsal.analyze(week)
        rules = rehearsal.page_rules(week, report)
        selection = rehearsal.select(week, report, rules)
        plan = rehearsal.build(week, report, rules, selection.captions)
        yield Rehearsed(week, report, rules, selection, plan)


@pytest.fixture
def rehearse(line: Rehearsed, monkeypatch: pytest.MonkeyPatch) -> Rehearse:
    """The failed smoke tests with their offenders, given other products than the rehearsed."""

    def run(on: Dataset | None = None, **instead: Any) -> Mapping[str, list[str]]:
        products = {
            "analyze": line.report,
            "page_rules": line.rules,
            "select": line.selection,
            "build": line.plan,
            "clock_differences": [],
            **instead,
        }
        for name, product in products.items():
            if product is not None:
                monkeypatch.setattr(rehearsal, name, lambda *_, made=product: made)
        found = smoke_findings(on or line.week.dataset, WEEK)
        return {each.name: list(each.offenders) for each in found if not each.passed}

    return run


def with_changed(dataset: Dataset, changed: SqlObject) -> Dataset:
    """The dataset, one file of its library changed."""
    others = [each for each in dataset.library.values() if each.name != changed.name]
    return replace(dataset, library=SqlLibrary([*others, changed]))


def test_nothing_is_wrong_with_the_line_as_rehearsed(rehearse: Rehearse) -> None:
    assert rehearse() == {}


# Selector


@pytest.mark.parametrize(
    ("text", "wrong", "said"),
    [
        (
            "p_page_name IS NULL OR c.page_name = p_page_name AS is_asked",
            "c.page_name = p_page_name AND c.price_tier != 'mid' AS is_asked",
            "was left",
        ),
        (
            "COALESCE(p_num_mid, w.num_mid) AS num_mid",
            "p_num_mid + 1 AS num_mid",
            "captions of tier mid,",
        ),
    ],
    ids=["missing", "surplus"],
)
def test_captions_other_than_those_asked_for_are_seen(
    line: Rehearsed, rehearse: Rehearse, text: str, wrong: str, said: str
) -> None:
    procedure = line.week.dataset.library["select_captions_for_creator"]
    assert text in procedure.text
    changed = replace(procedure, text=procedure.text.replace(text, wrong))
    failed = rehearse(with_changed(line.week.dataset, changed), select=None)
    assert said in failed["smoke_selector"][0]
    assert "smoke_analyzer" not in failed


def test_no_caption_at_all_is_seen(line: Rehearsed, rehearse: Rehearse) -> None:
    failed = rehearse(select=replace(line.selection, captions=[]))
    assert "no caption" in failed["smoke_selector"][0]


@pytest.fixture
def two_seconds(line: Rehearsed) -> Selection:
    """A selection that the engine has two seconds for, as shipped."""
    return replace(line.selection, longest_seconds=2.0)


@pytest.mark.parametrize(("engine", "waited"), [(0.1, 60.0), (1.99, 0.0), (0.0, 5.0)])
def test_a_selector_that_waited_for_a_busy_machine_passes(
    two_seconds: Selection, rehearse: Rehearse, engine: float, waited: float
) -> None:
    assert rehearse(select=replace(two_seconds, timing=Timing(engine, waited))) == {}


@pytest.mark.parametrize(("engine", "waited"), [(2.0, 0.0), (2.5, 0.25), (60.0, 600.0)])
def test_a_selector_whose_engine_is_slow_fails_and_says_how_long_it_waited(
    line: Rehearsed, two_seconds: Selection, rehearse: Rehearse, engine: float, waited: float
) -> None:
    failed = rehearse(select=replace(two_seconds, timing=Timing(engine, waited)))
    said = (
        f"took {engine:.2f} s of the engine's time, and waited for {waited:.2f} s; it may take 2 s "
        "(tuning: selector_max_seconds)"
    )
    assert failed == {"smoke_selector": [f"{line.week.page_name}: {said}"]}


# Builder


def too_close(plan: WeekPlan) -> WeekPlan:
    first, second, *others = plan.messages
    moved = replace(second, send_time=first.send_time + dt.timedelta(minutes=5))
    return replace(plan, messages=(first, moved, *others))


def one_lost(plan: WeekPlan) -> WeekPlan:
    return replace(plan, messages=plan.messages[1:])


def one_of_nobody_s_choice(plan: WeekPlan) -> WeekPlan:
    first, *others = plan.messages
    stranger = replace(first, number=0, caption=replace(first.caption, caption_id=-1))
    return replace(plan, messages=(stranger, *others))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (too_close, "message_gap_minutes"),
        (one_lost, "neither a place nor a reason"),
        (one_of_nobody_s_choice, "caption -1 was not selected"),
    ],
)
def test_a_week_that_breaks_a_rule_or_mixes_up_captions_is_seen(
    line: Rehearsed,
    rehearse: Rehearse,
    spoil: Callable[[WeekPlan], WeekPlan],
    said: str,
) -> None:
    failed = rehearse(build=spoil(line.plan))
    assert any(said in offender for offender in failed["smoke_builder"])


# Exporter


def without_last_row(content: bytes) -> bytes:
    *rows, _ = content.splitlines(keepends=True)
    return b"".join(rows)


def with_another_tier(content: bytes) -> bytes:
    return content.replace(b",budget,", b",premium,", 1)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content.replace(b"\r\n", b"\n"), "CRLF"),
        (lambda content: MARK + content, "byte order mark"),
        (lambda content: content.replace(b"-08:00", b"-05:00"), "offset of America/Los_Angeles"),
        (lambda content: content[: len(content) // 2], "line"),
        (lambda content: content[:0], "header"),
        (without_last_row, "read back"),
        (with_another_tier, "read back"),
    ],
    ids=["LF", "BOM", "New York", "half", "empty", "fewer", "changed"],
)
def test_a_file_that_is_not_the_schedule_s_is_seen(
    rehearse: Rehearse,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[bytes], bytes],
    said: str,
) -> None:
    write = rehearsal.write_schedule_csv

    def wrongly(path: Path, lines: list[ScheduledMessage]) -> None:
        content = write(path, lines).path.read_bytes()
        assert spoil(content) != content
        path.write_bytes(spoil(content))

    monkeypatch.setattr(rehearsal, "write_schedule_csv", wrongly)
    failed = rehearse()
    assert list(failed) == ["smoke_exporter"]
    assert said in failed["smoke_exporter"][0]


def test_a_file_for_excel_without_its_mark_is_seen(
    rehearse: Rehearse, monkeypatch: pytest.MonkeyPatch
) -> None:
    plainly = rehearsal.write_schedule_csv
    monkeypatch.setattr(rehearsal, "write_schedule_csv_for_excel", plainly)
    failed = rehearse()
    assert list(failed) == ["smoke_exporter"]
    assert "Excel" in failed["smoke_exporter"][0]


# Time zone

LA = "'America/Los_Angeles'"
HOUR = f"EXTRACT(HOUR FROM instant AT TIME ZONE {LA})"


def clock(dataset: Dataset) -> list[str]:
    return rehearsal.clock_differences(dataset, WEEK)


def with_wrong_clock(dataset: Dataset, text: str, wrong: str) -> Dataset:
    """The dataset, its query `la_clock` changed."""
    right = dataset.library["la_clock"]
    assert right.text.count(text) == 1
    return with_changed(dataset, replace(right, text=right.text.replace(text, wrong)))


def test_the_warehouse_s_clock_is_asked(rehearse: Rehearse) -> None:
    failed = rehearse(clock_differences=["the warehouse tells New York's time"])
    assert failed == {"smoke_timezone": ["the warehouse tells New York's time"]}


@pytest.mark.parametrize(
    "told",
    [
        f"DATE(instant, {LA})",
        HOUR,
        f"FORMAT_TIMESTAMP('%A', instant, {LA})",
        f"FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%S%Ez', instant, {LA})",
    ],
    ids=["date", "hour", "weekday", "offset"],
)
def test_a_clock_that_is_not_put_forward_and_back_is_seen(line: Rehearsed, told: str) -> None:
    """UTC-8 all the year: right all the week, and wrong on the other side of the changes."""
    dataset = line.week.dataset
    assert clock(dataset) == []
    assert clock(with_wrong_clock(dataset, told, told.replace(LA, "'Etc/GMT+8'"))) != []


def test_a_time_of_the_week_in_another_zone_is_seen(line: Rehearsed) -> None:
    midweek = f"IF(DATE(instant, {LA}) = DATE '2025-11-06', 3, 0)"
    wrong = with_wrong_clock(line.week.dataset, HOUR, f"{HOUR} + {midweek}")
    assert len(clock(wrong)) == 24 * 4
