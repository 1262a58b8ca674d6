"""What pages have sent already in the week that is planned."""

from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.weekly.scope import WeekPlanScope

if TYPE_CHECKING:
    import pandas as pd


def sent_before_planning(dataset: Dataset, scope: WeekPlanScope) -> "pd.DataFrame":
    """The rows of `sent_this_week` before the instant as of which the week is planned.

    The query does not ask for that instant, so that the steps of a run read the warehouse once.
    """
    rows = dataset.cached_query(
        "sent_this_week", week_start=scope.week_start, pages=list(scope.pages)
    )
    return rows[rows["sending_time"] < scope.planned_at]
