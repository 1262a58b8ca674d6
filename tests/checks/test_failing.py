"""A check of files, of what a week lacks and of health fails when it should, and says why."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from eros_assets.dataset import Dataset
from eros_assets.definitions import CHECKS, resources_of
from tests.assets.installed import TODAY, WEEK, Installed, copied

ERROR, WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN
PAGE = "basil_and_thyme"


@pytest.fixture(scope="module")
def shared(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One agency for all tests here: each puts right what it spoilt."""
    folder = tmp_path_factory.mktemp("checked")
    with copied(planned, folder) as agency:
        yield agency


def evaluate(agency: Installed, name: str) -> dg.AssetCheckEvaluation:
    """The check alone, on what is there."""
    every_check = dg.load_asset_checks_from_modules(CHECKS)
    (check,) = [c for c in every_check if name in {k.name for k in c.check_keys}]
    result = dg.materialize(
        [check],
        selection=dg.AssetSelection.checks(check),
        instance=agency.instance,
        tags={"dagster/partition": WEEK.isoformat()},
        resources=resources_of(agency.dataset.settings),
    )
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


def offenders(evaluation: dg.AssetCheckEvaluation) -> Sequence[str]:
    shown: Any = evaluation.metadata["offenders"].value
    return shown


# csv_is_well_formed


