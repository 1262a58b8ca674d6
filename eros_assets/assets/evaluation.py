"""What EROS is worth: the measured improvement over the control arm."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import inline_picture
from eros_assets.assets.weekly_table import WeeklyTable, weekly_table
from eros_assets.exporting.improvement_picture import MeasuredImprovement, improvement_picture
from eros_assets.installation import Installation
from eros_assets.weekly.improvement import measured_improvement

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
