"""Print every measurement: `make bench`, or `python -m benchmarks NAME ...` for some of them.

Those that take long run only when they are named.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from benchmarks import (
    backfill,
    bandit,
    growth,
    histories,
    imports,
    interface,
    jobs,
    judgement,
    kills,
    planner,
    policies,
    races,
    routines,
    scale,
    settings,
    sheets,
    slots,
    week,
    year,
)

BENCHMARKS: dict[str, Callable[[], Iterator[str]]] = {
    "imports": imports.measure,
    "interface": interface.measure,
    "jobs": jobs.measure,
    "routines": routines.measure,
    "planner": planner.measure,
    "sheets": sheets.measure,
    "week": week.measure,
}
LONG: dict[str, Callable[[], Iterator[str]]] = {
    "backfill": backfill.measure,
    "bandit": bandit.measure,
    "growth": growth.measure,
    "histories": histories.measure,
    "judgement": judgement.measure,
    "kills": kills.measure,
    "policies": policies.measure,
    "races": races.measure,
    "scale": scale.measure,
    "settings": settings.measure,
    "slots": slots.measure,
    "year": year.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted({**BENCHMARKS, **LONG})))
@click.option("--points", default=kills.POINTS, show_default=True, help="kills: how many.")
@click.option("--seed", default=kills.SEED, show_default=True, help="kills: which points.")
@click.option("--only", type=int, help="kills: this point alone, again.")
@click.option("--processes", default=races.PROCESSES, show_default=True, help="races: 1 to 8.")
@click.option("--seconds", default=float(races.SECONDS), show_default=True, help="races: how long.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="kills, races: where their homes are kept; faster in memory, as in /dev/shm.",
)
def main(
    names: tuple[str, ...],
    points: int,
    seed: int,
    only: int | None,
    processes: int,
    seconds: float,
    folder: Path | None,
) -> None:
    """Run the named benchmarks, or all but the long ones."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    # Processes that are measured keep their bytecode, as those of most people do.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    chosen = {
        **BENCHMARKS,
        **LONG,
        "kills": partial(kills.measure, points, seed, only, folder),
        "races": partial(races.measure, processes, seconds, folder),
    }
    for name in names or tuple(BENCHMARKS):
        console.rule(name)
        for line in chosen[name]():
            console.print(line)


if __name__ == "__main__":
    main()
