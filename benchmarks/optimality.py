"""The plan's value over the optimum that CP-SAT proves: `python -m benchmarks.optimality`.

200 weeks of all size tiers, a sixth of them begun, take about half an hour on one core. With
`--results FILE` each week's result is kept as a line of JSON, and a run that was broken off goes on
where it stopped. `--decided` takes weeks in which people have closed dates, set hours, past
midnight too, and queued or pinned messages.
"""

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import click

from benchmarks.planner import plan, quantiles
from tests.planning.oracle import optimum
from tests.planning.weeks import SIZE_TIERS, SampleWeek, sample_weeks

PROVEN = 2e-3
"""Relative distance of CP-SAT's value and bound at which it may stop."""
EFFORT = 15
"""CP-SAT's deterministic time for one week, about seconds."""


def instances(weeks: int, seed: int, *, decided: bool = False) -> Iterator[SampleWeek]:
    """Weeks with room for every caption, all tiers in turn, a begun one after every five."""
    whole = sample_weeks(seed, weeks, decided=decided)
    begun = sample_weeks(seed + 2, weeks, begun=True, decided=decided)
    fives = zip(*[whole] * len(SIZE_TIERS), strict=True)
    mixed = (week for five in fives for week in (*five, next(begun)))
    return islice((w for w in mixed if w.captions and not plan(w).dropped), weeks)


def compare(week: SampleWeek) -> dict[str, object]:
    """One week's plan and optimum, as a row of the results."""
    planned = plan(week)
    begun_at = time.perf_counter()
    best = optimum(
        week.captions,
        week.rules,
        week.values,
        not_before=week.not_before,
        sent=week.sent,
        start=planned,
        effort=EFFORT,
        gap=PROVEN,
    )
    return {
        "size_tier": week.size_tier,
        "begun": week.not_before is not None,
        "value": planned.objective,
        "own_bound": planned.bound,
        "best": best.value,
        "bound": best.bound,
        "proven": best.proven,
        "seconds": time.perf_counter() - begun_at,
    }


def summary(rows: list[dict[str, object]]) -> Iterator[str]:
    """Least, first tenth and median of the plan's value over CP-SAT's bound, and over its own.

    No week is worth more than CP-SAT's bound, whether it closed in on it or not: what the plan
    reaches of the optimum is no less than what it reaches of the bound.
    """
    shares = [(row["size_tier"], _share(row, "bound")) for row in rows]
    for tier in SIZE_TIERS:
        yield quantiles(f"value over CP-SAT's bound, {tier}", [s for t, s in shares if t == tier])
    yield quantiles("value over CP-SAT's bound, all", [s for _, s in shares])
    yield quantiles(
        "value over the planner's own bound", [_share(row, "own_bound") for row in rows]
    )
    proven = sum(bool(row["proven"]) for row in rows)
    seconds = [float(str(row["seconds"])) for row in rows]
    yield (
        f"CP-SAT: value and bound within {PROVEN:g} on {proven} of {len(rows)} weeks, "
        f"median {median(seconds):.1f} s, {sum(seconds):.0f} s in all"
    )


def _share(row: dict[str, object], of: str) -> float:
    bound = float(str(row[of]))
    return float(str(row["value"])) / bound if bound else 1.0


@click.command()
@click.option("--weeks", default=200, help="Weeks to compare with the optimum.")
@click.option("--seed", default=11, help="Which weeks.")
@click.option("--decided", is_flag=True, help="Weeks with queued messages, days off and hours.")
@click.option("--results", type=click.Path(path_type=Path), help="Where to keep each result.")
def main(weeks: int, seed: int, decided: bool, results: Path | None) -> None:
    """Compare plans with the optimum."""
    kept = results.read_text().splitlines() if results and results.exists() else []
    rows = [json.loads(line) for line in kept]
    for week in islice(instances(weeks, seed, decided=decided), len(rows), None):
        rows.append(compare(week))
        if results:
            with results.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    for line in summary(rows):
        click.echo(line)


if __name__ == "__main__":
    main()
