"""Draws the system's health: the components of a check, and the scores of the last checks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.calendar import ZONE
from eros_assets.exporting.chart import Axis, Box, Chart, Dot, Line, Panel, chart_picture
from eros_assets.exporting.palette import FAINT, INK

GOOD, POOR, BAD = "#38761d", "#b45f06", "#990000"
COLOURS = {"OK": GOOD, "INVESTIGATE": POOR, "ROLLBACK": BAD}
MOST = 20
WIDTH, HEIGHT = 900, 320
TOP, BOTTOM = 62, 290


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
    """SVG of 900 by 320 pixels: components on the left, the score over time on the right."""
    panels = [_components(bars), _scores(points)]
    return chart_picture(Chart(title, WIDTH, HEIGHT, panels))


def _components(bars: Sequence[HealthBar]) -> Panel:
    panel = Panel("Components, 0 to 20", 110, TOP, 370, BOTTOM)
    across = Axis(0, MOST, panel.left, panel.right)
    panel.labels = [(across.at(value) + 5, str(value)) for value in range(0, MOST + 1, 5)]
    row = (panel.bottom - panel.top) / max(len(bars), 1)
    for place, bar in enumerate(bars):
        top = round(panel.top + (place + 0.1) * row, 1)
        middle = round(panel.top + (place + 0.5) * row, 1)
        panel.ticks.append((middle, bar.name))
        width, height = panel.right - panel.left, round(0.8 * row, 1)
        panel.boxes.append(Box(panel.left, top, width, height, edge=FAINT))
        if bar.score is None:
            panel.notes.append((panel.left + 6, middle + 4, "not applicable"))
        else:
            length = round(across.at(bar.score) - panel.left, 1)
            panel.boxes.append(Box(panel.left, top, length, height, _colour(bar.score)))
    return panel


def _scores(points: Sequence[HealthPoint]) -> Panel:
    panel = Panel("Score of the last checks, LA time", 420, TOP, 884, BOTTOM)
    up = Axis(0, 103, panel.bottom, panel.top)
    panel.ticks = [(up.at(score), str(score)) for score in range(0, 101, 20)]
    panel.across(up.at(90), GOOD, 0.8, is_dashed=True)
    panel.across(up.at(70), BAD, 0.8, is_dashed=True)
    if not points:
        return panel
    times = [point.checked_at.timestamp() for point in points]
    first, span = min(times), max(max(times) - min(times), 1.0)
    across = Axis(first - 0.03 * span, first + 1.03 * span, panel.left, panel.right)
    places = [(across.at(t), up.at(p.score)) for t, p in zip(times, points, strict=True)]
    panel.lines.append(Line(places, FAINT))
    panel.dots = [
        Dot(x, y, COLOURS.get(point.decision, INK), 3)
        for (x, y), point in zip(places, points, strict=True)
    ]
    for part in range(5) if len(set(times)) > 1 else (0,):
        instant = first + span * part / 4
        local = dt.datetime.fromtimestamp(instant, ZONE)
        panel.labels.append((across.at(instant) + 28, f"{local:%b %d %H:%M}"))
    return panel


def _colour(score: float) -> str:
    return GOOD if score >= 0.9 * MOST else POOR if score >= 0.5 * MOST else BAD
