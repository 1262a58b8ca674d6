"""Schedule files that were truncated, edited or written by another program are refused."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import la_instant
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import (
    ScheduleCsvError,
    parse_schedule_csv,
    write_schedule_csv,
)
from tests.exporting.messages import scheduled

TUESDAY = dt.date(2025, 11, 4)


def message(caption_id: int, hour: int) -> ScheduledMessage:
    return scheduled(
        la_instant(TUESDAY, hour),
        caption_id=caption_id,
        caption_text="Bread, warm",
        content_category="recipe",
        has_urgency=True,
        performance_score=0.75,
        suggested_price=15.0,
        expected_value=612.5,
        reason="It sells well; and soon",
    )


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_schedule_csv(
        tmp_path / "a.csv", [message(1, 10), message(2, 14)]
    ).path.read_bytes()


def swapped(old: bytes, new: bytes, count: int = 1) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new, count)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: b"\xef\xbb\xbf" + c, "line 1: begins with a byte order mark"),
        (swapped(b"schedule_id", b"id"), "line 1: the header is"),
        (swapped(b"has_urgency", b"urgent"), "line 1: the header is"),
        (swapped(b"Bread", b"Br\xe9ad"), "line 2: not UTF-8"),
        (lambda c: c[: len(c) - 20], "line 3: "),
        (lambda c: c[: c.rindex(b'"')], "line 3: "),
        (swapped(b",recipe", b""), "line 2: 14 fields, not 15"),
        (swapped(b"sched_", b"plan_"), "line 2: schedule_id"),
        (swapped(b",amber_lens,", b",other,"), "line 2: schedule_id .* is not of page other"),
        (swapped(b"PPV", b"ppv"), "line 2: message_type 'ppv' is not one of"),
        (swapped(b",mid,", b",bump,"), "line 2: price_tier 'bump' of a PPV is not one of"),
        (swapped(b"Tuesday", b"Monday"), "line 2: day_of_week 'Monday' is not Tuesday"),
        (swapped(b"-08:00", b"+00:00"), "line 2: scheduled_send_time .* does not have the offset"),
        (swapped(b"-08:00", b""), "line 2: scheduled_send_time"),
        (swapped(b"2025-11-04T10", b"2025-11-31T10"), "line 2: scheduled_send_time .* ISO 8601"),
        (swapped(b",1,", b",1.0,"), "line 2: caption_id '1.0' is not a whole number"),
        (swapped(b",1,", b",2,"), r"captions \[2\] occur more than once"),
        (swapped(b'"Bread, warm"', b""), "line 2: caption_text '' is empty"),
        (swapped(b",true,", b",yes,"), "line 2: has_urgency 'yes' is not"),
        (swapped(b"0.75", b""), "line 2: performance_score '' of a planned message is empty"),
        (swapped(b"0.75", b"good"), "line 2: performance_score 'good' is not a finite number"),
        (swapped(b"0.75", b"nan"), "line 2: performance_score 'nan' is not a finite number"),
        (swapped(b",15.00,", b",cheap,"), "line 2: suggested_price 'cheap' is not a finite number"),
        (swapped(b",612.50,", b",612.5,"), "not written as EROS writes it"),
        (swapped(b",planned", b",guessed"), "line 2: source 'guessed' is not one of"),
        (swapped(b"T10:00", b"T16:00"), "not in order of scheduled_send_time"),
        (swapped(b"0a1b2c3d", b"ffffffff"), "2 schedules in one file"),
        (swapped(b"\r\n", b"\n", -1), "not written as EROS writes it"),
        (swapped(b",recipe,", b',"recipe",'), "not written as EROS writes it"),
        (swapped(b"0.75", b"0.750"), "not written as EROS writes it"),
    ],
)
def test_changed_file_is_refused_with_line_and_rule(
    content: bytes, change: Callable[[bytes], bytes], complaint: str
) -> None:
    changed = change(content)
    assert changed != content
    with pytest.raises(ScheduleCsvError, match=rf"^amber\.csv.*{complaint}"):
        parse_schedule_csv(changed, "amber.csv")


def test_repeated_hour_of_clock_change_keeps_its_offset(tmp_path: Path) -> None:
    first = la_instant(dt.date(2025, 11, 2), 1, 30)
    times = [first, first + dt.timedelta(hours=1)]
    messages = [scheduled(at, caption_id=n, performance_score=0.5) for n, at in enumerate(times)]
    written = write_schedule_csv(tmp_path / "a.csv", messages).path.read_bytes()
    assert b"2025-11-02T01:30:00-07:00" in written
    assert b"2025-11-02T01:30:00-08:00" in written
    assert [x.scheduled_send_time for x in parse_schedule_csv(written, "a.csv")] == times


def test_week_without_messages_gives_a_header_only(tmp_path: Path) -> None:
    written = write_schedule_csv(tmp_path / "a.csv", [])
    assert written.row_count == 0
    assert parse_schedule_csv(written.path.read_bytes(), "a.csv") == ()


def test_failed_write_keeps_old_file_and_removes_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    atomic_write(path, b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
