"""What EROS is worth: the measured improvement over the control arm."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import inline_picture
from eros_assets.assets.weekly_table import WeeklyTable, weekly_table
from eros_assets.exporting.improvement_picture import MeasuredImprovement, improvement_picture
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd


def evaluation_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`emv_improvement`."""
    return [
        weekly_table(
            eros,
            WeeklyTable(
                name="emv_improvement",
                step="measure_improvement",
                group="evaluation",
                deps=["message_facts", "tuning"],
                monday="as_of",
                stamp="measured_at",
                rows=measured_improvement,
                more=_shown,
                code_version=eros.library["sent_by_arm"].fingerprint,
            ),
        )
    ]


_HEADLINES = (
    *("relative_improvement", "relative_lower", "relative_upper", "difference"),
    *("treatment_messages", "control_messages", "weeks_measured", "weeks_until_detectable"),
)


def measured_improvement(
    eros: Installation, warehouse: Warehouse, as_of: dt.date
) -> "pd.DataFrame":
    """The rows of `emv_improvement` as of a Monday, stamps left out, the overall one first."""
    import pandas as pd

    from eros_assets.evaluation.arms import improvement_rows  # imported here: it brings numpy

    knobs = read_knobs(warehouse)
    planned = warehouse.query(
        eros.sql("sent_by_arm"),
        {
            "as_of": as_of,
            "lookback_days": knobs["improvement_lookback_days"],
            "attribution_days": knobs["attribution_days"],
        },
    )
    rows = pd.DataFrame(improvement_rows(planned))
    rows.insert(0, "as_of", as_of)
    return rows.astype({"weeks_until_detectable": "Int64"})


def _shown(measured: "pd.DataFrame") -> Mapping[str, Any]:
    """The picture, and the overall figures or what stands for an unknown one."""
    import pandas as pd

    overall = measured.iloc[0]
    figures = {
        name: "not known yet" if pd.isna(overall[name]) else float(overall[name])
        for name in _HEADLINES
    }
    return {"picture": _picture(measured), **figures}


def _picture(measured: "pd.DataFrame") -> dg.MetadataValue[Any]:
    from eros_assets.evaluation.arms import TARGET

    def of(scope: str, label: str) -> list[MeasuredImprovement]:
        return [
            MeasuredImprovement(
                label=str(row[label]),
                value=_number(row["relative_improvement"]),
                lower=_number(row["relative_lower"]),
                upper=_number(row["relative_upper"]),
            )
            for row in measured[measured["scope"] == scope].to_dict("records")
        ]

    [overall] = of("overall", "scope")
    png = improvement_picture(overall, of("week", "week_start"), of("page", "page_name"), TARGET)
    return dg.MetadataValue.md(inline_picture("improvement", png))


def _number(value: object) -> float:
    return float(value) if isinstance(value, float | int) else math.nan
