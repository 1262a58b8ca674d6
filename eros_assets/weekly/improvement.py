"""The measured improvement of EMV over the control arm."""

import datetime as dt
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.tuning import read_knobs

if TYPE_CHECKING:
    import pandas as pd


def measured_improvement(dataset: Dataset, as_of: dt.date) -> "pd.DataFrame":
    """The rows of `emv_improvement` as of a Monday, stamps left out, the overall one first."""
    import pandas as pd

    from eros_assets.evaluation.arms import improvement_rows  # imported here: it brings numpy

    knobs = read_knobs(dataset)
    window = {"as_of": as_of, "lookback_days": knobs["improvement_lookback_days"]}
    planned = dataset.query("sent_by_arm", **window, attribution_days=knobs["attribution_days"])
    before = dataset.query("sent_before", **window)
    rows = pd.DataFrame(improvement_rows(planned, before))
    rows.insert(0, "as_of", as_of)
    return rows.astype({"weeks_until_detectable": "Int64"})
