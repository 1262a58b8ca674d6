"""After a rollback nobody finds schedules that are not in force: in files, sheet or bucket."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import dagster as dg
import pytest

from eros_assets.assets.realigning import LOCKED, realigned
from eros_assets.definitions import build_definitions
from eros_assets.gate import Finding, verdict
from eros_assets.gate.verdict import withheld_pages
from eros_assets.publishing import publication
from eros_assets.publishing.channels import FilesChannel
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.publishing.realignment import Realigned, realign
from eros_assets.publishing.record import RECORD
from eros_assets.publishing.status import week_status
from eros_assets.resources import ExportBucket, SheetsResource, WarehouseResource
from eros_assets.weekly.messages import active_messages
from tests.assets.installed import WEEK, Installed, copied
from tests.exporting.sheets_service.service import BATCH, SPREADSHEET
from tests.exporting.sheets_service.weeks import Desk, opened_desk
from tests.google.exchange import Trouble
from tests.google.storage import BUCKET, LIST, CloudStorage, storage_on_loopback

OPEN = (Finding("gate", "It is open.", (), 0),)
CLOSED = (Finding("routines", "Routines that differ.", ("wilson_sample",), 1),)
TAB = "2025-W45"
PREFIX = f"eros/{WEEK}/"
EVERYWHERE = ("csv", "sheets", "bucket")


@dataclass(frozen=True)
class Published:
    """An agency whose week is in force and published to files, sheet and bucket."""

    agency: Installed
    desk: Desk
    storage: CloudStorage

    def realign(self) -> list[Realigned]:
        """As a rollback does it, in a run."""
        found: list[Realigned] = []

        @dg.op
        def realigning(
            context: dg.OpExecutionContext,
            warehouse: WarehouseResource,
            sheets: SheetsResource,
            bucket: ExportBucket,
        ) -> None:
            found.extend(realigned(context, warehouse.dataset(context), sheets, bucket))

        @dg.job
        def realigns() -> None:
            realigning()

        settings = self.agency.dataset.settings
        resources = build_definitions(settings).resources or {}
        realigns.execute_in_process(instance=self.agency.instance, resources=resources)
        return found

    def results(self) -> dict[str, str]:
        """The same, result by destination."""
        return {each.destination: each.result for each in self.realign()}

    def shown(self, destination: str) -> set[str]:
        """The schedules that people find."""
        if destination == "sheets":
            records = self.desk.sheets.tab(TAB).records()
            return {str(record["Schedule"]) for record in records if record["Schedule"]}
        files = (
            self.agency.files()
            if destination == "csv"
            else {n.removeprefix(PREFIX): c for n, c in self.storage.contents().items()}
        )
        return {
            line.split(",")[0]
            for name, content in files.items()
            if name.endswith(".csv") and not name.endswith(".excel.csv")
            for line in content.decode().splitlines()
            if line.startswith("sched_")
        }

    def wanted_again(self) -> list[str]:
        """The weeks that the sensor is asked to export."""
        records = self.agency.instance.fetch_materializations(LOCKED, limit=100).records
        return [record.partition_key or "" for record in records if not record.run_id]


SETTINGS = {"spreadsheet_id": SPREADSHEET, "export_bucket": f"{BUCKET}/eros"}


@dataclass(frozen=True)
class Exported:
    """The folder of an agency whose week is published, and what spreadsheet and bucket hold."""

    folder: Path
    sheets: Mapping[str, Any]
    storage: Mapping[str, Any]


@pytest.fixture(scope="module")
def exported(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Only to be copied."""
    folder = tmp_path_factory.mktemp("exported")
    with (
        pytest.MonkeyPatch.context() as patch,
        opened_desk() as desk,
        storage_on_loopback(patch) as storage,
        copied(planned, folder, sheets_endpoint=desk.address, **SETTINGS) as agency,
    ):
        gate(patch, OPEN)
        job = build_definitions(agency.dataset.settings).resolve_job_def("export_schedules")
        job.execute_in_process(instance=agency.instance, partition_key=f"{WEEK}")
        agency.keep_records()
        return Exported(folder, deepcopy(vars(desk.sheets)), deepcopy(vars(storage)))


