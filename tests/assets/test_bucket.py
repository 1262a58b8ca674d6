"""A week's files reach the bucket, those of the schedules in force and no others."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from eros_assets.automation.jobs import export_schedules, week_run_config
from eros_assets.definitions import build_definitions
from eros_assets.publishing.bucket import WeekFilesError, week_contents
from eros_assets.publishing.index import INDEX_FILE
from eros_assets.publishing.record import RECORD
from eros_assets.weekly.messages import active_messages
from tests.assets.installed import WEEK, Installed, copied
from tests.google.exchange import Trouble
from tests.google.storage import BUCKET, INSERT, CloudStorage, storage_on_loopback

LOCATION = f"{BUCKET}/eros"
PREFIX = f"eros/{WEEK}/"
WEEKS = "eros/weeks.html"


@pytest.fixture(scope="module")
def planned_copy(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The sample agency with its week planned and exported to disk; tests leave it as it was."""
    folder = tmp_path_factory.mktemp("bucket")
    with copied(planned, folder) as agency:
        yield agency


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudStorage]:
    with storage_on_loopback(monkeypatch) as storage:
        yield storage


def export(
    agency: Installed, *assets: str, succeeds: bool = True, bucket: str = LOCATION
) -> dg.ExecuteInProcessResult:
    """Materialize `schedule_bucket` of the week, or these assets."""
    settings = agency.dataset.settings.model_copy(update={"export_bucket": bucket})
    result = (
        build_definitions(settings)
        .resolve_job_def(export_schedules.name)
        .execute_in_process(
            instance=agency.instance,
            partition_key=WEEK.isoformat(),
            asset_selection=[dg.AssetKey(name) for name in assets or ("schedule_bucket",)],
            run_config=week_run_config(),
            raise_on_error=succeeds,
        )
    )
    assert result.success is succeeds
    return result


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def log(agency: Installed, result: dg.ExecuteInProcessResult) -> pd.DataFrame:
    """The export log's rows of a run."""
    return agency.query(
        "SELECT * FROM `${dataset}.schedule_export_log` "
        "WHERE destination = 'bucket' AND run_id = @run_id ORDER BY page_name",
        run_id=result.run_id,
    )


def published(agency: Installed) -> dict[str, bytes]:
    """The files of the week's folder that are for people: all but the record of what it holds."""
    return {name: content for name, content in agency.files().items() if name != RECORD}


def active(agency: Installed) -> pd.DataFrame:
    """Schedule and number of messages of every page."""
    return agency.query(
        "SELECT page_name, schedule_id, COUNT(*) AS messages "
        "FROM `${dataset}.schedule_recommendations` WHERE is_active "
        "GROUP BY page_name, schedule_id ORDER BY page_name"
    )


def why(agency: Installed, result: dg.ExecuteInProcessResult) -> str:
    """The one reason for which a run failed, as its rows of the export log have it."""
    rows = log(agency, result)
    assert list(rows["schedule_id"]) == list(active(agency)["schedule_id"])
    assert set(rows["status"]) == {"failed"}
    assert set(rows["row_count"]) == {0}
    assert set(rows["location"]) == {f"gs://{BUCKET}/{PREFIX}"}
    (reason,) = set(rows["error_message"])
    assert len(reason.splitlines()) == 1
    return str(reason)


