"""Kills commands at many points, runs each again, and compares with a home that was left alone.

After the second run every table (stamps left out) and every file of the export folder must be what
one undisturbed run leaves, or two, where the killed run had finished its part: a table that logs
attempts has two then. The points are deterministic, see `killed_command`: the same seed and number
kill at the same place. Finished points are kept in the folder; a run that was broken off goes on.

`python -m benchmarks kills --points 200 --seed 1`, or `--only 17` for one point in detail.
"""

import datetime as dt
import hashlib
import json
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import duckdb
from rich.console import Console

from benchmarks.killed_command import Ended, Happening, Work, command, job, run_work
from benchmarks.small_agency import WEEK, make_small_agency, small_settings
from eros_assets.dataset import open_dataset
from eros_assets.deployment.manifest import code_fingerprint
from eros_assets.settings import Settings

POINTS = 200
SEED = 1

STAMPS = frozenset(
    {
        *("created_at", "run_id", "selected_at", "assigned_at", "deactivated_at", "computed_at"),
        *("last_updated", "quarantined_at", "exported_at", "duration_seconds", "judged_at"),
        *("started_at", "finished_at", "kept_until", "deployed_at", "checked_at"),
        *("reported_at", "measured_at", "evaluated_at"),
    }
)
"""Columns that say when and by which run a row was written."""

UNCOMPARED = frozenset({"jobs", "changes", "versions"})
"""Tables of the embedded engine's catalogue that tell what ran, not what is."""

MEASURED_FILES = frozenset({"acceptance.md", "acceptance.json"})
"""Files of nothing but figures that were measured; that they are there is compared."""

MEASURED_CONDITION = "smoke_selector"
"""A condition of the gate that observes seconds."""

MASKED = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d[-+:0-9]*( UTC)?"  # instants
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # runs
    r"|\d+ operations, [0-9.]+ USD"
    r"|(?<=were given\. Observed )[0-9.e-]+|(?<=asked for\. Observed )[0-9.e-]+"
)
"""What differs between two reports of the same deployment or rollback."""

PUBLICATION = "schedule_csv"


@dataclass(frozen=True, slots=True)
class Phase:
    """Work on a prepared home, and which of its happenings count for the phase.

    Commands are whole where their phase is most of them; of the others the phase's job runs alone,
    and a kill takes seconds.
    """

    name: str
    work: Work
    home: str
    share: float
    seed: str = "eros"
    steps: Callable[[Sequence[Happening]], Sequence[int]] = lambda h: range(1, len(h) + 1)


def _first_of(step: str, happenings: Sequence[Happening]) -> int:
    return next(n for n, h in enumerate(happenings, start=1) if h.step == step)


def _before_publication(happenings: Sequence[Happening]) -> Sequence[int]:
    return range(1, _first_of(PUBLICATION, happenings))


PLANNING = Phase("week", command(["week"]), "planned", 0.25, steps=_before_publication)
PHASES = (
    Phase("set-up", job("set_up"), "new", 0.15),
    PLANNING,
    Phase("publication", job("export_schedules", WEEK.isoformat()), "locked", 0.25),
    Phase("deploy", command(["deploy"]), "older", 0.2),
    Phase("rollback", command(["rollback"]), "deployed", 0.15),
)


@dataclass(frozen=True, slots=True)
class State:
    """What an installation holds: rows by table, digests of files by name."""

    tables: Mapping[str, Counter[str]]
    files: Mapping[str, str]

    def week_files(self) -> Mapping[str, str]:
        """The files of the week's folder."""
        return {n: d for n, d in self.files.items() if n.startswith(f"{WEEK}/")}


@dataclass(frozen=True)
class Undisturbed:
    """A phase's home before its command, and after one run and two; what happens in a run."""

    before: State
    once: State
    twice: State
    happenings: Sequence[Happening]


@dataclass(frozen=True)
class Point:
    """A kill and what was found after the command ran again; `mixed`: neither week was whole."""

    number: int
    phase: str
    happening: int
    where: str
    seconds: float = 0.0
    rows_lost: int = 0
    rows_doubled: int = 0
    schedules_differ: int = 0
    files_lost: int = 0
    files_wrong: int = 0
    mixed: int = 0
    failed: int = 0
    absent: int = 0
    faults: list[str] = field(default_factory=list[str])

    @property
    def violations(self) -> int:
        """Everything that must be 0."""
        return (
            self.rows_lost
            + self.rows_doubled
            + self.schedules_differ
            + self.files_lost
            + self.files_wrong
            + self.mixed
            + self.failed
        )