@pytest.fixture
def published(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Published]:
    gate(monkeypatch, OPEN)
    with (
        opened_desk() as desk,
        storage_on_loopback(monkeypatch) as storage,
        copied(exported.folder, tmp_path, sheets_endpoint=desk.address, **SETTINGS) as agency,
    ):
        vars(desk.sheets).update(deepcopy(exported.sheets))
        vars(storage).update(deepcopy(exported.storage))
        yield Published(agency, desk, storage)


def gate(monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...]) -> None:
    monkeypatch.setattr(verdict, "gate_findings", lambda *_, **__: findings)


def realigned_files(agency: Installed) -> dict[dt.date, str]:
    channel = FilesChannel(agency.dataset, "test", lambda _: None)
    found = realign(agency.dataset, [channel], run_id="test")
    return {each.week_start: each.sentence for each in found}


def faults(agency: Installed) -> list[str]:
    dataset = agency.dataset
    rows = active_messages(dataset, WEEK)
    return wrong_folder(rows, dataset.week_folder(WEEK), withheld_pages(dataset, WEEK, rows))


def in_force(agency: Installed) -> set[str]:
    return {str(each) for each in active_messages(agency.dataset, WEEK)["schedule_id"]}


def take_back(agency: Installed, *, everyone: bool) -> None:
    """Put the schedules of the first page or of all out of force, and others into force."""
    first = min(active_messages(agency.dataset, WEEK)["page_name"])
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, "
        "status = 'superseded' WHERE @everyone OR page_name = @first;"
        "UPDATE `${dataset}.schedule_recommendations` SET performance_score = 0.25 WHERE is_active",
        everyone=everyone,
        first=first,
    )


@pytest.mark.parametrize("everyone", [False, True], ids=["some", "all"])
def test_schedules_taken_back_are_replaced_by_those_in_force_everywhere(
    published: Published, everyone: bool
) -> None:
    before = in_force(published.agency)
    assert all(published.shown(destination) == before for destination in EVERYWHERE)
    take_back(published.agency, everyone=everyone)
    now = in_force(published.agency)
    assert now < before
    assert bool(now) is not everyone

    assert published.results() == dict.fromkeys(EVERYWHERE, "as in force")

    assert {d: published.shown(d) for d in EVERYWHERE} == dict.fromkeys(EVERYWHERE, now)
    assert faults(published.agency) == []
    status = week_status(published.agency.dataset, WEEK)
    assert sum(line.endswith(f": {len(now)} schedules.") for line in status) == len(EVERYWHERE)
    writes, changes = published.desk.sheets.writes, list(published.storage.changes)
    assert published.results() == dict.fromkeys(EVERYWHERE, "as in force")
    assert (published.desk.sheets.writes, list(published.storage.changes)) == (writes, changes)
    assert published.wanted_again() == []


