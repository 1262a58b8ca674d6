"""Processes that plan, lock, sweep, publish, back up and roll back one warehouse at once.

Afterwards the tables and the export folder must hold together, whatever came first: see `faults`.
Weeks are planned and published by the functions that the assets call, without Dagster: more turns.

`python -m benchmarks races --processes 8 --seconds 60`.
"""

import datetime as dt
import json
import multiprocessing
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.killed_command import PRELOADED, environment, take_environment
from benchmarks.small_agency import WEEK, make_small_agency, small_settings
from benchmarks.small_home import (
    draft,
    make_small_home,
    plan_week,
    publish_week,
    roll_back,
    run_id,
    small_dataset,
)
from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.deployment.backup import back_up
from eros_assets.deployment.phases import archive_of, clock
from eros_assets.publishing.files import files_of_all, page_files, wrong_files
from eros_assets.publishing.index import INDEX_FILE, wrong_index
from eros_assets.publishing.publication import RECORD
from eros_assets.settings import Settings
from eros_assets.warehouse.protocol import RaisedError
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.scope import week_plan_scope

WEEKS = (WEEK, WEEK + dt.timedelta(weeks=1))
SECONDS = 60
PROCESSES = 8

EXPECTED = ("RaisedError", "WeekChangedError")
"""Errors by which one process says that another came first; nothing was changed or published."""


@dataclass(frozen=True, slots=True)
class Racer:
    """One process's part in the race: what it does again and again."""

    name: str
    turn: Callable[[Dataset, int], None]


def _same_week(dataset: Dataset, turn: int) -> None:
    plan_week(_drawn(dataset, turn % 3), WEEKS[0])
    publish_week(dataset, WEEKS[0])


def _next_week(dataset: Dataset, turn: int) -> None:
    plan_week(_drawn(dataset, turn % 3), WEEKS[1])
    publish_week(dataset, WEEKS[1])


def _page_by_page(dataset: Dataset, turn: int) -> None:
    """Plan one page, and lock single schedules, and those that share a beginning."""
    week_start = WEEKS[turn % 2]
    drawn = _drawn(dataset, 10 + turn % 2)
    everyone = week_plan_scope(drawn, week_start)
    draft(drawn, week_plan_scope(drawn, week_start, [everyone.pages[turn % 2]]))
    drafts = dataset.query("unlocked_drafts", week_start=week_start)["schedule_id"]
    try:
        for schedule in [*drafts, f"sched_{week_start:%Y%m%d}_"]:
            try:
                dataset.call("lock_caption_assignments", p_schedule_id=schedule)
            except RaisedError:
                continue
    finally:
        publish_week(dataset, week_start)


def _sweep(dataset: Dataset, turn: int) -> None:
    """Release what expires in the first days of the second week; others hold it for longer."""
    now = la_instant(WEEKS[1] + dt.timedelta(days=1 + turn % 3))
    dataset.run("release_expired", now=now)
    time.sleep(0.2)


def _publish_both(dataset: Dataset, turn: int) -> None:
    publish_week(dataset, WEEKS[turn % 2])


def _roll_back(dataset: Dataset, turn: int) -> None:
    if turn % 3 == 0:
        _back_up(dataset)
    else:
        roll_back(dataset)  # it publishes both weeks itself


def _back_up(dataset: Dataset) -> None:
    back_up(archive_of(dataset), "1" * 64, now=clock(), run_id=run_id())


def _drawn(dataset: Dataset, seed: int) -> Dataset:
    """The same dataset, with draws of its own: other plans."""
    return small_dataset(dataset.settings, f"race{seed}")


RACERS = (
    Racer("plans the week", _same_week),
    Racer("plans the week too", _same_week),
    Racer("locks page by page", _page_by_page),
    Racer("rolls back", _roll_back),
    Racer("plans the next week", _next_week),
    Racer("sweeps", _sweep),
    Racer("publishes", _publish_both),
    Racer("plans the next week too", _next_week),
)