def test_the_bucket_holds_the_files_of_the_week_and_nothing_else(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    """First everything is uploaded, the index last; then nothing; then what has changed."""
    files = published(planned_copy)
    first = export(planned_copy)
    listed = storage.contents().pop(WEEKS)
    assert b'href="2025-11-03/index.html"' in listed
    assert storage.contents() == {
        WEEKS: listed,
        **{PREFIX + name: content for name, content in files.items()},
    }
    assert storage.changes[-2:] == [f"+{PREFIX}{INDEX_FILE}", f"+{WEEKS}"]
    shown = metadata(first)
    assert shown["location"] == f"gs://{LOCATION}/{WEEK}/"
    assert shown["console"] == f"https://console.cloud.google.com/storage/browser/{BUCKET}/{PREFIX}"
    counts = ("uploaded", "unchanged", "deleted", "bytes_uploaded", "dagster/row_count")
    whole = sum(map(len, files.values()))
    assert [shown[name] for name in counts] == [len(files), 0, 0, whole, len(files)]
    planned, rows = active(planned_copy), log(planned_copy, first)
    assert list(rows["schedule_id"]) == list(planned["schedule_id"])
    assert list(rows["row_count"]) == list(planned["messages"])
    assert list(rows["location"]) == [
        f"gs://{LOCATION}/{WEEK}/{page}.csv" for page in planned["page_name"]
    ]
    on_disk = planned_copy.query(
        "SELECT DISTINCT page_name, checksum FROM `${dataset}.schedule_export_log` "
        "WHERE destination = 'csv' ORDER BY page_name"
    )
    assert list(rows["checksum"]) == list(on_disk["checksum"])
    assert set(rows["status"]) == {"succeeded"}

    storage.forget()
    second = export(planned_copy)
    assert storage.changes == []
    assert [metadata(second)[name] for name in counts] == [0, len(files), 0, 0, len(files)]
    assert set(log(planned_copy, second)["status"]) == {"unchanged"}

    page = str(planned["page_name"].iloc[0])
    storage.put(f"{PREFIX}{page}.svg", b"another picture", "image/svg+xml")
    storage.put(f"{PREFIX}retired.csv", b"of a page that is no longer scheduled")
    storage.put(f"eros/{WEEK}-notes.txt", b"somebody's")
    third = export(planned_copy)
    assert storage.changes == [f"+{PREFIX}{page}.svg", f"-{PREFIX}retired.csv"]
    assert storage.contents() == {
        WEEKS: listed,
        **{PREFIX + name: content for name, content in files.items()},
        f"eros/{WEEK}-notes.txt": b"somebody's",
    }
    rows = log(planned_copy, third)
    assert list(rows[rows["status"] == "succeeded"]["page_name"]) == [page]


def test_files_on_disk_of_a_page_without_a_schedule_are_not_published(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    files = published(planned_copy)
    left = planned_copy.dataset.week_folder(WEEK) / "retired.csv"
    left.write_bytes(b"of an earlier plan")
    try:
        export(planned_copy)
    finally:
        left.unlink()
    assert storage.contents().keys() == {WEEKS, *(PREFIX + name for name in files)}


def test_without_a_prefix_weeks_lie_at_the_top_of_the_bucket(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    export(planned_copy, bucket=BUCKET)
    names = {f"{WEEK}/{name}" for name in published(planned_copy)}
    assert storage.contents().keys() == {"weeks.html", *names}


@contextmanager
def replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """A file with other content, or gone, for a while."""
    before = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize(
    "name",
    ["{page}.csv", "{page}.excel.csv", "{page}.ics", "{page}.svg", "all-creators.csv", INDEX_FILE],
)
def test_a_missing_file_is_named(planned_copy: Installed, name: str) -> None:
    dataset = planned_copy.dataset
    folder, messages = dataset.week_folder(WEEK), active_messages(dataset, WEEK)
    path = folder / name.format(page=messages["page_name"].iloc[0])
    assert week_contents(messages, folder).keys() == published(planned_copy).keys()
    with replaced(path, None), pytest.raises(WeekFilesError, match=re.escape(f"{path}: ")):
        week_contents(messages, folder)


@pytest.mark.parametrize(
    "name", ["{page}.csv", "{page}.excel.csv", "{page}.ics", "all-creators.csv", INDEX_FILE]
)
def test_a_file_of_an_earlier_schedule_is_named(planned_copy: Installed, name: str) -> None:
    dataset = planned_copy.dataset
    folder, messages = dataset.week_folder(WEEK), active_messages(dataset, WEEK)
    path = folder / name.format(page=messages["page_name"].iloc[0])
    schedule = str(messages["schedule_id"].iloc[0])
    earlier = path.read_bytes().replace(schedule.encode(), f"{schedule[:-8]}{0:08x}".encode())
    with replaced(path, earlier), pytest.raises(WeekFilesError, match=re.escape(f"{path}: ")):
        week_contents(messages, folder)


def test_missing_files_stop_the_export_before_any_request(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    """A container that planned some pages only has not the files of the others."""
    pages = list(active(planned_copy)["page_name"])
    folder = planned_copy.dataset.week_folder(WEEK)
    with ExitStack() as missing:
        for page in pages:
            missing.enter_context(replaced(folder / f"{page}.csv", None))
            missing.enter_context(replaced(folder / f"{page}.excel.csv", None))
        result = export(planned_copy, succeeds=False)
    said = why(planned_copy, result)
    assert said.count(": No such file") == 3
    assert f"; and {2 * len(pages) - 3} more; " in said
    assert said.endswith("run the job export_schedules for this week")
    assert storage.requests == []


def test_a_refusal_is_in_the_log_with_what_to_do(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    storage.trouble(INSERT, Trouble(status=403, message="no storage.objects.create access"))
    result = export(planned_copy, succeeds=False)
    assert "grant the account roles/storage.objectUser" in why(planned_copy, result)
    assert storage.contents() == {}


def test_a_bucket_that_does_not_exist_is_in_the_log(
    planned_copy: Installed, storage: CloudStorage
) -> None:
    result = export(planned_copy, succeeds=False, bucket="no-such-bucket")
    rows = log(planned_copy, result)
    assert rows["error_message"].str.startswith("there is no bucket gs://no-such-bucket").all()
    assert storage.changes == []


def test_without_credentials_the_log_says_how_to_give_them(
    planned_copy: Installed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "no-key.json"))
    result = export(planned_copy, succeeds=False)
    assert "set GOOGLE_APPLICATION_CREDENTIALS" in why(planned_copy, result)


def test_without_a_bucket_the_asset_is_shown_with_a_line_how_to_turn_it_on(
    planned_copy: Installed,
) -> None:
    """No run has it: a backfill that waited for it would count as failed."""
    graph = build_definitions(planned_copy.dataset.settings).resolve_asset_graph()
    bucket = graph.get(dg.AssetKey("schedule_bucket"))
    assert not bucket.is_executable
    assert bucket.automation_condition is None
    assert "Not set up: there is no bucket" in (bucket.description or "")
    assert "set EROS_EXPORT_BUCKET" in (bucket.description or "")


def test_a_page_that_is_no_longer_scheduled_leaves_the_bucket(
    agency: Installed, storage: CloudStorage
) -> None:
    """Its schedule is withdrawn, and the week exported again."""
    export(agency)
    withdrawn = str(active(agency)["page_name"].iloc[0])
    agency.change(
        """
        UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, status = 'superseded'
        WHERE page_name = @page;
        UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE
        WHERE page_name = @page;
        """,
        page=withdrawn,
    )
    storage.forget()
    export(agency, "schedule_csv", "schedule_calendar", "schedule_index", "schedule_bucket")
    names = [f"{withdrawn}{suffix}" for suffix in (".csv", ".excel.csv", ".ics", ".svg")]
    assert storage.changes == [
        *(f"+{PREFIX}{name}" for name in ("all-creators.csv", "all-creators.excel.csv")),
        f"+{PREFIX}{INDEX_FILE}",
        *sorted(f"-{PREFIX}{name}" for name in names),
    ]
    assert not any((agency.dataset.week_folder(WEEK) / name).exists() for name in names)


def test_a_week_that_does_not_pass_the_gate_is_not_published(
    agency: Installed, storage: CloudStorage
) -> None:
    agency.change("UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE WHERE TRUE")
    result = export(agency, succeeds=False)
    rows = log(agency, result)
    assert list(rows["schedule_id"]) == list(active(agency)["schedule_id"])
    assert rows["error_message"].str.contains("every_message_is_reserved").all()
    assert storage.requests == []
