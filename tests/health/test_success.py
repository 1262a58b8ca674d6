"""The success figures, over and under each of their targets."""

from eros_assets.health.scores import Improvement
from eros_assets.health.success import DUPLICATES, success_figures
from eros_assets.health.work import Work
from tests.health.limits import LIMITS

ALL_WELL = {
    "health": True,
    "queries, 95 %": True,
    "duplicate reservations": True,
    "corrupt data": True,
    "cost of a day": True,
    "EMV over the control arm": True,
}


def held(
    *,
    score: float = 95,
    violations: tuple[str, ...] = (),
    p95: float | None = 3.0,
    cost: float = 4.0,
    emv: float | None = 0.2,
) -> dict[str, bool | None]:
    work = Work(10, [], p95, None, cost)
    improvement = Improvement(emv, None, None)
    figures = success_figures(score, violations, work, improvement, 0.1, LIMITS)
    return {figure.name: figure.holds for figure in figures}


def test_each_target_is_held_by_itself() -> None:
    assert held() == ALL_WELL
    assert held(score=90) == ALL_WELL | {"health": False}
    assert held(p95=30) == ALL_WELL | {"queries, 95 %": False}
    assert held(cost=10) == ALL_WELL | {"cost of a day": False}
    assert held(emv=0.1) == ALL_WELL | {"EMV over the control arm": False}
    twice = f"{DUPLICATES}: caption 7"
    assert held(violations=(twice,)) == ALL_WELL | {"duplicate reservations": False}
    assert held(violations=("schedule_times_are_la: x",)) == ALL_WELL | {"corrupt data": False}


def test_what_is_not_known_is_neither() -> None:
    unknown = held(p95=None, emv=None)
    assert unknown == ALL_WELL | {"queries, 95 %": None, "EMV over the control arm": None}
