"""The report of a hand-made week says what is known of it, and a bad row costs itself alone."""

import csv
import datetime as dt
import io
from pathlib import Path

import pytest

from eros_assets.answers.report import (
    NothingToReportError,
    last_week,
    reports_folder,
    week_report,
    written,
)
from eros_assets.answers.results import week_results
from eros_assets.evaluation.week_results import MessageResult
from eros_assets.publishing.folders import ExportFolderError
from tests.answers.conftest import PLANS, Week, planned, sent
from tests.sql.dataset import MONDAY


def outcomes(messages: list[MessageResult]) -> dict[int | None, str]:
    return {m.caption_id: m.outcome for m in messages if m.page_name == "cook"}


def test_each_message_of_the_week_has_its_outcome(week: Week) -> None:
    found = week_results(week.dataset, MONDAY)
    assert found.left_out == []
    assert outcomes(list(found.messages)) == {
        1: "on time",
        2: "other time",
        3: "not sent",
        4: "not due",
        999_999: "on time",  # just the 60 minutes late that count as on time
        6: "on time",
        7: "earlier plan",
        20: "not planned",
    }
    by_caption = {m.caption_id: m for m in found.messages}
    assert by_caption[2].minutes_late == 27 * 60
    assert (by_caption[2].is_ripe, by_caption[2].maturity) == (False, 0.6)
    assert by_caption[6].expected_by_now == 90.0
    assert by_caption[20].caption_text == "Caption 20"


def test_sums_are_those_worked_out_by_hand(week: Week) -> None:
    report = week_report(week.dataset, MONDAY)
    cook = next(each for each in report.creators if each.page_name == "cook")
    assert (cook.display_name, cook.sums.planned, cook.sums.sent) == ("Cook", 6, 6)
    # Compared: 120 of 100, 90 of 100 x 0.9, and 130 of 100 of the earlier plan.
    assert (cook.sums.expected, cook.sums.earned) == (290.0, 340.0)
    assert cook.sums.ratio.value == pytest.approx(340 / 290)
    assert (cook.sums.unripe, cook.sums.unripe_earned) == (1, 9.0)
    assert (cook.sums.outside_earned, cook.sums.not_sent_expected) == (33.0, 70.0)
    assert report.total.earned_all == 120 + 9 + 15 + 90 + 130 + 33
    assert report.total.expected == 390.0
    assert [c.caption_id for c in report.captions][:3] == [7, 1, 6]
    assert report.sentences[0] == (
        "Of 6 planned messages that were due, 4 were sent as planned, 1 at another time and 1 not "
        "at all ($70 was expected of these)."
    )


def test_page_and_files_hold_the_same_messages(week: Week) -> None:
    made = written(week.dataset, week_report(week.dataset, MONDAY))
    assert made.folder == week.settings.out_dir / "reports" / "2025-11-10"
    assert {path.name for path in made.folder.iterdir()} == set(made.files)
    rows = list(csv.DictReader(io.StringIO((made.folder / "messages.csv").read_text("utf-8"))))
    assert len(rows) == 9
    [first] = [row for row in rows if row["caption_id"] == "1"]
    assert first["planned_time"] == "2025-11-10T12:00:00-08:00"
    assert first["sent_time"] == "2025-11-10T12:30:00-08:00"
    assert (first["minutes_late"], first["earnings"], first["expected_value"]) == (
        *("30", "120.00", "100.00"),
    )
    page = made.page.read_text("utf-8")
    assert "Live tonight!" in page
    assert "sent as an earlier plan had it" in page
    again = written(week.dataset, week_report(week.dataset, MONDAY))
    assert again.page.read_text("utf-8") == page


def test_what_a_spreadsheet_takes_for_a_formula_is_guarded_for_excel_alone(week: Week) -> None:
    week.tables.put(
        "schedule_recommendations",
        [planned(1, 999_999, 0, caption_text='=HYPERLINK("x")', source="queued")],
    )
    folder = written(week.dataset, week_report(week.dataset, MONDAY)).folder
    for name in ("messages", "captions"):
        plain = (folder / f"{name}.csv").read_text("utf-8")
        guarded = (folder / f"{name}.excel.csv").read_text("utf-8-sig")
        assert '"=HYPERLINK(""x"")"' in plain
        assert '"\'=HYPERLINK(""x"")"' in guarded


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"message_type": None}, "it has no page, type or time"),
        ({"scheduled_send_time": None}, "it has no page, type or time"),
        ({"page_name": None}, "it has no page, type or time"),
    ],
)
def test_a_plan_that_can_not_be_read_costs_itself_alone(
    week: Week, broken: dict[str, None], why: str
) -> None:
    week.tables.put("schedule_recommendations", [*PLANS, planned(9, 12, 2, **broken)])
    report = week_report(week.dataset, MONDAY)
    [line] = report.left_out
    assert why in line
    assert "number 9" in line
    assert report.total.planned == 7
    assert line.split(" (")[0] in written(week.dataset, report).page.read_text("utf-8")


def test_beliefs_that_can_not_be_read_leave_the_message(week: Week) -> None:
    texts = ("", "no JSON", "[]", '{"posterior_mean": "x", "posterior_interval": [0, 1]}')
    rows = [planned(n, n, 0, 10 + n, explanation=text) for n, text in enumerate(texts, start=1)]
    week.tables.put("schedule_recommendations", rows)
    messages = week_results(week.dataset, MONDAY).messages
    assert [m.rate for m in messages if m.is_planned] == [None] * 4


def test_week_without_a_plan_shows_what_was_sent(week: Week) -> None:
    week.tables.put("schedule_recommendations", [])
    report = week_report(week.dataset, MONDAY)
    assert not report.has_plan
    assert report.total.counts["not planned"] == 9
    assert report.sentences[0].startswith("No schedule of this week was in force")
    written(week.dataset, report)


def test_week_of_which_nothing_is_known_is_refused(week: Week) -> None:
    with pytest.raises(NothingToReportError, match="messages are known from 2025-11-13"):
        week_report(week.dataset, dt.date(2024, 1, 1))
    assert not reports_folder(week.settings).exists()


def test_neighbours_are_linked_and_other_folders_passed_over(week: Week) -> None:
    for name in ("2025-11-03", "2025-11-17", "notes"):
        (reports_folder(week.settings) / name).mkdir(parents=True)
    report = week_report(week.dataset, MONDAY)
    assert (report.earlier, report.later) == (dt.date(2025, 11, 3), dt.date(2025, 11, 17))


def test_folder_that_can_not_be_written_to_is_said(week: Week, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = week.set(out_dir=tmp_path / "file")
    with pytest.raises(ExportFolderError, match="file"):
        written(blocked.dataset, week_report(week.dataset, MONDAY))


def test_last_week_is_the_one_that_is_over(week: Week) -> None:
    assert last_week(week.dataset) == MONDAY - dt.timedelta(days=7)
    assert last_week(week.set(today=MONDAY + dt.timedelta(days=7)).dataset) == MONDAY


def test_on_time_is_as_the_tuning_says(week: Week) -> None:
    week.tables.tune(sent_on_time_minutes=29)
    assert outcomes(list(week_results(week.dataset, MONDAY).messages))[1] == "other time"
    week.tables.put("message_facts", [sent(1, 1, 2)])
    week.tables.tune(attribution_days=1)
    found = week_results(week.dataset, MONDAY).messages
    assert [m.outcome for m in found if m.caption_id == 1] == ["not sent", "not planned"]
