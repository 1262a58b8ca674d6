"""CSV files for machines and for Excel."""

import csv
import datetime as dt
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.exporting.schedule_csv import (
    ScheduleCsvError,
    parse_schedule_csv,
    read_schedule_csv,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from tests.exporting.messages import scheduled

MESSAGE = scheduled(
    dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC),
    "premium",
    caption_id=7512345678901234567,
    caption_text='Two loaves, "still warm"\nfor you 🥖',
    content_category="recipe",
    has_urgency=False,
    performance_score=1.0625,
)
LATER = replace(
    MESSAGE, caption_id=8, scheduled_send_time=MESSAGE.scheduled_send_time + dt.timedelta(hours=2)
)


def test_written_file_reads_back(tmp_path: Path) -> None:
    written = write_schedule_csv(tmp_path / "amber_lens.csv", [LATER, MESSAGE])
    assert written.row_count == 2
    back = read_schedule_csv(written.path)
    assert [line.caption_id for line in back] == [MESSAGE.caption_id, LATER.caption_id]
    assert back[0].caption_text == MESSAGE.caption_text


def test_file_follows_rfc_4180_with_la_offsets(tmp_path: Path) -> None:
    content = write_schedule_csv(tmp_path / "a.csv", [MESSAGE]).path.read_bytes()
    assert content.startswith(b"schedule_id,page_name,day_of_week,")
    assert content.endswith(b"\r\n")
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    assert row["scheduled_send_time"] == "2025-11-04T10:00:00-08:00"
    assert row["day_of_week"] == "Tuesday"
    assert row["caption_id"] == "7512345678901234567"


def test_file_bytes_do_not_depend_on_message_order(tmp_path: Path) -> None:
    one = write_schedule_csv(tmp_path / "one.csv", [MESSAGE, LATER])
    two = write_schedule_csv(tmp_path / "two.csv", [LATER, MESSAGE])
    assert one.sha256 == two.sha256


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1))
def test_any_caption_text_reads_back_from_machine_file(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_schedule_csv(path, [replace(MESSAGE, caption_text=text)])
    assert read_schedule_csv(path)[0].caption_text == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_excel_file_guards_text_that_starts_like_a_formula(tmp_path: Path, start: str) -> None:
    text = f"{start}1+1"
    path = tmp_path / "a.excel.csv"
    write_schedule_csv_for_excel(path, [replace(MESSAGE, caption_text=text)])
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert row["caption_text"] == f"'{text}"


def test_invalid_message_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "amber_lens.csv"
    write_schedule_csv(path, [MESSAGE])
    before = path.read_bytes()
    with pytest.raises(ScheduleCsvError, match="price_tier"):
        write_schedule_csv(path, [replace(MESSAGE, price_tier="gold")])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["amber_lens.csv"]


def test_wrong_offset_is_refused_with_line_and_column(tmp_path: Path) -> None:
    content = write_schedule_csv(tmp_path / "a.csv", [MESSAGE]).path.read_bytes()
    with pytest.raises(ScheduleCsvError, match=r"amber\.csv line \d+: scheduled_send_time"):
        parse_schedule_csv(content.replace(b"-08:00", b"-07:00"), "amber.csv")


def test_missing_file_error_says_to_export_again(tmp_path: Path) -> None:
    with pytest.raises(ScheduleCsvError, match="export the week again"):
        read_schedule_csv(tmp_path / "nothing.csv")