def test_a_week_behind_a_closed_gate_is_withdrawn_everywhere_until_it_opens(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_back(published.agency, everyone=False)
    gate(monkeypatch, CLOSED)

    assert published.results() == dict.fromkeys(EVERYWHERE, "withdrawn")

    assert {d: published.shown(d) for d in EVERYWHERE} == {d: set() for d in EVERYWHERE}
    assert set(published.agency.files()) == {"index.html", RECORD}
    # The list of weeks stays: the page of this one says why it was withdrawn.
    assert set(published.storage.contents()) == {f"{PREFIX}index.html", "eros/weeks.html"}
    page = published.agency.files()["index.html"].decode()
    assert "sched_" not in page
    names = {str(name) for name in active_messages(published.agency.dataset, WEEK)["page_name"]}
    assert names
    why = "withdrawn: week of 2025-11-03: nothing was published"
    assert all(f"{name}: 0 of 1 messages: {why}" in page for name in names)
    missing = [str(row["Missing"]) for row in published.desk.sheets.tab("Summary").records()]
    assert any(why in text for text in missing)
    status = week_status(published.agency.dataset, WEEK)
    assert sum(line.startswith("Withdrawn (") for line in status) == len(EVERYWHERE)

    gate(monkeypatch, OPEN)
    assert published.results() == dict.fromkeys(EVERYWHERE, "as in force")
    assert b"withdrawn" not in published.agency.files()["index.html"]
    now = in_force(published.agency)
    assert {d: published.shown(d) for d in EVERYWHERE} == dict.fromkeys(EVERYWHERE, now)


def test_a_closed_gate_withdraws_nothing_that_is_in_force(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(monkeypatch, CLOSED)
    before = (
        published.agency.files(),
        published.storage.contents(),
        published.desk.sheets.contents(),
    )
    assert published.results() == dict.fromkeys(EVERYWHERE, "as in force")
    after = published.agency.files(), published.storage.contents(), published.desk.sheets.contents()
    assert after == before


def no_sheet(published: Published) -> None:
    refused = Trouble(status=403, message="The caller does not have permission")
    published.desk.sheets.trouble(BATCH, refused)


def no_bucket(published: Published) -> None:
    published.storage.trouble(LIST, Trouble(status=403, message="storage.objects.list is denied"))


def no_folder(published: Published) -> None:
    folder = published.agency.dataset.week_folder(WEEK)
    moved = folder.with_name("elsewhere")
    folder.rename(moved)
    folder.symlink_to(moved)


@pytest.mark.parametrize(
    ("breaks", "failing"),
    [(no_sheet, {"sheets"}), (no_bucket, {"bucket"}), (no_folder, {"csv", "bucket"})],
    ids=["sheet", "bucket", "folder"],
)
def test_a_channel_that_fails_costs_itself_alone_and_the_sensor_is_asked_to_finish(
    published: Published, breaks: Callable[[Published], None], failing: set[str]
) -> None:
    """The bucket has the files of the folder: it fails with the folder."""
    take_back(published.agency, everyone=False)
    now = in_force(published.agency)
    breaks(published)

    found = published.realign()

    assert {each.destination for each in found if each.result == "failed"} == failing
    assert all("do not send" in each.sentence for each in found if each.destination in failing)
    assert all(published.shown(d) == now for d in set(EVERYWHERE) - failing)
    assert published.wanted_again() == [f"{WEEK}"]


def test_what_was_never_published_at_a_channel_is_not_published_there(
    published: Published,
) -> None:
    published.storage.objects.clear()
    take_back(published.agency, everyone=False)
    assert published.results() == {"csv": "as in force", "sheets": "as in force"}
    assert published.storage.contents() == {}


def test_a_bucket_is_realigned_where_the_folder_is_on_another_machine(
    published: Published,
) -> None:
    import shutil

    shutil.rmtree(published.agency.dataset.settings.out_dir)
    take_back(published.agency, everyone=False)
    assert published.results() == {"sheets": "as in force", "bucket": "as in force"}
    assert published.shown("bucket") == in_force(published.agency)


def test_weeks_whose_files_are_right_and_other_folders_are_left_alone(
    agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(monkeypatch, CLOSED)
    out = agency.dataset.settings.out_dir
    for name in ("deployments", "2025-10-27", "2025-13-01"):
        other = Path(out / name)
        other.mkdir(exist_ok=True)
        (other / "old.csv").write_text("kept", "utf-8")
    before = {p: p.stat().st_mtime_ns for p in sorted(out.rglob("*")) if p.is_file()}
    assert realigned_files(agency) == {WEEK: f"week of {WEEK}, files: as in force"}
    assert {p: p.stat().st_mtime_ns for p in sorted(out.rglob("*")) if p.is_file()} == before


def test_a_publication_that_is_under_way_is_compared_as_it_ended(
    shared_agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read what was in force, and puts its folder in place after the rollback restored."""
    agency = shared_agency
    gate(monkeypatch, OPEN)
    take_back(agency, everyone=False)
    publish_files(agency.dataset, WEEK, run_id="first", report=lambda _: None)
    reached, restored = Event(), Event()
    put_in_place = publication.put_in_place

    def held(*arguments: object) -> None:
        reached.set()
        assert restored.wait(60)
        put_in_place(*arguments)  # type: ignore[arg-type]

    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = TRUE WHERE status <> 'draft'"
    )
    monkeypatch.setattr(publication, "put_in_place", held)
    slow = Thread(
        target=publish_files,
        args=(agency.dataset, WEEK),
        kwargs={"run_id": "slow", "report": lambda _: None},
    )
    slow.start()
    assert reached.wait(60)
    monkeypatch.setattr(publication, "put_in_place", put_in_place)
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE "
        "WHERE status = 'superseded'"
    )
    assert faults(agency) == []  # as the folder is now
    later = Thread(target=realigned_files, args=(agency,))
    later.start()
    later.join(0.5)
    restored.set()
    slow.join()
    later.join()
    assert faults(agency) == []
