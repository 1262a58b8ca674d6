"""Draws the improvement of treatment over control, by week and by creator."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets.exporting.palette import FAINT, INK, PAPER, RULE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TREATED = "#0b5394"
TARGET_COLOUR = "#b45f06"
FURTHEST = 1.5
"""Upper end of the axis; larger improvements and bounds, as of small weeks, are drawn there."""


@dataclass(frozen=True, slots=True)
class MeasuredImprovement:
    """A relative improvement of a week or page, with 95 % bounds; NaN where unknown."""

    label: str
    value: float
    lower: float
    upper: float


def improvement_picture(
    overall: MeasuredImprovement,
    weeks: Sequence[MeasuredImprovement],
    pages: Sequence[MeasuredImprovement],
    target: float,
) -> bytes:
    """PNG of 960 by 440 pixels: weeks left, creators right, the overall interval as a band."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 4.4), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    _draw(left, weeks, overall, target)
    left.set_title("By week", loc="left", fontsize=10, color=INK)
    left.set_ylabel("EMV, treatment over control", fontsize=9, color=INK)
    ordered = sorted((p for p in pages if math.isfinite(p.value)), key=lambda p: p.value)
    _draw(right, ordered, overall, target)
    right.set_title("By creator", loc="left", fontsize=10, color=INK)
    figure.suptitle(_sentence(overall), x=0.02, ha="left", fontsize=11, color=INK)
    figure.tight_layout()
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


def _draw(
    axes: "Axes",
    measured: Sequence[MeasuredImprovement],
    overall: MeasuredImprovement,
    target: float,
) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.axhline(target, color=TARGET_COLOUR, linewidth=1, linestyle="--")
    if math.isfinite(overall.lower) and math.isfinite(overall.upper):
        axes.axhspan(overall.lower, min(overall.upper, FURTHEST), color="#dbe7f3")
    if math.isfinite(overall.value):
        axes.axhline(overall.value, color=TREATED, linewidth=1.2)
    for place, each in enumerate(measured):
        if not math.isfinite(each.value):
            continue
        if math.isfinite(each.lower) and math.isfinite(each.upper):
            axes.vlines(place, each.lower, min(each.upper, FURTHEST), TREATED, linewidth=1)
        axes.plot(place, min(each.value, FURTHEST), "o", color=TREATED, markersize=4)
    axes.set_ylim(-1, FURTHEST)
    axes.set_xlim(-0.7, max(len(measured), 1) - 0.3)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    step = max(math.ceil(len(measured) / 20), 1)
    places = range(0, len(measured), step)
    axes.set_xticks(
        list(places), [measured[p].label for p in places], rotation=60, ha="right", fontsize=7
    )
    axes.tick_params(colors=INK, labelsize=7.5, length=2)
    for side in axes.spines.values():
        side.set_color(RULE)


def _sentence(overall: MeasuredImprovement) -> str:
    if not math.isfinite(overall.value):
        return "No week yet in which messages of both arms were sent"
    bounds = (
        f"95 % interval {overall.lower:+.0%} to {overall.upper:+.0%}"
        if math.isfinite(overall.lower)
        else "too few creators for an interval"
    )
    return f"All weeks: {overall.value:+.1%} ({bounds}); the dashed line is the promise"