class KillBench:
    """Prepared homes, undisturbed states and points in one folder.

    Args:
        folder: where everything is kept; made when it is missing.
        report: takes lines on what is under way.
    """

    def __init__(self, folder: Path, report: Callable[[str], None]) -> None:
        self._folder = folder
        self._report = report
        self._known: dict[str, Undisturbed] = {}
        if not (folder / "tuning").exists():
            shutil.rmtree(folder / "import", ignore_errors=True)
            make_small_agency(folder)

    def settings(self, phase: Phase | None = None) -> Settings:
        """Settings of the one work folder: the same paths for every home."""
        seed = phase.seed if phase else "eros"
        return small_settings(self._folder).model_copy(update={"seed": seed})

    def undisturbed(self, phase: Phase) -> Undisturbed:
        """The states of a phase's home; runs its command twice the first time."""
        key = phase.name
        if key not in self._known:
            kept = self._folder / f"{key}.json"
            if not kept.exists():
                self._measure(phase, kept)
            self._known[key] = _undisturbed(json.loads(kept.read_text("utf-8")))
        return self._known[key]

    def happenings(self, phase: Phase) -> Sequence[int]:
        """The numbers of the phase's happenings."""
        return phase.steps(self.undisturbed(phase).happenings)

    def kill(self, phase: Phase, number: int, happening: int) -> Point:
        """Kill the phase's command at a happening, run it again, compare."""
        begun = time.perf_counter()
        wanted = self.undisturbed(phase)
        self._take_home(phase.home)
        settings = self.settings(phase)
        killed = _run(settings, phase.work, kill_at=happening)
        last = killed.happenings[-1] if killed.happenings else Happening("start", "nothing")
        point = Point(number, phase.name, happening, f"{last.step}: {last.what}")
        faults: list[str] = []
        if killed.exit_code != -9:
            faults.append(f"it was not killed but ended with {killed.exit_code}")
        left = _files(settings)
        left = {n: d for n, d in left.items() if n.startswith(f"{WEEK}/")}
        whole = (wanted.before.week_files(), wanted.once.week_files(), wanted.twice.week_files())
        mixed = int(bool(left) and left not in whole)
        absent = int(not left and bool(wanted.before.week_files()))
        if mixed:
            faults.append(f"after the kill the week's folder held {sorted(left)}")
        again = _run(settings, phase.work)
        if again.exit_code:
            faults.append(f"run again it failed: {again.said[-1500:]}")
        found = state_of(settings)
        lost = doubled = schedules = files_lost = files_wrong = 0
        for table in sorted({*wanted.once.tables, *found.tables}):
            missing, more = _closest(
                found.tables.get(table, Counter()),
                wanted.once.tables.get(table, Counter()),
                wanted.twice.tables.get(table, Counter()),
            )
            if missing or more:
                faults += [f"{table} lacks {row}" for row in list(missing)[:3]]
                faults += [f"{table} has {row}" for row in list(more)[:3]]
            if table.endswith("schedule_recommendations") and "eros_snapshots" not in table:
                schedules += missing.total() + more.total()
            else:
                lost += missing.total()
                doubled += more.total()
        for name in sorted({*wanted.once.files, *found.files}):
            known = {wanted.once.files.get(name), wanted.twice.files.get(name)}
            if found.files.get(name) not in known:
                faults.append(f"file {name} is {'wrong' if name in found.files else 'missing'}")
                files_lost += name not in found.files
                files_wrong += name in found.files
        return replace(
            point,
            seconds=time.perf_counter() - begun,
            rows_lost=lost,
            rows_doubled=doubled,
            schedules_differ=schedules,
            files_lost=files_lost,
            files_wrong=files_wrong,
            mixed=mixed,
            failed=int(again.exit_code != 0 or killed.exit_code != -9),
            absent=absent,
            faults=faults,
        )

    def _measure(self, phase: Phase, kept: Path) -> None:
        self._take_home(phase.home)
        settings = self.settings(phase)
        before = state_of(settings)
        self._report(f"{phase.name}, undisturbed")
        first = self._run(phase.work, phase.seed)
        once = state_of(settings)
        self._run(phase.work, phase.seed)
        twice = state_of(settings)
        kept.write_text(
            json.dumps(
                {
                    **{
                        name: {"tables": state.tables, "files": state.files}
                        for name, state in (("before", before), ("once", once), ("twice", twice))
                    },
                    "happenings": [asdict(h) for h in first],
                }
            ),
            "utf-8",
        )

    def _take_home(self, name: str) -> None:
        """Put a copy of a prepared home into the work folder."""
        prepared = self._folder / "homes" / name
        if not prepared.exists():
            self._prepare(name)
        work = self.settings().home.parent
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(prepared, work)

    def _prepare(self, name: str) -> None:
        work = self.settings().home.parent
        shutil.rmtree(work, ignore_errors=True)
        match name:
            case "new":
                (work / "home").mkdir(parents=True)
            case "planned":  # by another seed: the phase's week supersedes it
                self._report("preparing a planned home")
                self._run(command(["demo"]), "another")
            case "locked":  # killed between its locks and its publication
                number = _first_of(PUBLICATION, self.undisturbed(PLANNING).happenings)
                self._take_home(PLANNING.home)
                _run(self.settings(PLANNING), PLANNING.work, kill_at=number)
            case "older":  # older definitions, and other tuning
                self._take_home("planned")
                self._report("preparing an older home")
                _make_older(self.settings())
            case "deployed":
                self._take_home("older")
                self._report("preparing a deployed home")
                self._run(command(["deploy"]), "eros")
                self._run(command(["week"]), "eros")
            case _:
                raise ValueError(name)
        part = self._folder / "homes" / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(work, part, ignore=shutil.ignore_patterns("notes"))
        part.rename(self._folder / "homes" / name)

    def _run(self, work: Work, seed: str) -> Sequence[Happening]:
        settings = self.settings().model_copy(update={"seed": seed})
        ended = _run(settings, work)
        if ended.exit_code:
            raise RuntimeError(f"{work} failed undisturbed: {ended.said[-3000:]}")
        return ended.happenings


