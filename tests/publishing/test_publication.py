"""A week's folder is published as one unit, whatever fails, is killed or runs at the same time."""

import datetime as dt
import errno
import os
import re
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pandas as pd
import pytest

from eros_assets.dataset import Dataset
from eros_assets.exporting import schedule_csv, schedule_events
from eros_assets.gate import Finding, verdict
from eros_assets.gate.verdict import withheld_pages
from eros_assets.publishing import folders, publication, record
from eros_assets.publishing.folders import ExportFolderError
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.publishing.record import RECORD, read_record
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.weekly.messages import active_messages
from tests.assets.installed import WEEK, Installed, copied, installed

PAGES = ("amber_lens", "basil_and_thyme")
PAGE = PAGES[1]
PASSED = (Finding("gate", "It is open.", (), 0),)
ALL_FILES = ("all-creators.csv", "all-creators.excel.csv")
NOT_FULL = 10_000
Files = Mapping[str, bytes]


class KilledError(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def template(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages of the sample agency, their week published, and what changes it later."""
    folder = tmp_path_factory.mktemp("two_pages")
    with pytest.MonkeyPatch.context() as patch, copied(planned, folder) as agency:
        patch.setattr(verdict, "gate_findings", lambda *_, **__: PASSED)
        agency.change(
            "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, "
            "status = 'superseded' WHERE page_name NOT IN UNNEST(@pages);"
            "UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE "
            "WHERE page_name NOT IN UNNEST(@pages)",
            pages=list(PAGES),
        )
        publish(agency.dataset)
    return folder


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate passes: what it looks at is tested with the gate."""
    monkeypatch.setattr(verdict, "gate_findings", lambda *_, **__: PASSED)


@pytest.fixture
def agency(template: Path, tmp_path: Path) -> Iterator[Installed]:
    copytree(template, tmp_path, dirs_exist_ok=True)
    with installed(tmp_path) as copy:
        yield copy


@dataclass(frozen=True)
class Turn:
    """A week whose schedules have changed since it was published: both folders, bit for bit.

    `made` is what the steps before any file gave the undisturbed publication, by name.
    """

    agency: Installed
    old: Files
    new: Files
    made: Mapping[str, Any]


@pytest.fixture(scope="module")
def turned(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """The new folder as an undisturbed publication makes it; each test starts from the old one."""
    folder = tmp_path_factory.mktemp("turned")
    copytree(template, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch, installed(folder) as agency:
        patch.setattr(verdict, "gate_findings", lambda *_, **__: PASSED)
        old = agency.files()
        withdraw(agency, PAGE)
        agency.change(
            "UPDATE `${dataset}.schedule_recommendations` SET performance_score = 0.25 "
            "WHERE is_active"
        )
        made: dict[str, Any] = {}
        for name in ("judged_week", "calendar_weeks", "week_index"):
            patch.setattr(publication, name, kept(made, name, getattr(publication, name)))
        publish(agency.dataset)
        patch.undo()
        yield Turn(agency, old, agency.files(), made)


def kept(made: dict[str, Any], name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """A step that also keeps what it gave."""

    def keeping(*arguments: Any, **more: Any) -> Any:
        made[name] = work(*arguments, **more)
        return made[name]

    return keeping


@pytest.fixture
def turn(turned: Turn) -> Turn:
    """The old folder is in place, and the new schedules are in force."""
    out = turned.agency.dataset.settings.out_dir
    rmtree(out)
    folder = turned.agency.dataset.week_folder(WEEK)
    folder.mkdir(parents=True)
    for name, content in turned.old.items():
        (folder / name).write_bytes(content)
    return turned


@pytest.fixture
def swift(turn: Turn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turn]:
    """The same, with what the database says known already: only the files are made each time."""
    for name, made in turn.made.items():
        monkeypatch.setattr(publication, name, lambda *_, made=made, **__: made)
    warehouse = turn.agency.dataset.warehouse
    assert isinstance(warehouse, DuckDBWarehouse)
    with warehouse.session():
        yield turn


def publish(dataset: Dataset) -> publication.PublishedFiles:
    return publish_files(dataset, WEEK, run_id="test", report=lambda _: None)


def withdraw(agency: Installed, page: str) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, "
        "status = 'superseded' WHERE page_name = @page;"
        "UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE "
        "WHERE page_name = @page",
        page=page,
    )


def faults(agency: Installed) -> list[str]:
    rows, folder = active_messages(agency.dataset, WEEK), agency.dataset.week_folder(WEEK)
    return wrong_folder(rows, folder, withheld_pages(agency.dataset, WEEK, rows))


def left_beside(agency: Installed) -> list[str]:
    """What lies in the folder of unfinished publications, locks aside."""
    folder = agency.dataset.settings.out_dir / ".publishing"
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def names_of(*pages: str) -> set[str]:
    kinds = (".csv", ".excel.csv", ".ics", ".svg")
    of_pages = {f"{page}{kind}" for page in pages for kind in kinds}
    return {RECORD, "index.html", *of_pages, *(ALL_FILES if pages else ())}


# What is published


def test_the_folder_holds_the_files_of_the_schedules_in_force_alone(turn: Turn) -> None:
    """A page that is not scheduled any more has no file left, nor has anybody else's."""
    folder = turn.agency.dataset.week_folder(WEEK)
    assert set(turn.old) == names_of(*PAGES)
    (folder / "notes.txt").write_text("by hand")
    (folder / f".{PAGE}.csv.0a1b2c.partial").write_bytes(b"of a killed process")
    (folder / "drafts").mkdir()
    (folder / "drafts" / "one.csv").write_text("by hand")
    published = publish(turn.agency.dataset)
    assert turn.agency.files() == turn.new
    assert set(turn.new) == names_of(PAGES[0])
    assert left_beside(turn.agency) == []
    assert published.log["page_name"].tolist() == [PAGES[0]]
    assert set(published.log["publication_id"]) == {read_record(folder).publication_id}


def test_modes_and_links_of_people_stay(turn: Turn) -> None:
    folder, elsewhere = turn.agency.dataset.week_folder(WEEK), turn.agency.dataset.settings.home
    page, picture = folder / f"{PAGES[0]}.csv", folder / f"{PAGES[0]}.svg"
    page.chmod(0o640)
    folder.chmod(0o750)
    picture.unlink()
    picture.symlink_to(elsewhere / "shared.svg")
    publish(turn.agency.dataset)
    assert turn.agency.files() == turn.new
    assert [stat.S_IMODE(path.stat().st_mode) for path in (page, folder)] == [0o640, 0o750]
    assert picture.readlink() == elsewhere / "shared.svg"
    assert (elsewhere / "shared.svg").read_bytes() == turn.new[picture.name]


def test_a_first_publication_makes_the_folder(turn: Turn) -> None:
    rmtree(turn.agency.dataset.settings.out_dir)
    publish(turn.agency.dataset)
    assert turn.agency.files() == turn.new


def test_a_second_publication_changes_no_byte(agency: Installed) -> None:
    before = agency.files()
    publish(agency.dataset)
    assert agency.files() == before


def test_a_week_with_nothing_in_force_keeps_the_page_alone(agency: Installed) -> None:
    for page in PAGES:
        withdraw(agency, page)
    [row] = publish(agency.dataset).log.to_dict("records")
    assert (row["schedule_id"], row["row_count"], row["status"]) == (None, 0, "succeeded")
    assert set(agency.files()) == names_of()
    assert faults(agency) == []


def test_a_run_narrowed_to_a_page_publishes_all_pages_in_force(agency: Installed) -> None:
    before = agency.files()
    rmtree(agency.dataset.week_folder(WEEK))
    agency.run("export_schedules", WEEK, pages=(PAGE,))
    assert agency.files() == before


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("caption_id", 10**9),
        ("caption_text", None),
        ("caption_text", " \n"),
        ("caption_text", "x" * 140_000),
        ("price_tier", "gold"),
    ],
    ids=["gone", "without a text", "blank", "too long", "of no tier"],
)
def test_a_caption_that_is_lost_after_it_was_locked_costs_its_page_alone(
    agency: Installed, column: str, value: object
) -> None:
    rows, before = active_messages(agency.dataset, WEEK), agency.files()
    caption = int(rows[rows["page_name"] == PAGE]["caption_id"].iloc[0])
    bank = agency.dataset.rows("caption_bank")
    bank.loc[bank["caption_id"] == caption, column] = value
    agency.dataset.load("caption_bank", bank)

    published = publish(agency.dataset)

    assert set(agency.files()) == names_of(PAGES[0])
    files = [name for name in names_of(PAGES[0]) if name.startswith(PAGES[0])]
    assert len(files) == 4
    assert all(agency.files()[name] == before[name] for name in files)
    assert PAGE.encode() not in agency.files()["all-creators.csv"]
    reason = f"caption {caption} has no text"
    (said,) = published.index.shortfalls
    assert said.startswith(f"{PAGE}: 0 of 1 messages: {reason}")
    status = dict(zip(published.log["page_name"], published.log["status"], strict=True))
    assert status == {PAGES[0]: "succeeded", PAGE: "failed"}
    (fault,) = faults(agency)
    assert fault.startswith(f"{PAGE}: {reason}")


def test_a_page_is_published_again_when_its_text_is_back(agency: Installed) -> None:
    before, bank = agency.files(), agency.dataset.rows("caption_bank")
    rows = active_messages(agency.dataset, WEEK)
    agency.change(
        "DELETE FROM `${dataset}.caption_bank` WHERE caption_id = @caption",
        caption=int(rows[rows["page_name"] == PAGE]["caption_id"].iloc[0]),
    )
    publish(agency.dataset)
    agency.dataset.load("caption_bank", bank)

    assert list(publish(agency.dataset).index.shortfalls) == []

    assert {name: content for name, content in agency.files().items() if name != RECORD} == {
        name: content for name, content in before.items() if name != RECORD
    }


def test_each_publication_lists_the_weeks_and_links_the_ones_beside_it(agency: Installed) -> None:
    out = agency.dataset.settings.out_dir
    for name in ("2025-10-20", "2025-10-27", "2025-11-17", "2025-13-01", "own-own-own"):
        (out / name).mkdir()
        (out / name / "index.html").write_text("a week", "utf-8")
    publish(agency.dataset)
    page, listed = agency.files()["index.html"].decode(), (out / "weeks.html").read_text("utf-8")
    assert '"../2025-10-27/index.html" rel="prev"' in page
    assert '"../2025-11-17/index.html" rel="next"' in page
    links = re.findall(r'href="([^"]+)"', listed)
    weeks = ("2025-11-17", "2025-11-03", "2025-10-27", "2025-10-20")
    assert links == [f"{week}/index.html" for week in weeks]


def test_a_list_of_weeks_that_can_t_be_written_costs_no_week(agency: Installed) -> None:
    said: list[str] = []
    listed = agency.dataset.settings.out_dir / "weeks.html"
    listed.unlink(missing_ok=True)
    listed.mkdir()
    publish_files(agency.dataset, WEEK, run_id="test", report=said.append)
    assert faults(agency) == []
    assert any("does not list the week" in line for line in said)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / f"{PAGES[0]}.svg").write_bytes(b"by hand"),
        lambda folder: (folder / f"{PAGES[0]}.svg").unlink(),
        lambda folder: (folder / RECORD).unlink(),
        lambda folder: (folder / RECORD).write_text("[]"),
        lambda folder: (folder / RECORD).write_text('{"publication_id": 1, "schedules": 1}'),
        lambda folder: (folder / RECORD).write_bytes(b"\xff"),
        lambda folder: (folder / f"{PAGES[0]}.csv").write_bytes(b""),
        lambda folder: (folder / "index.html").write_bytes(b""),
    ],
    ids=["picture", "no picture", "no record", "list", "types", "bytes", "csv", "index"],
)
def test_what_was_changed_by_hand_is_made_anew(
    swift: Turn, spoil: Callable[[Path], object]
) -> None:
    publish(swift.agency.dataset)
    spoil(swift.agency.dataset.week_folder(WEEK))
    assert swift.agency.files() != swift.new
    publish(swift.agency.dataset)
    assert swift.agency.files() == swift.new


