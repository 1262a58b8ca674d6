"""Chances of chosen captions by replays of the pools that they were chosen from.

A few pages at a time: the pools of all pages together don't fit into memory when there are many.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.evaluation.replay import Policy

PAGE_WEEKS_AT_ONCE = 100
"""Pages times weeks whose pools are read by one query: about 200,000 rows."""


def logged_chances(
    dataset: Dataset, chosen: "pd.DataFrame", policies: "Sequence[Policy]", knobs: Knobs
) -> "pd.DataFrame":
    """What `chances` gives for rows of `caption_selections`, from the logged pools.

    A row's chances depend on its own page, week and tier alone.
    """
    import pandas as pd

    from eros_assets.evaluation.pools import chances  # imported here: it brings numpy

    pages = sorted(set(chosen["page_name"]))
    first, last = (chosen["week_start"].min(), chosen["week_start"].max()) if pages else (None,) * 2
    at_once = max(PAGE_WEEKS_AT_ONCE // max(chosen["week_start"].nunique(), 1), 1)
    batches = [pages[start : start + at_once] for start in range(0, len(pages), at_once)]
    found = [
        chances(
            dataset.query("pool_log", first_week=first, last_week=last, pages=batch),
            chosen[chosen["page_name"].isin(batch)],
            policies,
            replays=int(knobs["evaluation_replays"]),
            seed=dataset.settings.seed,
        )
        for batch in batches
    ]
    if not found:
        return chances(_no_pools(), chosen, policies, replays=1, seed="")
    return pd.concat(found).loc[chosen.index]


def _no_pools() -> "pd.DataFrame":
    import pandas as pd

    from eros_assets.evaluation.pools import STRATUM

    return pd.DataFrame(columns=STRATUM)
