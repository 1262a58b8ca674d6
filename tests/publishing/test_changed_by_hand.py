"""A schedule that somebody has changed by hand costs its page alone; the others are published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.gate import GateClosedError
from eros_assets.gate.verdict import judged_week, withheld_pages
from eros_assets.health.observations import integrity_violations
from eros_assets.publishing.channels import FilesChannel
from eros_assets.publishing.publication import PublishedFiles, publish_files, wrong_folder
from eros_assets.publishing.realignment import realign
from eros_assets.publishing.record import RECORD
from eros_assets.publishing.status import week_status
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.shortfalls import week_shortfalls
from tests.assets.installed import WEEK, Installed, copied
from tests.exporting.sheets_service.service import SPREADSHEET
from tests.exporting.sheets_service.weeks import opened_desk
from tests.gate.swift import pass_at_once
from tests.google.storage import BUCKET, storage_on_loopback

CHANGED, RESERVED = "schedule_recommendations", "active_caption_assignments"
PAGE, OTHER = "basil_and_thyme", "amber_lens"
PLANNED, RULES, TIMES, HELD = (
    *("schedules_are_as_planned", "schedule_rules_hold"),
    *("schedule_times_are_la", "every_message_is_reserved"),
)


def row(setting: str, number: int = 2) -> str:
    """Sets a column of one message of the page."""
    return (
        f"UPDATE `${{dataset}}.{CHANGED}` AS r SET {setting} "
        f"WHERE r.is_active AND r.page_name = @page AND r.message_number = {number}"
    )


def copy(replaced: str) -> str:
    """Adds a copy of one message of the page."""
    return (
        f"INSERT INTO `${{dataset}}.{CHANGED}` SELECT r.* REPLACE ({replaced}) "
        f"FROM `${{dataset}}.{CHANGED}` AS r "
        "WHERE r.is_active AND r.page_name = @page AND r.message_number = 2"
    )


@dataclass(frozen=True)
class Change:
    """What somebody does to the rows of @page, and the conditions that must see it."""

    script: str
    seen_by: frozenset[str]


def change(script: str, *seen_by: str) -> Change:
    return Change(script, frozenset(seen_by))


LATER = "TIMESTAMP_ADD(r.scheduled_send_time, INTERVAL {} MINUTE)"
CHANGES = {
    "time, by minutes": change(row(f"scheduled_send_time = {LATER.format(5)}"), PLANNED),
    "time, by two weeks": change(
        row(f"scheduled_send_time = {LATER.format(20160)}"), PLANNED, TIMES, RULES
    ),
    "no time": change(row("scheduled_send_time = NULL"), PLANNED, TIMES, RULES),
    "hour that people see": change(row("send_hour = MOD(r.send_hour + 1, 24)"), TIMES),
    "day that people see": change(row("day_of_week = 'Someday'"), TIMES),
    "caption": change(row("caption_id = -5"), PLANNED, HELD),
    "no caption": change(row("caption_id = NULL"), PLANNED, HELD),
    "price tier": change(row("price_tier = IF(r.price_tier = 'mid', 'premium', 'mid')"), PLANNED),
    "arm": change(row("arm = IF(r.arm = 'control', 'treatment', 'control')"), PLANNED),
    "kind": change(row("message_type = IF(r.message_type = 'PPV', 'Bump', 'PPV')"), PLANNED),
    "unknown kind": change(row("message_type = 'Post'"), PLANNED),
    "source": change(row("source = 'queued'"), PLANNED),
    "message deleted": change(
        f"DELETE FROM `${{dataset}}.{CHANGED}` AS r "
        "WHERE r.page_name = @page AND r.message_number = 2",
        PLANNED,
    ),
    "message added": change(
        copy(f"99 AS message_number, {LATER.format(7)} AS scheduled_send_time"), PLANNED, RULES
    ),
    "message without a schedule": change(row("schedule_id = NULL"), PLANNED),
    "message of no page": change(row("page_name = NULL"), PLANNED),
    "message out of force": change(row("is_active = FALSE"), PLANNED),
    "message in force of a superseded schedule": change(
        copy("'sched_old' AS schedule_id, 'superseded' AS status"), PLANNED
    ),
    "schedule beside the one in force": change(copy("'sched_other' AS schedule_id"), PLANNED),
    "message a draft again": change(row("status = 'draft'"), PLANNED),
    "reservations released": change(
        f"UPDATE `${{dataset}}.{RESERVED}` AS r SET is_active = FALSE WHERE r.page_name = @page",
        HELD,
    ),
    "reservation deleted": change(
        f"DELETE FROM `${{dataset}}.{RESERVED}` AS r WHERE r.page_name = @page "
        f"AND r.caption_id = (SELECT MAX(s.caption_id) FROM `${{dataset}}.{RESERVED}` AS s "
        "WHERE s.page_name = @page AND s.is_active)",
        HELD,
    ),
}


@pytest.fixture(autouse=True)
def swift_smoke_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """They rehearse on the present, and don't look at schedules."""
    pass_at_once(monkeypatch)


