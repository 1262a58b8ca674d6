"""Draws the system's health: the components of a check, and the scores of the last checks."""

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.calendar import ZONE
from eros_assets.exporting.palette import FAINT, INK, PAPER

GOOD, POOR, BAD = "#38761d", "#b45f06", "#990000"
COLOURS = {"OK": GOOD, "INVESTIGATE": POOR, "ROLLBACK": BAD}
MOST = 20


@dataclass(frozen=True, slots=True)
class HealthBar:
    """A component and its score from 0 to 20; None when it is not applicable."""

    name: str
    score: float | None


@dataclass(frozen=True, slots=True)
class HealthPoint:
    """An earlier check: when, its score from 0 to 100, and its decision."""

    checked_at: dt.datetime
    score: float
    decision: str


def health_picture(bars: Sequence[HealthBar], points: Sequence[HealthPoint], title: str) -> bytes:
    """PNG of 900 by 320 pixels: components on the left, the score over time on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(2, 3))
    for place, bar in enumerate(reversed(bars)):
        left.barh(place, MOST, color="none", edgecolor=FAINT)
        if bar.score is None:
            left.text(0.4, place, "not applicable", va="center", fontsize=8, color=INK)
        else:
            left.barh(place, bar.score, color=_colour(bar.score))
    left.set_yticks(range(len(bars)), [bar.name for bar in reversed(bars)], fontsize=9)
    left.set_xlim(0, MOST)
    left.set_title("Components, 0 to 20", loc="left", fontsize=9, color=INK)
    times = [point.checked_at.astimezone(ZONE) for point in points]
    right.plot(times, [point.score for point in points], color=FAINT, linewidth=1)
    for time, point in zip(times, points, strict=True):
        right.plot([time], [point.score], "o", color=COLOURS.get(point.decision, INK), markersize=4)
    locator = AutoDateLocator(tz=ZONE)
    right.xaxis.set_major_locator(locator)
    right.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=ZONE))
    right.set_ylim(0, 103)
    right.axhline(90, color=GOOD, linewidth=0.8, linestyle="--")
    right.axhline(70, color=BAD, linewidth=0.8, linestyle="--")
    right.tick_params(labelsize=8)
    right.set_title("Score of the last checks, LA time", loc="left", fontsize=9, color=INK)
    figure.suptitle(title, x=0.02, ha="left", fontsize=11, color=INK)
    figure.tight_layout()
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


def _colour(score: float) -> str:
    return GOOD if score >= 0.9 * MOST else POOR if score >= 0.5 * MOST else BAD
