"""What other settings of the selection would have earned, from our own log."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.weekly_table import WeeklyTable, weekly_table
from eros_assets.installation import Installation
from eros_assets.weekly.policies import policy_rows

if TYPE_CHECKING:
    import pandas as pd


def policy_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`policy_evaluation`."""
    return [
        weekly_table(
            eros,
            WeeklyTable(
                name="policy_evaluation",
                step="estimate_policies",
                group="policies",
                deps=["message_facts", "caption_selections", "tuning"],
                monday="as_of",
                stamp="evaluated_at",
                rows=policy_rows,
                more=_too_thin,
            ),
        )
    ]


def _too_thin(rows: "pd.DataFrame") -> Mapping[str, Any]:
    names = sorted(rows.loc[rows["overlap"] == "thin", "policy"])
    return {"too_thin_to_tell": dg.MetadataValue.json(names)}