# What fails


def writing_places(monkeypatch: pytest.MonkeyPatch, write: Callable[..., Any]) -> None:
    for module in (schedule_csv, schedule_events, publication, record):
        monkeypatch.setattr(module, "atomic_write", write)


def test_a_full_disk_at_any_file_leaves_the_previous_week(
    swift: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = schedule_csv.atomic_write
    room = NOT_FULL

    def until_full(path: Path, content: bytes, row_count: int = 0) -> object:
        nonlocal room
        room -= 1
        if room < 0:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, content, row_count)

    writing_places(monkeypatch, until_full)
    needed = len(swift.new)
    for room in range(needed):  # noqa: B007 (counted down by the writes)
        with pytest.raises(ExportFolderError) as raised:
            publish(swift.agency.dataset)
        assert swift.agency.files() == swift.old
        assert left_beside(swift.agency) == []
        (line,) = str(raised.value).splitlines()
        assert "no space left on device" in line
        assert "no file of the week was changed" in line
    room = needed
    publish(swift.agency.dataset)
    assert swift.agency.files() == swift.new
    failed = swift.agency.dataset.rows("schedule_export_log", status="failed")
    assert failed["error_message"].str.contains("no space left").sum() == needed
    assert failed["publication_id"].isna().all()


STEPS = (
    *("recover", "judged_week", "staging_folder", "write_week", "calendar_weeks"),
    *("calendar_picture", "week_index", "week_index_page", "atomic_write", "put_in_place"),
)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [ValueError("wrong"), PermissionError(13, "Permission denied")])
def test_a_step_that_fails_leaves_the_previous_week(
    swift: Turn, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    expected = ExportFolderError if isinstance(error, OSError) else type(error)
    with monkeypatch.context() as patch:
        patch.setattr(publication, step, fails)
        with pytest.raises(expected):
            publish(swift.agency.dataset)
    assert swift.agency.files() == swift.old
    publish(swift.agency.dataset)
    assert swift.agency.files() == swift.new
    assert left_beside(swift.agency) == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_any_step_leaves_a_whole_week(
    swift: Turn, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    work: Callable[..., Any] = getattr(publication, step)

    def dies(*arguments: Any, **more: Any) -> None:
        if when == "after":
            work(*arguments, **more)
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(publication, step, dies)
        with pytest.raises(KilledError):
            publish(swift.agency.dataset)
    is_in_place = (step, when) == ("put_in_place", "after")
    assert swift.agency.files() == (swift.new if is_in_place else swift.old)
    publish(swift.agency.dataset)
    assert swift.agency.files() == swift.new
    assert left_beside(swift.agency) == []


@pytest.mark.parametrize("can_exchange", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_process_killed_at_any_rename_or_removal_loses_no_week(
    swift: Turn, monkeypatch: pytest.MonkeyPatch, can_exchange: bool, when: str, call: int
) -> None:
    """Without the exchange there is a moment without a folder; the next run has it in any case."""
    calls = 0
    seen: list[str] = []

    def dying(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def dies(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            is_last = calls == call
            calls += 1
            seen.append(name)
            if is_last and when == "before":
                raise KilledError
            made = work(*arguments, **more)
            if is_last:
                raise KilledError
            return made

        return dies

    with monkeypatch.context() as patch:
        if can_exchange:
            patch.setattr(folders, "exchange", dying("exchange", folders.exchange))
        else:
            patch.setattr(folders, "exchange", lambda *_: False)
            rename = Path.rename
            patch.setattr(Path, "rename", dying("rename", rename))
        patch.setattr(folders.shutil, "rmtree", dying("rmtree", rmtree))
        try:
            publish(swift.agency.dataset)
        except KilledError:
            killed = True
        else:
            killed = False
    steps = ["exchange", "rmtree"] if can_exchange else ["rename", "rename", "rmtree"]
    assert seen == steps[: call + 1]
    assert killed is (call < len(steps))
    folder = swift.agency.dataset.week_folder(WEEK)
    if folder.exists():
        assert swift.agency.files() in (swift.old, swift.new)
    else:
        assert not can_exchange
        folders.recover(swift.agency.dataset.settings, WEEK)
        assert swift.agency.files() == swift.old
    publish(swift.agency.dataset)
    assert swift.agency.files() == swift.new
    assert left_beside(swift.agency) == []


def test_the_exchange_leaves_no_moment_without_a_folder(swift: Turn) -> None:
    """Somebody who looks all the time always sees one whole week."""
    folder, ended, missing = swift.agency.dataset.week_folder(WEEK), threading.Event(), [0]

    def look() -> None:
        while not ended.is_set():
            missing[0] += not (folder / RECORD).exists()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(8):
            publish(swift.agency.dataset)
    finally:
        ended.set()
        looking.join()
    assert missing == [0]


# Several at once


def test_two_publications_at_once_end_with_one_whole_folder(turn: Turn, tmp_path: Path) -> None:
    copytree(turn.agency.dataset.settings.home.parent, tmp_path, dirs_exist_ok=True)
    failures: list[BaseException] = []
    with installed(tmp_path, alone=False) as agency:
        assert agency.files() == turn.old

        def work() -> None:
            try:
                publish(agency.dataset.labelled(asset="racing"))
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert agency.files() == turn.new
        assert left_beside(agency) == []


def test_publications_of_two_weeks_do_not_touch_each_other(turn: Turn) -> None:
    later = WEEK + dt.timedelta(weeks=1)
    staged = turn.agency.dataset.settings.out_dir / ".publishing" / f"{later}.staged"
    staged.mkdir(parents=True)
    publish(turn.agency.dataset)
    assert staged.is_dir()
    publish_files(turn.agency.dataset, later, run_id="test", report=lambda _: None)
    assert not staged.exists()
    assert turn.agency.files() == turn.new


# Folders that can't be used


def placed_at(dataset: Dataset, out: Path) -> Dataset:
    return replace(dataset, settings=dataset.settings.model_copy(update={"out_dir": out}))


def refusal(dataset: Dataset) -> str:
    with pytest.raises(ExportFolderError) as raised:
        publish(dataset)
    (line,) = str(raised.value).splitlines()
    return line


def test_an_export_folder_that_is_a_file_or_leads_nowhere_is_one_line(
    swift: Turn, tmp_path: Path
) -> None:
    file, dangling, loop = (tmp_path / name for name in ("file", "dangling", "loop"))
    file.write_text("not a folder")
    dangling.symlink_to(tmp_path / "unmounted" / "disk")
    loop.symlink_to(loop)
    for out in (file, dangling, loop, file / "below"):
        line = refusal(placed_at(swift.agency.dataset, out))
        assert line.startswith(f"{out}: ")
        assert "EROS_OUT_DIR" in line


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_read_only_export_folder_is_one_line(
    swift: Turn, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The superuser may write anywhere, so the refusal is played."""
    make = Path.mkdir

    def refused(path: Path, *arguments: Any, **more: Any) -> None:
        if ".publishing" in path.parts:
            raise OSError(code, os.strerror(code), str(path))
        make(path, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)
        line = refusal(swift.agency.dataset)
    assert os.strerror(code).lower() in line
    assert swift.agency.files() == swift.old


def test_an_export_folder_that_is_a_link_to_a_folder_works(swift: Turn, tmp_path: Path) -> None:
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.symlink_to(disk)
    for _ in range(2):
        publish(placed_at(swift.agency.dataset, out))
    folder = disk / WEEK.isoformat()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == swift.new


@pytest.mark.parametrize("kind", ["link", "dangling link", "file"])
def test_a_week_s_folder_that_is_no_folder_is_left_alone_in_one_line(
    swift: Turn, tmp_path: Path, kind: str
) -> None:
    folder = swift.agency.dataset.week_folder(WEEK)
    rmtree(folder)
    target = tmp_path / "target"
    if kind == "file":
        folder.write_text("somebody's")
    else:
        folder.symlink_to(target)
    if kind == "link":
        target.mkdir()
        (target / "own.txt").write_text("somebody's")
    line = refusal(swift.agency.dataset)
    assert line.startswith(f"{folder} is a ")
    assert folder.is_symlink() is (kind != "file")
    assert kind != "link" or (target / "own.txt").read_text() == "somebody's"
    assert left_beside(swift.agency) == []


# What is wrong with a folder


STRANGERS = ("gone.csv", f"{PAGE}.csv.bak", f".{PAGE}.csv.0a.partial", "Index.html", "notes", ".DS")


@dataclass(frozen=True)
class Published:
    """A copy of a week's folder as published, and the messages in force."""

    folder: Path
    messages: pd.DataFrame

    @property
    def faults(self) -> list[str]:
        return wrong_folder(self.messages, self.folder, {})


@pytest.fixture(scope="module")
def messages(template: Path) -> Iterator[pd.DataFrame]:
    with installed(template) as agency:
        yield active_messages(agency.dataset, WEEK)


@pytest.fixture
def week(template: Path, tmp_path: Path, messages: pd.DataFrame) -> Published:
    folder = tmp_path / WEEK.isoformat()
    copytree(template / "out" / WEEK.isoformat(), folder)
    return Published(folder, messages)


def test_a_folder_as_published_has_no_fault(week: Published) -> None:
    assert week.faults == []


def test_a_folder_that_is_not_there_lacks_every_file(week: Published) -> None:
    rmtree(week.folder)
    named = {fault.partition(": ")[0] for fault in week.faults}
    assert named == {str(week.folder / name) for name in names_of(*PAGES) - {RECORD}}


@pytest.mark.parametrize("name", STRANGERS)
def test_a_file_of_no_schedule_in_force_is_named(week: Published, name: str) -> None:
    (week.folder / name).write_bytes(b"")
    (fault,) = week.faults
    assert fault.startswith(f"{week.folder / name}: it belongs to no schedule in force")


def test_files_of_a_page_that_is_withdrawn_are_named(week: Published) -> None:
    left = replace(week, messages=week.messages[week.messages["page_name"] != PAGE])
    named = {fault.partition(": ")[0] for fault in left.faults}
    assert named == {str(week.folder / name) for name in names_of(PAGE) - {RECORD}}


@pytest.mark.parametrize(
    ("spoil", "name", "said"),
    [
        (lambda path: path.unlink(), f"{PAGE}.svg", "no such file"),
        (lambda path: path.write_bytes(b"<svg/>"), f"{PAGE}.svg", "changed after"),
        (
            lambda path: path.write_bytes((path.parent / f"{PAGES[0]}.svg").read_bytes()),
            f"{PAGE}.svg",
            "changed after",
        ),
        (lambda path: path.unlink(), "index.html", "no such file"),
        (lambda path: path.write_bytes(path.read_bytes() + b" "), "index.html", "changed after"),
        (lambda path: path.unlink(), f"{PAGE}.ics", "no such file"),
        (lambda path: path.write_bytes(path.read_bytes()[:-2]), f"{PAGE}.ics", "it is not what"),
        (lambda path: path.unlink(), "all-creators.csv", "no such file"),
        (lambda path: path.write_bytes(b""), "all-creators.excel.csv", "it is not what"),
    ],
)
def test_a_wrong_picture_index_or_file_of_all_is_named(
    week: Published, spoil: Callable[[Path], object], name: str, said: str
) -> None:
    path = week.folder / name
    spoil(path)
    assert week.faults
    assert all(fault.startswith(f"{path}: ") and said in fault for fault in week.faults)


def test_a_picture_of_another_schedule_is_named(week: Published) -> None:
    record_file = week.folder / RECORD
    schedule = read_record(week.folder).schedules[PAGE]
    text = record_file.read_text()
    record_file.write_text(text.replace(schedule, f"{schedule[:-8]}{0:08x}"))
    path = week.folder / f"{PAGE}.svg"
    assert week.faults == [f"{path}: it does not show {schedule}; export the week again"]