def _run(settings: Settings, work: Work, *, kill_at: int | None = None) -> Ended:
    return run_work(settings, work, kill_at=kill_at, also_preloaded=["benchmarks.warmed"])


def _make_older(settings: Settings) -> None:
    """Define every routine and view with another text, and change a number of the tuning."""
    warehouse = open_dataset(settings, asset="older").warehouse
    older = [replace(d, text=f"{d.text}\n-- an older one\n") for d in warehouse.definitions()]
    warehouse.define(older)
    warehouse.run(
        "UPDATE `${dataset}.tuning` SET category_repeat_penalty = category_repeat_penalty + 1 "
        "WHERE TRUE"
    )


def state_of(settings: Settings) -> State:
    """What an installation holds now."""
    return State(_tables(settings), _files(settings))


def _tables(settings: Settings) -> Mapping[str, Counter[str]]:
    if not settings.warehouse_file.exists():
        return {}
    found: dict[str, Counter[str]] = {}
    with duckdb.connect(str(settings.warehouse_file), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary"
        ).fetchall()
        for schema, table in names:
            if schema == "eros_catalog" and table in UNCOMPARED:
                continue
            rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"')
            columns = [column[0] for column in rows.description or []]
            found[f"{schema}.{table}"] = Counter(
                _row(dict(zip(columns, row, strict=True))) for row in rows.fetchall()
            )
    return found


def _row(row: dict[str, object]) -> str:
    kept = {name: value for name, value in row.items() if name not in STAMPS}
    if kept.get("condition") == MEASURED_CONDITION:
        kept.pop("observed")
    return repr(sorted(kept.items()))


