"""What people decide for a page's week holds in its plan, and changes nothing for other pages."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.exporting.schedule_csv import read_schedule_csv
from eros_assets.gate.conditions import (
    every_message_is_reserved,
    schedule_rules_hold,
    schedule_times_are_la,
    schedules_are_as_planned,
)
from eros_assets.publishing.files import wrong_files
from eros_assets.publishing.publication import publish_files
from eros_assets.weekly.decision_notes import decided as decided_in
from eros_assets.weekly.decision_notes import decisions_without_effect
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.inputs import quarantined_rows
from eros_assets.weekly.messages import active_messages
from tests.weekly.bad_rows import PAGES, WEEK
from tests.weekly.four_pages import (
    Schedules,
    copied,
    four_pages,
    opened,
    planned_four_pages,
    planned_week,
    session,
)

MINUTE = dt.timedelta(minutes=1)
WEDNESDAY, SUNDAY = (WEEK + dt.timedelta(days=n) for n in (2, 6))


@pytest.fixture(scope="module")
def good() -> Path:
    return four_pages()


@pytest.fixture(scope="module")
def undecided(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The week without a decision."""
    return opened(copied(planned_four_pages(), tmp_path_factory.mktemp("undecided")))


@pytest.fixture(scope="module")
def decided(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The week with a decision for each page but one."""
    dataset = opened(copied(good, tmp_path_factory.mktemp("decided")))
    load(
        dataset,
        "creator_availability",
        # A holiday on which one evening is open, past midnight: the narrower row holds.
        (" Anna", WEEK, SUNDAY, None, None),
        ("anna", WEDNESDAY, WEDNESDAY, 20, 1),
        ("bella", WEEK - dt.timedelta(days=100), WEEK + dt.timedelta(days=100), 17, None),
    )
    load(
        dataset,
        "creator_overrides",
        ("carla", 4, None, None, None, None, None),
        ("carla", 9, 0, 300, 2, WEEK, SUNDAY),
        ("carla", 1, None, None, None, WEEK + dt.timedelta(days=1), SUNDAY),
    )
    with session(dataset):
        planned_week(dataset)
    return dataset


def load(dataset: Dataset, table: str, *rows: tuple[Any, ...]) -> None:
    columns = [column.name for column in dataset.library[table].columns]
    full = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    dataset.load(table, pd.DataFrame(full, columns=columns))


def messages(dataset: Dataset, page: str) -> list[dict[Any, Any]]:
    rows = dataset.query("schedule_messages", week_start=WEEK, pages=[page])
    return rows.to_dict("records")


def target(dataset: Dataset, page: str) -> dict[Any, Any]:
    (row,) = dataset.query("week_targets", week_start=WEEK, pages=[page]).to_dict("records")
    return row


def test_a_page_without_a_decision_is_planned_as_before(
    decided: Dataset, undecided: Dataset
) -> None:
    before, after = messages(undecided, "dora"), messages(decided, "dora")
    assert [m["scheduled_send_time"] for m in after] == [m["scheduled_send_time"] for m in before]
    assert target(decided, "dora")["set_by_people"] is None


def test_nothing_is_sent_on_closed_dates_and_the_volume_shrinks_by_their_share(
    decided: Dataset, undecided: Dataset
) -> None:
    sent = [m["scheduled_send_time"] for m in messages(decided, "anna")]
    evening = la_instant(WEDNESDAY, 20), la_instant(WEDNESDAY + dt.timedelta(days=1), 1)
    assert sent
    assert all(evening[0] <= time <= evening[1] for time in sent)
    whole, shrunk = target(undecided, "anna"), target(decided, "anna")
    assert shrunk["closed_days"] == 6
    assert shrunk["ppv_count"] == round(whole["ppv_count"] / 7)


def test_hours_of_its_own_hold_all_week_and_cost_no_message(
    decided: Dataset, undecided: Dataset
) -> None:
    sent = messages(decided, "bella")
    assert {m["send_hour"] for m in sent} <= set(range(17, 23))
    assert target(decided, "bella")["ppv_count"] == target(undecided, "bella")["ppv_count"]
    assert {m["send_date"] for m in sent if m["message_type"] == "PPV"} == {
        m["send_date"] for m in messages(undecided, "bella") if m["message_type"] == "PPV"
    }


def test_the_narrowest_numbers_in_force_on_monday_hold(decided: Dataset) -> None:
    sent = messages(decided, "carla")
    assert [m["message_type"] for m in sent] == ["PPV"] * 9
    times = [m["scheduled_send_time"] for m in sent]
    assert min(b - a for a, b in pairwise(times)) >= dt.timedelta(minutes=300)
    assert max(pd.Series([m["send_date"] for m in sent]).value_counts()) == 2
    assert target(decided, "carla")["set_by_people"] == (
        "weekly_ppv, weekly_bump, min_gap_minutes, max_messages_per_day"
    )


def test_the_gate_holds_schedules_to_what_was_decided_when_they_were_planned(
    decided: Dataset,
) -> None:
    """A decision that comes later closes nothing for anybody; it holds from the next plan on."""
    assert schedule_rules_hold(decided, WEEK).passed
    load(decided, "creator_availability", ("dora", WEEK, SUNDAY, None, None))
    load(decided, "creator_overrides", *[(page, 1, 1, 600, 1) for page in PAGES])
    assert schedule_rules_hold(decided, WEEK).passed


def test_what_was_decided_is_said_in_a_sentence(decided: Dataset) -> None:
    assert [decided_in(target(decided, page)) for page in PAGES] == [
        "Mon 10 to Tue 11 closed; Wed 12 20:00 to 01:00 of the next day; Thu 13 to Sun 16 closed.",
        "All week 17:00 to 22:00.",
        "Set by hand: PPVs a week, bumps a week, minutes between PPVs, messages a day.",
        None,
    ]
    assert decisions_without_effect(decided, WEEK, PAGES) == []


def test_decisions_are_no_quarantined_rows(decided: Dataset) -> None:
    assert quarantined_rows(decided) == []


def test_a_week_that_is_closed_leaves_its_page_without_a_schedule(
    good: Path, tmp_path: Path, undecided: Dataset
) -> None:
    dataset = opened(copied(good, tmp_path))
    load(dataset, "creator_availability", ("dora", WEEK, SUNDAY, None, None))
    with session(dataset):
        schedules: Schedules = planned_week(dataset)
    assert set(schedules) == set(PAGES) - {"dora"}
    assert [m["caption_id"] for m in messages(dataset, "anna")] == [
        m["caption_id"] for m in messages(undecided, "anna")
    ]
    assert decisions_without_effect(dataset, WEEK, schedules) == [
        "dora: no message is planned. All week closed."
    ]


def test_a_caption_s_own_price_is_asked_whatever_the_page_asks_for_its_tier(
    good: Path, tmp_path: Path, undecided: Dataset
) -> None:
    week = messages(undecided, "anna")
    ppvs = [m for m in week if m["message_type"] == "PPV"]
    bump = next(m for m in week if m["message_type"] == "Bump")
    dataset = opened(copied(good, tmp_path))
    terms = [
        *((int(m["caption_id"]), price) for m, price in zip(ppvs, OWN_PRICES, strict=False)),
        (int(ppvs[0]["caption_id"]), 99.0),
        (int(bump["caption_id"]), 5.0),
    ]
    frame = pd.DataFrame(terms, columns=["caption_id", "suggested_price"])
    dataset.load("caption_terms", frame.assign(source="command"))
    with session(dataset):
        planned_week(dataset)
    asked = {m["caption_id"]: m for m in messages(dataset, "anna")}
    first, *others = ppvs
    own = asked[first["caption_id"]]
    assert own["suggested_price"] == 17.5
    assert own["expected_value"] == pytest.approx(
        first["expected_value"] * 17.5 / first["suggested_price"], rel=0.01
    )
    for each in (*others, bump):
        for column in ("suggested_price", "expected_value"):
            was, now = each[column], asked[each["caption_id"]][column]
            assert now == was or (pd.isna(now) and pd.isna(was))


OWN_PRICES = (17.5, 0.0, -3.0, float("nan"), float("inf"))
"""The first one can be asked."""


# What people queued

AT_NOON = la_instant(WEDNESDAY, 12, 7)


@pytest.fixture(scope="module")
def taken(undecided: Dataset) -> tuple[int, int]:
    """Captions that carla gets when nobody has queued them."""
    first, second, *_ = [int(m["caption_id"]) for m in messages(undecided, "carla")]
    return first, second


@pytest.fixture(scope="module")
def queued(good: Path, taken: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The week with messages that people queued for two pages."""
    dataset = opened(copied(good, tmp_path_factory.mktemp("queued")))
    load(
        dataset,
        "queued_messages",
        ("anna", AT_NOON, "PPV", None, "A song that I wrote for you", 22.5, "Birthday."),
        ("anna", AT_NOON + dt.timedelta(minutes=10), "Bump", None, "Hello, =SUM(you)"),
        ("anna", la_instant(SUNDAY, 3), "Bump", taken[0]),
        ("bella", la_instant(SUNDAY + dt.timedelta(days=7), 12), "PPV", taken[1]),
        ("bella", la_instant(WEEK - dt.timedelta(days=9), 12), "PPV", 6),
    )
    with session(dataset):
        planned_week(dataset)
        publish_files(dataset, WEEK, run_id="test", report=lambda _: None)
    return dataset


def test_queued_messages_stand_in_the_week_among_those_planned(
    queued: Dataset, taken: tuple[int, int]
) -> None:
    week = messages(queued, "anna")
    assert [m["message_number"] for m in week] == list(range(1, len(week) + 1))
    assert [m["scheduled_send_time"] for m in week] == sorted(
        m["scheduled_send_time"] for m in week
    )
    shown = [
        (m["scheduled_send_time"], m["caption_text"], m["suggested_price"])
        for m in week
        if m["source"] == "queued"
    ]
    assert shown[0] == (AT_NOON, "A song that I wrote for you", 22.5)
    assert [text for _, text, _ in shown[1:]] == ["Hello, =SUM(you)", f"Text {taken[0]}"]


def test_the_volume_and_the_gaps_count_what_is_queued(queued: Dataset, undecided: Dataset) -> None:
    before, after = messages(undecided, "anna"), messages(queued, "anna")

    def count(week: list[dict[Any, Any]], kind: str) -> int:
        return sum(m["message_type"] == kind for m in week)

    assert {kind: count(after, kind) for kind in ("PPV", "Bump")} == {
        kind: count(before, kind) for kind in ("PPV", "Bump")
    }
    gap = dt.timedelta(minutes=int(target(queued, "anna")["min_gap_minutes"]))
    ppvs = [m["scheduled_send_time"] for m in after if m["message_type"] == "PPV"]
    assert min(b - a for a, b in pairwise(ppvs)) >= gap


def test_a_queued_caption_is_planned_for_no_page_within_its_rest(
    queued: Dataset, taken: tuple[int, int]
) -> None:
    planned = queued.query("schedule_messages", week_start=WEEK, pages=[])
    planned = planned[planned["source"] == "planned"]
    assert not set(planned["caption_id"]) & set(taken)
    reserved = queued.rows("active_caption_assignments")["caption_id"]
    assert sorted(reserved) == sorted(planned["caption_id"])


def test_a_queued_message_that_breaks_a_rule_stays_and_says_so(queued: Dataset) -> None:
    song, hello, night = [m["reason"] for m in messages(queued, "anna") if m["source"] == "queued"]
    assert song == (
        "Queued by hand: Birthday; it breaks time between any two messages (message_gap_minutes)."
    )
    assert "message_gap_minutes" in hello
    assert night == "Queued by hand; it breaks hours of sending (sending_hours)."


def test_what_is_queued_for_another_week_changes_nothing_but_its_captions(
    queued: Dataset, undecided: Dataset
) -> None:
    assert all(m["source"] == "planned" for m in messages(queued, "bella"))
    assert target(queued, "bella")["num_mid"] == target(undecided, "bella")["num_mid"]


def test_what_was_decided_and_changes_no_week_is_said(good: Path, tmp_path: Path) -> None:
    dataset = opened(copied(good, tmp_path))
    with session(dataset):
        refresh_facts(dataset)
    newest = dataset.rows("message_facts")
    sent = newest.loc[newest["page_name"] == "anna", "sending_time"].max()
    load(
        dataset,
        "queued_messages",
        ("anna", sent - 59 * MINUTE, "PPV", None, "It was sent"),
        ("anna", AT_NOON, "PPV", None, "Of this week"),
        *(
            ("anna", la_instant(dt.date(2019, 11, day), 12), "PPV", None, "Years ago")
            for day in (4, 5, 6, 7)
        ),
        ("anna", la_instant(WEEK + dt.timedelta(weeks=9), 0), "PPV", None, "Too early"),
        ("anna", la_instant(WEEK + dt.timedelta(weeks=9)) - MINUTE, "PPV", None, "In time"),
        ("zelda", AT_NOON, "PPV", None, "Whose?"),
        ("bella", AT_NOON, "PPV", 10**9),
    )
    load(dataset, "creator_overrides", ("anna", -1))
    assert decisions_without_effect(dataset, WEEK, PAGES) == [
        "creator_overrides: 'anna': weekly_ppv is not 0 to 200; the row is left out",
        *(
            f"queued_messages: '{page}': {why}; the week is planned as if it were not queued"
            for page, why in (
                ("bella", "the caption is not in caption_bank, and there is no message"),
                ("zelda", "the page is not in creators"),
            )
        ),
        (
            "anna: queued for 2019-11-04 12:00, 2019-11-05 12:00, 2019-11-06 12:00 and 1 more: "
            "the history has reached that time and has no such message; it changes no plan"
        ),
        (
            "anna: queued for 2026-01-12 00:00: after the weeks that can be planned yet; "
            "it counts when its week is planned"
        ),
    ]


def test_a_week_with_queued_messages_passes_the_gate_and_is_published(queued: Dataset) -> None:
    for condition in (
        schedule_rules_hold,
        schedules_are_as_planned,
        every_message_is_reserved,
        schedule_times_are_la,
    ):
        assert condition(queued, WEEK).passed, condition.__name__
    folder = queued.settings.out_dir / WEEK.isoformat()
    written = read_schedule_csv(folder / "anna.csv")
    assert [m.source for m in written].count("queued") == 3
    assert wrong_files(active_messages(queued, WEEK), folder) == []
    assert "'=SUM" not in (folder / "anna.csv").read_text("utf-8")


def test_a_message_queued_later_closes_nothing_and_makes_another_schedule(
    queued: Dataset, tmp_path: Path
) -> None:
    dataset = opened(copied(queued.settings.home, tmp_path))
    before = {m["schedule_id"] for m in messages(dataset, "carla")}
    load(dataset, "queued_messages", ("carla", AT_NOON, "PPV", None, "Another song", 9.0))
    assert schedule_rules_hold(dataset, WEEK).passed
    with session(dataset):
        planned_week(dataset)
    assert before != {m["schedule_id"] for m in messages(dataset, "carla")}
    load(dataset, "queued_messages", ("carla", AT_NOON, "PPV", None, "Another song", 12.0))
    dearer = {m["schedule_id"] for m in messages(dataset, "carla")}
    with session(dataset):
        planned_week(dataset)
    assert dearer != {m["schedule_id"] for m in messages(dataset, "carla")}


@pytest.fixture(scope="module")
def scheduled(
    good: Path, taken: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Dataset:
    """The week with messages that the platform has scheduled; people queued some of them too."""
    dataset = opened(copied(good, tmp_path_factory.mktemp("scheduled")))
    load(
        dataset,
        "queued_messages",
        ("anna", AT_NOON, "PPV", None, "A song that I wrote for you", 22.5, "Birthday."),
        ("anna", AT_NOON, "PPV", None, "a SONG that I wrote for you!", 9.0),
        ("bella", AT_NOON, "Bump", taken[1]),
    )
    late = AT_NOON + dt.timedelta(seconds=40)
    history = dataset.rows("mass_messages")
    columns = ["row_id", "page_name", "sending_time", "message_type", "message", "price", "status"]
    rows = [
        (90_001, "anna", late, "PPV", "A song that I wrote for you", 22.5, "scheduled"),
        (90_002, "anna", AT_NOON, "PPV", "Another song", 5.0, "scheduled"),
        (90_003, "anna", la_instant(SUNDAY, 12), "Bump", None, None, "scheduled"),
        (90_004, "bella", late, "Bump", f"Text {taken[1]}", None, "scheduled"),
        (90_005, "carla", la_instant(SUNDAY, 12), "PPV", f"Text {taken[0]}", 8.0, "scheduled"),
        (90_006, "carla", la_instant(SUNDAY, 14), "PPV", "Not any more", 8.0, "withdrawn"),
        (90_007, "nobody", la_instant(SUNDAY, 14), "PPV", "Of another page", 8.0, "scheduled"),
    ]
    more = pd.DataFrame(rows, columns=columns)
    dataset.load("mass_messages", pd.concat([history, more], ignore_index=True))
    with session(dataset):
        planned_week(dataset)
    return dataset


def test_what_the_platform_has_scheduled_is_planned_around_and_counts_once(
    scheduled: Dataset, undecided: Dataset, taken: tuple[int, int]
) -> None:
    shown = {
        page: [
            (m["caption_text"], m["suggested_price"], m["reason"])
            for m in messages(scheduled, page)
            if m["source"] == "queued"
        ]
        for page in PAGES
    }
    assert sorted(text for text, _, _ in shown["anna"]) == [
        *("(no text)", "A song that I wrote for you", "Another song")
    ]
    (birthday,) = [price for _, price, why in shown["anna"] if "Birthday" in why]
    assert birthday == 22.5
    assert [text for text, _, _ in shown["bella"]] == [f"Text {taken[1]}"]
    assert [(text, why) for text, _, why in shown["carla"]] == [
        (f"Text {taken[0]}", "Queued by hand: scheduled on the platform.")
    ]
    for page in PAGES:
        for kind in ("PPV", "Bump"):
            before, after = (
                sum(m["message_type"] == kind for m in messages(dataset, page))
                for dataset in (undecided, scheduled)
            )
            assert after == before, (page, kind)
    planned = scheduled.rows("active_caption_assignments")["caption_id"]
    assert not set(planned) & set(taken)


def test_a_week_with_what_the_platform_scheduled_passes_the_gate(scheduled: Dataset) -> None:
    for condition in (schedule_rules_hold, schedules_are_as_planned, every_message_is_reserved):
        assert condition(scheduled, WEEK).passed, condition.__name__
