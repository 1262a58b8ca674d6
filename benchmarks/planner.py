"""The planner: how fast, how near its own bound, and whether a hard rule is ever broken.

How near the proven optimum is measured by `benchmarks/optimality.py`, which takes longer.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from statistics import median

from eros_assets.planning.model import WeekPlan
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.week import plan_week
from tests.planning.weeks import SIZE_TIERS, SampleWeek, sample_weeks

CORES = 2
AGENCY = 38


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
    yield quantiles("value over the planner's own bound", proven)
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


def plan(week: SampleWeek) -> WeekPlan:
    return plan_week(
        week.captions, week.rules, week.values, not_before=week.not_before, sent=week.sent
    )


def _validity() -> Iterator[str]:
    weeks = [*sample_weeks(17, 300), *sample_weeks(19, 300, begun=True)]
    broken = dropped = messages = 0
    for week in weeks:
        planned = plan(week)
        scheduled = [
            PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
            for m in planned.messages
        ]
        broken += len(violations(week.rules, scheduled, not_before=week.not_before, sent=week.sent))
        dropped += len(planned.dropped)
        messages += len(planned.messages)
    yield (
        f"{len(weeks):,} weeks, half of them begun: {messages:,} messages planned, "
        f"{dropped} without room, {broken} hard rules broken"
    )


def quantiles(what: str, shares: Sequence[float]) -> str:
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
