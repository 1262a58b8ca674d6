"""Draws the improvement of treatment over control, by week and by creator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.exporting.chart import Axis, Box, Chart, Dot, Line, Panel, chart_picture
from eros_assets.exporting.palette import FAINT

TREATED = "#0b5394"
TARGET_COLOUR = "#b45f06"
BAND = "#dbe7f3"
WIDTH, HEIGHT = 960, 440
TOP, BOTTOM = 62, 362
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
    """SVG of 960 by 440 pixels: weeks left, creators right, the overall interval as a band."""
    ordered = sorted((p for p in pages if math.isfinite(p.value)), key=lambda p: p.value)
    panels = [
        Panel("By week: EMV, treatment over control", 50, TOP, 560, BOTTOM, slant=60),
        Panel("By creator", 610, TOP, 946, BOTTOM, slant=60),
    ]
    for panel, measured in zip(panels, (weeks, ordered), strict=True):
        _draw(panel, measured, overall, target)
    return chart_picture(Chart(_sentence(overall), WIDTH, HEIGHT, panels))


def _draw(
    panel: Panel,
    measured: Sequence[MeasuredImprovement],
    overall: MeasuredImprovement,
    target: float,
) -> None:
    up = Axis(-1, FURTHEST, panel.bottom, panel.top)
    across = Axis(-0.7, max(len(measured), 1) - 0.3, panel.left, panel.right)
    panel.ticks = [(up.at(share / 100), f"{share} %") for share in range(-100, 151, 50)]
    if math.isfinite(overall.lower) and math.isfinite(overall.upper):
        top, bottom = up.at(overall.upper), up.at(overall.lower)
        width, height = panel.right - panel.left, round(bottom - top, 1)
        panel.boxes.append(Box(panel.left, top, width, height, BAND))
    panel.across(up.at(0), FAINT, 0.8)
    panel.across(up.at(target), TARGET_COLOUR, 1.0, is_dashed=True)
    if math.isfinite(overall.value):
        panel.across(up.at(overall.value), TREATED, 1.2)
    for place, each in enumerate(measured):
        if not math.isfinite(each.value):
            continue
        x = across.at(place)
        if math.isfinite(each.lower) and math.isfinite(each.upper):
            ends = [(x, up.at(each.lower)), (x, up.at(each.upper))]
            panel.lines.append(Line(ends, TREATED))
        panel.dots.append(Dot(x, up.at(each.value), TREATED, 2.6))
    step = max(math.ceil(len(measured) / 20), 1)
    for place in range(0, len(measured), step):
        panel.labels.append((across.at(place) + 3, measured[place].label))


def _sentence(overall: MeasuredImprovement) -> str:
    if not math.isfinite(overall.value):
        return "No week yet in which messages of both arms were sent"
    bounds = (
        f"95 % interval {overall.lower:+.0%} to {overall.upper:+.0%}"
        if math.isfinite(overall.lower)
        else "too few creators for an interval"
    )
    return f"All weeks: {overall.value:+.1%} ({bounds}); the dashed line is the promise"
