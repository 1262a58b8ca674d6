"""An installation with a few objects of `sql/`, which tests may change and kill."""

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from eros_assets.dataset import Dataset
from eros_assets.deployment.archive import RECORDS, Archive
from eros_assets.deployment.deploy import Deploy
from eros_assets.deployment.record import Entry, State
from eros_assets.deployment.rollback import Rollback, RollbackOutcome
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.publishing.realignment import Realigned
from eros_assets.settings import REPOSITORY, load_settings
from eros_assets.tuning import CONFIGURATION_TABLES
from eros_assets.warehouse import open_warehouse
from eros_assets.warehouse.protocol import Definition
from eros_assets.warehouse.sql.library import load_library

NOW = dt.datetime(2025, 11, 3, 10, tzinfo=dt.UTC)
WEEK = dt.date(2025, 11, 10)
FILES = (
    *("functions/wilson_score_bounds", "views/draft_reservations", "views/caption_contents"),
    *("views/usable_captions", "views/judged_captions", "tables/caption_bank"),
    *(
        f"operations/{name}"
        for name in (
            *("deployment_history", "kept_definitions", "schedules_in_force"),
            "release_taken_back",
        )
    ),
    *(
        f"tables/{name}"
        for name in (
            *("creators", "schedule_recommendations", "active_caption_assignments"),
            *("caption_selections", "schedule_export_log"),
            *("deployments", "deployment_definitions", *CONFIGURATION_TABLES),
        )
    ),
)
ONE, TWO = "1" * 64, "2" * 64


@dataclass(frozen=True)
class Said:
    """A condition of the gate, as a test wants it."""

    passed: bool
    sentence: str


PASSED, BROKEN = Said(True, "builder: all well."), Said(False, "builder: a schedule has a gap")


class KilledError(BaseException):
    """The process ends here."""


class Killable(Archive):
    """An archive whose process is killed before or after it notes a state."""

    dies_at: State | None = None
    dies_before_noting: bool = False

    def write(self, entry: Entry) -> Entry:
        dies = entry.state == self.dies_at and entry.kind != "backup"
        if dies and self.dies_before_noting:
            raise KilledError
        written = super().write(entry)
        if dies:
            raise KilledError
        return written


class House:
    """The installation; `root` is its own copy of `sql/`."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "sql"
        self.settings = load_settings({"home": folder / "home", "out_dir": folder / "out"})
        self.stopped: list[str] = []
        self.reports: list[tuple[RollbackOutcome, Sequence[Realigned]]] = []
        self.realigned = 0
        self._files: Mapping[Path, int] = {}

    def write(self, name: str, text: str) -> None:
        """Change a file of `sql/`."""
        (self.root / f"{name}.sql").write_text(text, encoding="utf-8")

    def text(self, name: str) -> str:
        """A file of `sql/`."""
        return (self.root / f"{name}.sql").read_text(encoding="utf-8")

    @property
    def dataset(self) -> Dataset:
        """The installation with its `sql/` as it is now."""
        files = {path: path.stat().st_mtime_ns for path in self.root.rglob("*.sql")}
        if files != self._files:
            self._files = files
            library = load_library(self.root, cache_dir=self.settings.library_cache)
            warehouse = open_warehouse(self.settings, library).labelled(asset="test")
            self._dataset = Dataset(self.settings, warehouse, library)
        return self._dataset

    def archive(self, dies_at: State | None = None, *, before_noting: bool = False) -> Killable:
        """The records."""
        archive = Killable(self.dataset, INPUT_TABLES)
        archive.dies_at, archive.dies_before_noting = dies_at, before_noting
        return archive

    def deploy(
        self,
        code: str,
        *findings: Said,
        now: dt.datetime = NOW,
        archive: Killable | None = None,
    ) -> Entry | None:
        """Deploy `sql/` as it is; None when there was nothing to do."""
        deploy = Deploy(
            archive or self.archive(), lambda _: None, frozenset(), realign=self._realign
        )
        entry = deploy.back_up(code, now=now, run_id="run").entry
        if entry is None:
            return None
        if entry.state == "backed_up":
            entry = deploy.make(entry, now=now)
        return deploy.conclude(entry, findings or [PASSED], now=now)

    def roll_back(
        self,
        requested: str | None = None,
        *,
        now: dt.datetime = NOW,
        archive: Killable | None = None,
    ) -> RollbackOutcome:
        """Roll back."""

        def stop() -> list[str]:
            self.stopped.append("weekly")
            return ["weekly"]

        rollback = Rollback(
            archive or self.archive(),
            stop_schedules=stop,
            realign=self._realign,
            report=lambda outcome, published: self.reports.append((outcome, published)),
            log=lambda _: None,
        )
        return rollback.run(requested, now=now, run_id="run")

    def _realign(self) -> list[Realigned]:
        self.realigned += 1
        return [
            Realigned(WEEK, "csv", "as in force"),
            Realigned(WEEK, "sheets", "failed", "The sheet is not shared."),
        ]

    def definitions(self) -> list[Definition]:
        """What is in force."""
        return list(self.dataset.warehouse.definitions())

    def tables(self) -> Mapping[str, str]:
        """Every row and column of every table that a rollback puts back, and of the inputs."""
        warehouse = self.dataset.warehouse
        found: dict[str, str] = {}
        for table in self.dataset.library.of_kind("table"):
            if table.name not in RECORDS and warehouse.freshness(table.name) is not None:
                rows = warehouse.query(f"SELECT * FROM `${{dataset}}.{table.name}`")
                found[table.name] = rows.astype(str).sort_values(list(rows.columns)).to_csv()
        return found

    def history(self) -> list[Entry]:
        """What is recorded."""
        return self.archive().history()

    def plan(self, schedule: str, caption: int) -> None:
        """An active schedule of one message, with its reservation."""
        warehouse = self.dataset.warehouse
        warehouse.load(
            "schedule_recommendations",
            pd.DataFrame(
                {
                    "schedule_id": [schedule],
                    "page_name": ["cook"],
                    "week_start": [WEEK],
                    "caption_id": [caption],
                    "status": ["active"],
                    "is_active": [True],
                }
            ),
            replacing={"schedule_id": schedule},
        )
        warehouse.load(
            "active_caption_assignments",
            pd.DataFrame(
                {
                    "assignment_key": [f"key {schedule}"],
                    "schedule_id": [schedule],
                    "page_name": ["cook"],
                    "caption_id": [caption],
                    "scheduled_send_date": [WEEK],
                    "is_active": [True],
                }
            ),
            replacing={"schedule_id": schedule},
        )

    def reserved(self) -> list[str]:
        """The schedules that hold a reservation."""
        rows = self.dataset.warehouse.query(
            "SELECT a.schedule_id FROM `${dataset}.active_caption_assignments` AS a "
            "WHERE a.is_active ORDER BY a.schedule_id"
        )
        return rows["schedule_id"].tolist()


@contextmanager
def small_house(folder: Path) -> Iterator[House]:
    """A house under `folder`, its file kept open; nothing is deployed."""
    for name in FILES:
        (folder / "sql" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "sql" / f"{name}.sql", folder / "sql" / f"{name}.sql")
    house = House(folder)
    with house.dataset.warehouse.session():  # type: ignore[attr-defined]
        yield house