def row_cut(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


def row_twice(content: bytes) -> bytes:
    return content + content.splitlines(keepends=True)[-1]


def other_score(content: bytes) -> bytes:
    """The last message with another score, which stands before price, value, reason and source."""
    message = re.compile(rb"(.*,)[0-9.]+(,[0-9.]*,[0-9.]*,\"[^\"]+\",planned\r\n)", re.DOTALL)
    return message.sub(rb"\g<1>0.5\2", content)


def other_price(content: bytes) -> bytes:
    head, _, tail = content.rpartition(b",planned\r\n")
    return re.sub(rb",([0-9.]*),([0-9.]*),(\"[^\"]+\")$", rb",77.00,\2,\3", head) + _ + tail


def later(content: bytes) -> bytes:
    """The last message five minutes later: the order of the captions is the same."""
    head, clock, tail = content.rpartition(b":00-08:00,")
    return head[:-2] + b"59" + clock + tail


@pytest.mark.parametrize(
    ("file", "spoil", "said"),
    [
        (f"{PAGE}.csv", None, "export the week again"),
        (f"{PAGE}.csv", lambda c: c.replace(b"\r\n", b"\n"), "CRLF"),
        (f"{PAGE}.csv", row_cut, "is missing"),
        (f"{PAGE}.csv", other_score, "performance_score not as scheduled"),
        (f"{PAGE}.csv", other_price, "suggested_price not as scheduled"),
        (f"{PAGE}.csv", later, "scheduled_send_time not as scheduled"),
        (f"{PAGE}.excel.csv", None, "export the week again"),
        (f"{PAGE}.excel.csv", lambda c: c[3:], "byte order mark"),
        (f"{PAGE}.excel.csv", lambda c: c.replace(b"page_name", b"page", 1), "header"),
        (f"{PAGE}.excel.csv", lambda c: c[: c.rindex(b",")], "export the week again"),
        (f"{PAGE}.excel.csv", row_cut, "is missing"),
        (f"{PAGE}.excel.csv", row_twice, "no. 2 is not scheduled"),
        (f"{PAGE}.excel.csv", other_score, "performance_score not as scheduled"),
        (f"{PAGE}.excel.csv", later, "scheduled_send_time not as scheduled"),
        (f"{PAGE}.svg", None, "no such file"),
        (f"{PAGE}.svg", lambda c: c[:-1], "changed after it was published"),
        ("index.html", None, "no such file"),
        ("index.html", lambda c: c.replace(b"bump", b"mid", 1), "changed after it was published"),
        (f"{PAGE}.ics", None, "no such file"),
        (f"{PAGE}.ics", lambda c: c.replace(b"DTSTART", b"DTEND", 1), "not what the schedules"),
        ("all-creators.csv", lambda c: c[: c.rindex(b",")], "not what the schedules"),
    ],
)
def test_a_file_that_does_not_say_the_schedule_is_named(
    shared: Installed, file: str, spoil: Callable[[bytes], bytes] | None, said: str
) -> None:
    path = shared.dataset.week_folder(WEEK) / file
    content = path.read_bytes()
    path.unlink()
    try:
        if spoil:
            assert spoil(content) != content
            path.write_bytes(spoil(content))
        evaluation = evaluate(shared, "csv_is_well_formed")
    finally:
        path.write_bytes(content)
    assert not evaluation.passed
    (offender,) = offenders(evaluation)
    assert file in offender
    assert said in offender


@pytest.mark.parametrize("file", [f"{PAGE}.csv", f"{PAGE}.excel.csv"])
def test_a_message_that_is_not_planned_is_named(shared: Installed, file: str) -> None:
    path = shared.dataset.week_folder(WEEK) / file
    content = path.read_bytes()
    caption = content.splitlines()[-1].split(b",")[5]
    try:
        path.write_bytes(content.replace(b"," + caption + b",", b",999999,"))
        named = offenders(evaluate(shared, "csv_is_well_formed"))
    finally:
        path.write_bytes(content)
    assert len(named) == 2
    assert named[0].endswith(f"caption {caption.decode()} is missing")
    assert named[1].endswith("caption 999999 is not scheduled")


@pytest.mark.parametrize("name", ["gone.csv", "gone.svg", ".x.partial", "index.html.bak", "notes"])
def test_a_file_that_belongs_to_no_schedule_in_force_is_named(shared: Installed, name: str) -> None:
    path = shared.dataset.week_folder(WEEK) / name
    path.write_bytes(b"left behind")
    try:
        evaluation = evaluate(shared, "csv_is_well_formed")
    finally:
        path.unlink()
    assert not evaluation.passed
    (offender,) = offenders(evaluation)
    assert offender.startswith(f"{path}: it belongs to no schedule in force")


def test_a_caption_that_left_the_bank_is_said_and_not_an_error(agency: Installed) -> None:
    agency.change(
        "DELETE FROM `${dataset}.caption_bank` AS b WHERE b.caption_id IN (SELECT r.caption_id "
        "FROM `${dataset}.schedule_recommendations` AS r "
        f"WHERE r.page_name = '{PAGE}' AND r.message_number = 1)"
    )
    named = offenders(evaluate(agency, "csv_is_well_formed"))
    offender = next(each for each in named if "has no text" in each)
    assert offender.startswith(f"{PAGE}: caption ")
    files = {Path(each.partition(": ")[0]).name for each in named if each != offender}
    # What was published before the caption left: the page's own files, and those of all pages.
    assert files == {
        *(f"{PAGE}.csv", f"{PAGE}.excel.csv", f"{PAGE}.svg", f"{PAGE}.ics"),
        *("all-creators.csv", "all-creators.excel.csv", "index.html"),
    }


def test_files_as_exported_are_well_formed(shared: Installed) -> None:
    evaluation = evaluate(shared, "csv_is_well_formed")
    assert evaluation.passed, offenders(evaluation)


# no_shortfall


@pytest.mark.parametrize("stage", ["selection", "placement", "lock"])
def test_what_a_week_lacks_is_warned_of(shared: Installed, stage: str) -> None:
    week = {"week_start": WEEK, "stage": stage, "page_name": PAGE}
    row = {"price_tier": "mid", "wanted": 4, "got": 1, "reason": "the bank is small"}
    shared.change("DELETE FROM `${dataset}.schedule_shortfalls` WHERE TRUE")
    assert evaluate(shared, "no_shortfall").passed
    shared.dataset.warehouse.load(
        "schedule_shortfalls", pd.DataFrame([{**week, **row, "run_id": "x"}]), replacing=week
    )
    evaluation = evaluate(shared, "no_shortfall")
    assert not evaluation.passed
    assert evaluation.severity is WARN
    assert offenders(evaluation) == [f"{PAGE}: 1 of 4 mid captions: the bank is small"]


# creators_behave_as_usual


def test_a_page_that_is_saturated_is_warned_of(shared: Installed) -> None:
    shared.change("DELETE FROM `${dataset}.creator_anomalies` WHERE TRUE")
    shared.change(
        "UPDATE `${dataset}.creator_performance` SET saturation_status = 'GREEN' WHERE TRUE"
    )
    assert evaluate(shared, "creators_behave_as_usual").passed
    shared.change(
        "UPDATE `${dataset}.creator_performance` SET saturation_status = 'RED', "
        f"recommended_action = 'rest' WHERE page_name = '{PAGE}'"
    )
    evaluation = evaluate(shared, "creators_behave_as_usual")
    assert not evaluation.passed
    assert evaluation.severity is WARN
    assert offenders(evaluation) == [f"{PAGE}: RED: rest"]


@pytest.mark.parametrize(
    ("severity", "days_ago", "is_warned_of"),
    [("CRITICAL", 1, True), ("CRITICAL", 7, True), ("CRITICAL", 8, False), ("WARN", 1, False)],
)
def test_a_critical_anomaly_is_warned_of_for_seven_days(
    shared: Installed, severity: str, days_ago: int, is_warned_of: bool
) -> None:
    shared.change(
        "UPDATE `${dataset}.creator_performance` SET saturation_status = 'GREEN' WHERE TRUE"
    )
    shared.dataset.warehouse.load(
        "creator_anomalies",
        pd.DataFrame(
            [
                {
                    "page_name": PAGE,
                    "week_start": WEEK,
                    "send_date": TODAY - dt.timedelta(days=days_ago),
                    "metric": "emv",
                    "direction": "LOW",
                    "severity": severity,
                }
            ]
        ),
        replacing={"week_start": WEEK},
    )
    evaluation = evaluate(shared, "creators_behave_as_usual")
    assert evaluation.passed is not is_warned_of
    assert [PAGE in offender for offender in offenders(evaluation)] == [True] * is_warned_of


# health_score


def checked(dataset: Dataset, score: float, decision: str, *reasons: str) -> None:
    """The last check of the system."""
    now = dt.datetime.now(dt.UTC)
    dataset.warehouse.load(
        "system_health",
        pd.DataFrame(
            [
                {
                    "check_date": TODAY,
                    "checked_at": now,
                    "health_score": score,
                    "decision": decision,
                    "reasons": list(reasons),
                    "run_id": "x",
                }
            ]
        ),
        replacing={"run_id": "x"},
    )


@pytest.mark.parametrize(
    ("score", "decision", "reasons", "severity", "said"),
    [
        (90.0, "OK", [], ERROR, ["health 90.0 is not above 90"]),
        (100.0, "ROLLBACK", ["cost"], ERROR, ["cost"]),
        (95.0, "INVESTIGATE", ["slower"], WARN, ["slower"]),
        (60.0, "INVESTIGATE", ["slower"], ERROR, ["slower", "health 60.0 is not above 90"]),
    ],
)
def test_a_system_that_is_not_well_fails_its_check(
    shared: Installed,
    score: float,
    decision: str,
    reasons: list[str],
    severity: dg.AssetCheckSeverity,
    said: list[str],
) -> None:
    checked(shared.dataset, score, decision, *reasons)
    evaluation = evaluate(shared, "health_score")
    assert not evaluation.passed
    assert evaluation.severity is severity
    assert offenders(evaluation) == said
    assert evaluation.metadata["observed"].value == score


def test_a_system_just_above_the_limit_is_well(shared: Installed) -> None:
    checked(shared.dataset, 90.1, "OK")
    assert evaluate(shared, "health_score").passed


def test_a_system_that_was_never_checked_fails_its_check(shared: Installed) -> None:
    shared.change("DELETE FROM `${dataset}.system_health` WHERE TRUE")
    evaluation = evaluate(shared, "health_score")
    assert not evaluation.passed
    assert evaluation.severity is ERROR
    assert offenders(evaluation) == ["no check was ever made"]