@dataclass(frozen=True)
class Week:
    """An agency whose week is published: its rows in force and reservations, and its files."""

    agency: Installed
    rows: Mapping[str, pd.DataFrame]
    files: Mapping[str, bytes]

    def change(self, made: Change, *pages: str) -> None:
        for page in pages:
            self.agency.change(made.script, page=page)

    def restore(self) -> None:
        """As a rollback does."""
        for table, rows in self.rows.items():
            self.agency.dataset.load(table, rows)

    def publish(self) -> PublishedFiles:
        return publish_files(self.agency.dataset, WEEK, run_id="test", report=lambda _: None)

    @property
    def pages(self) -> list[str]:
        return sorted(set(self.rows[CHANGED].query("is_active")["page_name"]))

    @property
    def faults(self) -> list[str]:
        dataset, rows = self.agency.dataset, active_messages(self.agency.dataset, WEEK)
        withheld = withheld_pages(dataset, WEEK, rows)
        return wrong_folder(rows, dataset.week_folder(WEEK), withheld)


@pytest.fixture(scope="module")
def published(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Week]:
    folder = tmp_path_factory.mktemp("by_hand")
    with pytest.MonkeyPatch.context() as patch, copied(planned, folder) as agency:
        pass_at_once(patch)
        rows = {table: agency.dataset.rows(table) for table in (CHANGED, RESERVED)}
        week = Week(agency, rows, {})
        week.publish()
        yield Week(agency, rows, agency.files())


@pytest.fixture
def week(published: Week) -> Iterator[Week]:
    """The published week, which a test may change: with its rows, its files are all back."""
    yield published
    published.restore()
    published.publish()
    assert published.faults == []
    assert of_pages(published.agency.files(), published.pages) == of_pages(
        published.files, published.pages
    )
    assert week_shortfalls(published.agency.dataset, WEEK, ["files"]) == []


def of_pages(files: Mapping[str, bytes], pages: list[str]) -> Mapping[str, bytes]:
    """The files of these pages alone."""
    return {name: content for name, content in files.items() if name.split(".")[0] in pages}


AT_ONCE = 4
BATCHES = tuple(
    tuple(CHANGES)[first : first + AT_ONCE] for first in range(0, len(CHANGES), AT_ONCE)
)
"""Changes that are made at once, each to a page of its own; two pages stay as they are."""


@pytest.mark.parametrize("number", range(len(BATCHES)), ids=lambda n: ", ".join(BATCHES[n]))
def test_a_schedule_changed_by_hand_costs_its_page_alone(week: Week, number: int) -> None:
    agency = week.agency
    # Which pages are changed is another choice in each batch.
    pages = [*week.pages[number:], *week.pages[:number]]
    changed = dict(zip(pages, BATCHES[number], strict=False))
    others = sorted(set(week.pages) - changed.keys())
    assert len(others) >= 2
    for page, name in changed.items():
        week.change(CHANGES[name], page)

    log = week.publish().log

    now = agency.files()
    assert of_pages(now, week.pages) == of_pages(week.files, others)
    assert set(now) == set(week.files) - set(of_pages(week.files, [*changed]))
    lacking = {s.page_name: s.reason for s in week_shortfalls(agency.dataset, WEEK, ["files"])}
    assert lacking.keys() == changed.keys()
    for page, name in changed.items():
        assert page.encode() not in now["all-creators.csv"], name
        assert CHANGES[name].seen_by <= {
            seen for seen in (PLANNED, RULES, TIMES, HELD) if seen in lacking[page]
        }, name
        assert "plan this page again" in lacking[page], name
        assert lacking[page].split(": ")[0] in now["index.html"].decode(), name
    assert set(log[log["status"] == "succeeded"]["page_name"]) == set(others)
    # What is compared with what is in force knows of the withheld pages; nothing is left to do.
    assert week.faults == [f"{page}: {reason}" for page, reason in lacking.items()]
    channel = FilesChannel(agency.dataset, "test", lambda _: None)
    assert channel.faults(WEEK) == []
    before = {p: p.stat().st_mtime_ns for p in agency.dataset.week_folder(WEEK).iterdir()}
    assert [each.result for each in realign(agency.dataset, [channel], run_id="a")] == [
        "as in force"
    ]
    assert {p: p.stat().st_mtime_ns for p in agency.dataset.week_folder(WEEK).iterdir()} == before
    week.publish()
    assert agency.files() == now


@pytest.mark.parametrize(
    "names",
    [("caption", "caption"), ("message deleted", "reservations released"), ("no time", "arm")],
    ids=" and ".join,
)
def test_two_pages_are_withheld_each_for_its_own_reason(week: Week, names: tuple[str, str]) -> None:
    for page, name in zip((PAGE, OTHER), names, strict=True):
        week.change(CHANGES[name], page)

    week.publish()

    others = [page for page in week.pages if page not in (PAGE, OTHER)]
    assert of_pages(week.agency.files(), week.pages) == of_pages(week.files, others)
    lacking = {s.page_name: s.reason for s in week_shortfalls(week.agency.dataset, WEEK, ["files"])}
    assert set(lacking) == {PAGE, OTHER}
    for page, name in zip((PAGE, OTHER), names, strict=True):
        assert all(seen in lacking[page] for seen in CHANGES[name].seen_by)
    assert week.faults == [f"{page}: {reason}" for page, reason in lacking.items()]
    status = week_status(week.agency.dataset, WEEK)
    assert status[-2:] == [f"Withheld: {page}: {reason}." for page, reason in lacking.items()]
    assert "; 2 schedules in force are not among them" in status[1]


