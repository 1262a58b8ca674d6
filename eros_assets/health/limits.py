"""The thresholds of the health check, from the tuning."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """The knobs of `tuning.csv` that the health check uses, in the units given there."""

    healthy_score: float
    min_health_score: float
    query_max_seconds: float
    max_slowdown: float
    slowdown_days: int
    good_error_rate: float
    max_error_rate: float
    min_error_operations: int
    usd_per_tib: float
    max_cost_usd_day: float
    good_cost_usd_day: float
    history_max_age_hours: float
    schedule_grace_hours: int
    sweep_grace_hours: int


def limits_of(knobs: Mapping[str, int | float]) -> HealthLimits:
    """The limits among all knobs."""
    return HealthLimits(**{name: knobs[name] for name in HealthLimits.__dataclass_fields__})  # pyright: ignore[reportArgumentType]