def run_race(settings: Settings, processes: int, seconds: float) -> Mapping[str, Counter[str]]:
    """Let the first `processes` racers work for some seconds; how their turns ended, by racer."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, "benchmarks.races"])
    notes = settings.home.parent / "race"
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir(parents=True)
    barrier = context.Barrier(processes)
    started = [
        context.Process(
            target=_race,
            args=(number, environment(settings), seconds, str(notes / f"{number}.json"), barrier),
        )
        for number in range(processes)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
    return {
        RACERS[number].name: Counter(json.loads((notes / f"{number}.json").read_text("utf-8")))
        for number in range(processes)
    }


def _race(
    number: int, variables: Mapping[str, str], seconds: float, notes: str, barrier: Any
) -> None:
    take_environment(variables)
    from eros_assets.settings import load_settings

    dataset = open_dataset(load_settings(), asset="race")
    ended: Counter[str] = Counter()
    turn = number
    barrier.wait()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            RACERS[number].turn(dataset, turn)
            ended["done"] += 1
        except Exception as error:  # counted and judged by the parent
            name = type(error).__name__
            ended[name if name in EXPECTED else f"{name}: {error}"] += 1
        turn += 1
    Path(notes).write_text(json.dumps(ended), "utf-8")


FAULTS: Mapping[str, str] = {
    "messages without their reservation": """
        SELECT r.schedule_id, r.message_number FROM ${d}.schedule_recommendations r
        WHERE r.status = 'active' AND NOT EXISTS (
          SELECT 1 FROM ${d}.active_caption_assignments a
          WHERE a.schedule_id = r.schedule_id AND a.caption_id = r.caption_id
            AND (a.is_active OR a.deactivation_reason = 'expired'))""",
    "reservations without their message": """
        SELECT a.schedule_id, a.caption_id FROM ${d}.active_caption_assignments a
        WHERE a.is_active AND NOT EXISTS (
          SELECT 1 FROM ${d}.schedule_recommendations r
          WHERE r.schedule_id = a.schedule_id AND r.caption_id = a.caption_id
            AND r.status = 'active' AND r.send_date = a.scheduled_send_date)""",
    "captions reserved twice by one schedule": """
        SELECT a.schedule_id, a.caption_id FROM ${d}.active_caption_assignments a
        WHERE a.is_active GROUP BY a.schedule_id, a.caption_id HAVING COUNT(*) > 1""",
    "captions reserved twice within 7 days": """
        SELECT a.caption_id, a.schedule_id, b.schedule_id AS other_schedule_id
        FROM ${d}.active_caption_assignments a
        INNER JOIN ${d}.active_caption_assignments b ON a.caption_id = b.caption_id
        WHERE a.is_active AND b.is_active AND a.schedule_id < b.schedule_id
          AND ABS(DATE_DIFF(a.scheduled_send_date, b.scheduled_send_date, DAY)) <= 7""",
    "pages with two schedules in force": """
        SELECT r.page_name, r.week_start FROM ${d}.schedule_recommendations r
        WHERE r.status = 'active' GROUP BY r.page_name, r.week_start
        HAVING COUNT(DISTINCT r.schedule_id) > 1""",
    "messages twice in a schedule": """
        SELECT r.schedule_id, r.message_number, COUNT(*) AS copies
        FROM ${d}.schedule_recommendations r
        GROUP BY r.schedule_id, r.message_number HAVING COUNT(*) > 1""",
}
"""Rows that must not be there, whatever the order of things."""


def faults(settings: Settings) -> Mapping[str, Sequence[str]]:
    """What doesn't hold together: rows by kind of fault, and the folders of weeks."""
    dataset = open_dataset(settings, asset="race")
    found: dict[str, Sequence[str]] = {}
    for name, sql in FAULTS.items():
        rows = dataset.warehouse.query(re.sub(r"\$\{d\}\.(\w+)", r"`${dataset}.\1` AS", sql))
        found[name] = [str(row) for row in rows.to_dict("records")]
    found["files that differ from what is in force"] = [
        fault for week_start in WEEKS for fault in week_faults(dataset, week_start)
    ]
    workshop = settings.out_dir / ".publishing"
    found["left in .publishing"] = [
        str(path) for path in sorted(workshop.iterdir()) if path.suffix != ".lock"
    ]
    return found


def week_faults(dataset: Dataset, week_start: dt.date) -> Sequence[str]:
    """How a week's folder differs from the schedules in force, both ways."""
    folder = dataset.week_folder(week_start)
    messages = active_messages(dataset, week_start)
    if messages.empty and not folder.exists():
        return []  # it was never published
    pages = sorted({str(page) for page in messages["page_name"]})
    of_pages = (name for page in pages for name in page_files(page))
    wanted = {INDEX_FILE, RECORD, *of_pages, *files_of_all(pages)}
    there = {path.name for path in folder.iterdir()} if folder.exists() else set[str]()
    return [
        *wrong_files(messages, folder),
        *wrong_index(messages, folder),
        *(f"{folder / name}: differs" for name in sorted(there ^ wanted)),
    ]


def prepare(folder: Path) -> Settings:
    """An agency that is deployed, with two weeks planned and published."""
    make_small_agency(folder)
    settings = small_settings(folder)
    make_small_home(settings, WEEKS)
    _back_up(open_dataset(settings, asset="race"))
    return settings


def measure(
    processes: int = PROCESSES, seconds: float = SECONDS, folder: Path | None = None
) -> Iterator[str]:
    """How the turns ended, and the number of faults of each kind, all 0.

    Raises:
        SystemExit: a number is not 0.
    """
    console = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)
    with tempfile.TemporaryDirectory() as temporary:
        home = folder or Path(temporary)
        console.print("preparing an agency with two weeks planned")
        settings = small_settings(home) if (home / "work").exists() else prepare(home)
        console.print(f"{processes} processes for {seconds:.0f} s")
        turns = run_race(settings, processes, seconds)
        found = faults(settings)
    unexpected = 0
    for racer, ended in turns.items():
        yield f"{racer:<26} {ended['done']:>4} turns, " + ", ".join(
            f"{count} {error[:300]}" for error, count in ended.items() if error != "done"
        )
        unexpected += sum(n for error, n in ended.items() if error not in ("done", *EXPECTED))
    for name, those in found.items():
        yield f"{name:<42} {len(those):>4}"
        yield from (f"  {one}" for one in those[:5])
    yield f"{'turns that failed by an unexpected error':<42} {unexpected:>4}"
    if unexpected or any(found.values()):
        sys.exit(1)
