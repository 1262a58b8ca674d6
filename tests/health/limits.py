"""The limits as `tuning.csv` has them."""

import csv

from eros_assets.health.limits import HealthLimits, limits_of
from eros_assets.settings import load_settings


def default_limits() -> HealthLimits:
    with load_settings().tuning_file("tuning.csv").open(encoding="utf-8") as file:
        return limits_of({row["knob"]: float(row["value"]) for row in csv.DictReader(file)})


LIMITS = default_limits()
