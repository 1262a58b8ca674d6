"""What EROS is worth: the measured improvement over the control arm."""

import math
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import fingerprint, inline_picture, table_asset
from eros_assets.assets.weekly_table import replace_week
from eros_assets.exporting.improvement_picture import MeasuredImprovement, improvement_picture
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.improvement import measured_improvement

if TYPE_CHECKING:
    import pandas as pd

_HEADLINES = (
    *("relative_improvement", "relative_lower", "relative_upper", "difference"),
    *("treatment_messages", "control_messages", "weeks_measured", "weeks_until_detectable"),
    "control_share_needed",
)


@table_asset(
    "emv_improvement",
    group_name="evaluation",
    runs=("sent_by_arm", "sent_before"),
    deps=["tuning"],
    code_version=fingerprint("sent_by_arm"),
)
def emv_improvement(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """What the treatment arm earned beyond the control arm, as of the Monday to plan from."""
    import pandas as pd

    dataset = warehouse.dataset(context)
    as_of = dataset.default_week()
    measured = measured_improvement(dataset, as_of)
    overall = measured.iloc[0]
    headlines = {
        name: "not known yet" if pd.isna(overall[name]) else float(overall[name])
        for name in _HEADLINES
    }
    return replace_week(
        dataset,
        "emv_improvement",
        measured,
        replacing={"as_of": as_of},
        stamp="measured_at",
        run_id=context.run_id,
        picture=_picture(measured),
        over_what_people_earned_before=_over_before(measured),
        **headlines,
    )


def _over_before(measured: "pd.DataFrame") -> str:
    """The treatment arm against the time before, in words."""
    for row in measured[measured["scope"] == "before"].to_dict("records"):
        low, middle, high = (
            _number(row[name])
            for name in ("relative_lower", "relative_improvement", "relative_upper")
        )
        if math.isfinite(low + middle + high):
            return f"{middle:+.0%} ({low:+.0%} to {high:+.0%}), with season and growth of the pages"
    return "not known yet"


def _picture(measured: "pd.DataFrame") -> dg.MetadataValue[Any]:
    from eros_assets.evaluation.arms import TARGET  # imported here: it brings numpy

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
    weeks, pages = of("week", "week_start"), of("page", "page_name")
    picture = improvement_picture(overall, weeks, pages, TARGET)
    return dg.MetadataValue.md(inline_picture("improvement", picture))


def _number(value: object) -> float:
    return float(value) if isinstance(value, float | int) else math.nan