def test_a_message_that_was_given_another_page_withholds_both(week: Week) -> None:
    week.change(change(row(f"page_name = '{OTHER}'")), PAGE)
    week.publish()
    others = [page for page in week.pages if page not in (PAGE, OTHER)]
    assert of_pages(week.agency.files(), week.pages) == of_pages(week.files, others)


@pytest.mark.parametrize("name", ["time, by minutes", "caption", "reservations released"])
def test_changes_of_all_pages_at_once_close_the_gate_and_leave_the_files(
    week: Week, name: str
) -> None:
    week.change(CHANGES[name], *week.pages)
    with pytest.raises(GateClosedError, match="nothing was published") as closed:
        week.publish()
    assert all(seen in str(closed.value) for seen in CHANGES[name].seen_by)
    assert week.agency.files() == week.files
    assert week_shortfalls(week.agency.dataset, WEEK, ["files"]) == []


def test_the_last_page_that_is_left_is_published(week: Week) -> None:
    week.change(CHANGES["arm"], *week.pages[1:])
    week.publish()
    first = week.pages[:1]
    assert of_pages(week.agency.files(), week.pages) == of_pages(week.files, first)


def test_files_of_a_withheld_page_that_are_still_there_are_named(week: Week) -> None:
    week.change(CHANGES["arm"], PAGE)
    faults = [fault for fault in week.faults if "its page is withheld" in fault]
    folder = week.agency.dataset.week_folder(WEEK)
    names = sorted(of_pages(week.files, [PAGE]))
    assert [fault.split(": ")[0] for fault in faults] == [str(folder / name) for name in names]
    channel = FilesChannel(week.agency.dataset, "test", lambda _: None)
    assert [each.result for each in realign(week.agency.dataset, [channel], run_id="b")] == [
        "as in force"
    ]
    assert of_pages(week.agency.files(), [PAGE]) == {}
    assert len(week.faults) == 1


def test_a_page_whose_text_is_lost_too_has_both_reasons(week: Week) -> None:
    week.change(CHANGES["arm"], PAGE)
    week.change(change(row("caption_id = -5", number=3)), PAGE)
    judged = judged_week(week.agency.dataset, WEEK, run_id="test")
    assert f"{PLANNED}: " in judged.withheld[PAGE]
    assert "caption -5 has no text" in judged.withheld[PAGE]


@pytest.mark.parametrize("name", ["arm", "reservations released"])
def test_health_sees_what_is_withheld(week: Week, name: str) -> None:
    week.change(CHANGES[name], PAGE)
    week.publish()
    [violation] = integrity_violations(week.agency.dataset, [WEEK])
    [seen] = CHANGES[name].seen_by
    assert violation.startswith(f"{seen}: ")


def test_sheet_and_bucket_show_what_the_files_show(
    planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"spreadsheet_id": SPREADSHEET, "export_bucket": f"{BUCKET}/eros"}
    with (
        opened_desk() as desk,
        storage_on_loopback(monkeypatch) as storage,
        copied(planned, tmp_path, sheets_endpoint=desk.address, **places) as agency,
    ):
        agency.run("export_schedules", WEEK)
        everyone = set(active_messages(agency.dataset, WEEK)["schedule_id"])
        others = {schedule for schedule in everyone if PAGE not in schedule}
        agency.change(CHANGES["message deleted"].script, page=PAGE)

        agency.run("export_schedules", WEEK)

        def shown() -> tuple[set[str], set[str]]:
            rows = desk.sheets.tab(f"{WEEK:%G-W%V}").records()
            names = {name.rsplit("/", 1)[1] for name in storage.contents() if f"{WEEK}" in name}
            return {str(row["Schedule"]) for row in rows if row["Schedule"]}, names

        assert shown() == (others, set(agency.files()) - {RECORD})
        assert not any(name.startswith(PAGE) for name in agency.files())
        summary = [str(row["Missing"]) for row in desk.sheets.tab("Summary").records()]
        assert any(PLANNED in text for text in summary)
        log = agency.dataset.rows("schedule_export_log")
        newest = log.sort_values("exported_at").groupby(["destination", "page_name"]).last()
        assert set(newest.xs(PAGE, level="page_name")["status"]) == {"failed"}
        assert newest[newest["status"] == "failed"]["error_message"].str.contains(PLANNED).all()
        assert len(set(newest["publication_id"])) == 1

        writes, changes = desk.sheets.writes, list(storage.changes)
        agency.run("export_schedules", WEEK)
        assert (desk.sheets.writes, list(storage.changes)) == (writes, changes)
