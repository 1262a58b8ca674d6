"""Reads what people decided for a week: days off, hours, and numbers in place of computed ones."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.planning.model import SendingHours
from eros_assets.planning.volume import WeekDecisions
from eros_assets.tuning import Knobs
from eros_assets.weekly.scope import WeekPlanScope


def week_decisions(
    dataset: Dataset, scope: WeekPlanScope, knobs: Knobs
) -> Mapping[str, WeekDecisions]:
    """The decisions for the scope's pages; pages without any are left out."""
    import pandas as pd

    week = {"week_start": scope.week_start, "pages": list(scope.pages)}
    hours: dict[str, dict[dt.date, SendingHours | None]] = {}
    usual = int(knobs["first_send_hour"]), int(knobs["last_send_hour"])
    for row in dataset.query("week_availability", **week).to_dict("records"):
        hours.setdefault(row["page_name"], {})[_date(row["open_date"])] = (
            None
            if row["is_closed"]
            else SendingHours(
                *(
                    default if pd.isna(hour) else int(hour)
                    for hour, default in zip(
                        (row["first_hour"], row["last_hour"]), usual, strict=True
                    )
                )
            )
        )
    numbers: dict[str, dict[str, int]] = {
        row["page_name"]: {
            str(name): int(value)
            for name, value in row.items()
            if name != "page_name" and not pd.isna(value)
        }
        for row in dataset.query("week_overrides", **week).to_dict("records")
    }
    return {
        page: WeekDecisions(hours=hours.get(page, {}), **numbers.get(page, {}))
        for page in {**hours, **numbers}
    }


def _date(value: Any) -> dt.date:
    """A date of either engine."""
    return value.date() if isinstance(value, dt.datetime) else value