def _files(settings: Settings) -> Mapping[str, str]:
    out = settings.out_dir
    return {
        str(path.relative_to(out)): _digest(path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def _digest(path: Path) -> str:
    if path.name in MEASURED_FILES:
        return "it is there"
    content = path.read_bytes()
    if path.suffix == ".md":
        content = MASKED.sub("-", content.decode()).encode()
    return hashlib.sha256(content).hexdigest()


def _closest(
    found: Counter[str], once: Counter[str], twice: Counter[str]
) -> tuple[Counter[str], Counter[str]]:
    """The rows missing and the rows too many, against the nearer of the two states."""
    return min(
        ((wanted - found, found - wanted) for wanted in (once, twice)),
        key=lambda differing: differing[0].total() + differing[1].total(),
    )


def _undisturbed(kept: Mapping[str, object]) -> Undisturbed:
    def state(name: str) -> State:
        raw: dict[str, dict[str, dict[str, int]]] = kept[name]  # type: ignore[assignment]
        return State({t: Counter(rows) for t, rows in raw["tables"].items()}, raw["files"])  # type: ignore[arg-type]

    happenings = [Happening(**h) for h in kept["happenings"]]  # type: ignore[attr-defined]
    return Undisturbed(state("before"), state("once"), state("twice"), happenings)


def planned_points(points: int, seed: int) -> Sequence[tuple[Phase, float]]:
    """The phase of each point, and where in it: a fraction of its happenings.

    The first points of a seed are the same whatever their number, and phases take turns.
    """
    draw = random.Random(seed)
    credit = dict.fromkeys(PHASES, 0.0)
    planned: list[tuple[Phase, float]] = []
    for _ in range(points):
        for phase in PHASES:
            credit[phase] += phase.share
        phase = max(PHASES, key=lambda p: credit[p])
        credit[phase] -= 1
        planned.append((phase, draw.random()))
    return planned


def measure(
    points: int = POINTS,
    seed: int = SEED,
    only: int | None = None,
    folder: Path | None = None,
) -> Iterator[str]:
    """A line per point that is not right, then the numbers by phase.

    Raises:
        SystemExit: a number that must be 0 is not.
    """
    console = Console(highlight=False, markup=False, soft_wrap=True, stderr=True)
    folder = folder or Path(tempfile.gettempdir()) / f"eros_kills_{code_fingerprint()[:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    bench = KillBench(folder, console.print)
    kept = folder / f"points_{seed}.jsonl"
    lines = kept.read_text("utf-8").splitlines() if kept.exists() else []
    done = {point.number: point for point in (Point(**json.loads(line)) for line in lines)}
    for number, (phase, place) in enumerate(planned_points(points, seed), start=1):
        if (only or number) != number or (number in done and not only):
            continue
        numbers = bench.happenings(phase)
        point = bench.kill(phase, number, numbers[int(place * len(numbers))])
        done[number] = point
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(point)) + "\n")
        verdict = "right" if not point.violations else f"{point.violations} WRONG"
        console.print(
            f"{dt.datetime.now(dt.UTC):%H:%M:%S} {number}/{points} {phase.name} {point.happening} "
            f"{point.where[:90]}: {verdict}, {point.seconds:.0f} s",
        )
    chosen = [p for n, p in sorted(done.items()) if n <= points and (only or n) == n]
    for point in chosen:
        for fault in point.faults:
            yield f"point {point.number} ({point.phase} {point.happening}, {point.where}): {fault}"
    yield from _summary(chosen)
    if any(point.violations for point in chosen):
        sys.exit(1)


def _summary(points: Sequence[Point]) -> Iterator[str]:
    heads = ("points", "rows lost", "doubled", "differ", "files lost", "wrong", "mixed", "failed")
    yield f"{'':<12}" + "".join(f"{head:>11}" for head in (*heads, "seconds"))
    for name in [*(phase.name for phase in PHASES), "all"]:
        those = [p for p in points if name in ("all", p.phase)]
        numbers = [
            len(those),
            sum(p.rows_lost for p in those),
            sum(p.rows_doubled for p in those),
            sum(p.schedules_differ for p in those),
            sum(p.files_lost for p in those),
            sum(p.files_wrong for p in those),
            sum(p.mixed for p in those),
            sum(p.failed for p in those),
        ]
        seconds = sum(p.seconds for p in those)
        yield f"{name:<12}" + "".join(f"{number:>11}" for number in numbers) + f"{seconds:>11.0f}"
    lost, doubled = (
        sum(p.rows_lost + p.files_lost for p in points),
        sum(p.rows_doubled for p in points),
    )
    wrong = sum(p.schedules_differ + p.files_wrong + p.mixed for p in points)
    yield (
        f"{len(points)} kills: {lost} lost, {doubled} doubled, {wrong} published wrongly, "
        f"{sum(p.failed for p in points)} stopped"
    )
    absent = sum(p.absent for p in points)
    yield f"of these, killed between the renames of a folder, absent until the next run: {absent}"
