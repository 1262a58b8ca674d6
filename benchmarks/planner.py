"""The planner: how near the optimum, how fast, and whether a hard rule is ever broken.

`python -m benchmarks.planner` measures time and validity, and compares `--weeks` of them (200) with
the optimum that CP-SAT proves, which takes about half an hour.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, islice
from statistics import median

import click

from eros_assets.planning.model import WeekPlan
from eros_assets.planning.validation import ScheduledMessage, violations
from eros_assets.planning.week import plan_week
from tests.planning.oracle import optimum
from tests.planning.weeks import SIZE_TIERS, SampleWeek, sample_weeks

CORES = 2
AGENCY = 38
PROVEN = 1e-4


def measure() -> Iterator[str]:
    """Milliseconds of a creator's week by size tier, seconds of whole agencies, rules broken."""
    weeks = list(sample_weeks(20_251_103, 60))
    for week in weeks[: len(SIZE_TIERS)]:
        plan(week)
    taken = {tier: [] for tier in SIZE_TIERS}
    proven: list[float] = []
    for week in weeks:
        begun = time.perf_counter()
        planned = plan(week)
        taken[week.size_tier].append(1e3 * (time.perf_counter() - begun))
        if planned.bound:
            proven.append(planned.objective / planned.bound)
    for tier, times in taken.items():
        yield f"one creator, {tier:<7} median {median(times):6.1f} ms, most {max(times):6.1f} ms"
    everyone = [t for times in taken.values() for t in times]
    yield f"one creator, any     median {median(everyone):6.1f} ms (wanted: under 50 ms)"
    yield _quantiles("value over the planner's own bound", proven)
    for creators, wanted in ((AGENCY, " (wanted: under 3 s)"), (1000, "")):
        agency = list(islice(sample_weeks(7, 1 + creators // len(SIZE_TIERS)), creators))
        alone = _seconds(lambda agency=agency: list(map(plan, agency)))
        with ProcessPoolExecutor(CORES) as pool:
            list(pool.map(plan, agency[:CORES]))
            shared = _seconds(lambda agency=agency, pool=pool: list(pool.map(plan, agency)))
        yield (
            f"{creators:,} creators: {alone:.2f} s on one core, {shared:.2f} s on {CORES}{wanted}"
        )
    yield from _validity()


def optimality(weeks: int) -> Iterator[str]:
    """The value of the plan over the optimum's, over `weeks` weeks of all tiers, a sixth begun."""
    whole, begun = sample_weeks(11, weeks), sample_weeks(13, weeks, begun=True)
    fives = zip(*[whole] * len(SIZE_TIERS), strict=True)
    mixed = (week for five in fives for week in (*five, next(begun)))
    full = (week for week in mixed if week.captions and not plan(week).dropped)
    shares: dict[str, list[float]] = {tier: [] for tier in SIZE_TIERS}
    seconds: list[float] = []
    undecided = 0
    for week in islice(full, weeks):
        planned = plan(week)
        begun_at = time.perf_counter()
        best = optimum(
            week.captions,
            week.rules,
            week.values,
            not_before=week.not_before,
            start=planned,
            effort=120,
            gap=PROVEN,
        )
        seconds.append(time.perf_counter() - begun_at)
        if not best.proven:
            undecided += 1
            yield (
                f"{week.size_tier}: CP-SAT got no nearer than {best.value:.4f} to "
                f"{best.bound:.4f}; the plan has {planned.objective:.4f}, its own bound "
                f"{planned.bound:.4f}"
            )
            continue
        shares[week.size_tier].append(planned.objective / best.bound if best.bound else 1.0)
    for tier, of_tier in shares.items():
        yield _quantiles(f"value over the optimum, {tier}", of_tier)
    yield _quantiles("value over the optimum, all", [s for row in shares.values() for s in row])
    yield (
        f"CP-SAT: proven to {PROVEN:g} on {len(seconds) - undecided} of {len(seconds)} weeks, "
        f"median {median(seconds):.1f} s, {sum(seconds):.0f} s in all"
    )


def plan(week: SampleWeek) -> WeekPlan:
    return plan_week(week.captions, week.rules, week.values, not_before=week.not_before)


def _validity() -> Iterator[str]:
    weeks = [*sample_weeks(17, 300), *sample_weeks(19, 300, begun=True)]
    broken = dropped = messages = 0
    for week in weeks:
        planned = plan(week)
        scheduled = [
            ScheduledMessage(m.caption.caption_id, m.caption.message_type, m.send_time)
            for m in planned.messages
        ]
        broken += len(violations(week.rules, scheduled, not_before=week.not_before))
        dropped += len(planned.dropped)
        messages += len(planned.messages)
    yield (
        f"{len(weeks):,} weeks, half of them begun: {messages:,} messages planned, "
        f"{dropped} without room, {broken} hard rules broken"
    )


def _quantiles(what: str, shares: Sequence[float]) -> str:
    ordered = sorted(shares)
    if not ordered:
        return f"{what}: none"
    tenth = ordered[len(ordered) // 10]
    return (
        f"{what} ({len(ordered)}): least {ordered[0]:.5f}, first tenth {tenth:.5f}, "
        f"median {median(ordered):.5f}"
    )


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@click.command()
@click.option("--weeks", default=200, help="Weeks to compare with the optimum.")
def main(weeks: int) -> None:
    """Measure the planner."""
    for line in chain(measure(), optimality(weeks)):
        click.echo(line)


if __name__ == "__main__":
    main()
