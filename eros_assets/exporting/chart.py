"""Charts as SVG: panels with axes, and dots, lines and boxes on them; lengths are in pixels.

The weekly line draws with these. To import matplotlib alone takes longer than all of them.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from eros_assets.exporting.palette import INK, PAPER, RULE
from eros_assets.exporting.templates import rendered


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low`, at pixel `begin`, to `high`, at pixel `end`; logarithmic or not.

    Of a logarithmic axis both are positive. Values outside are drawn at its ends.
    """

    low: float
    high: float
    begin: float
    end: float
    is_logarithmic: bool = False

    def at(self, value: float) -> float:
        """The pixel of a value, to a tenth."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.is_logarithmic:
            low, high, here = math.log(low), math.log(high), math.log(here)
        return round(self.begin + (here - low) / (high - low) * (self.end - self.begin), 1)

    def decades(self) -> Iterator[float]:
        """The powers of ten on a logarithmic axis; with their 2 and 5 fold where there are few."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        folds = (1, 2, 5) if last - first <= 2 else (1,)
        for power in range(first, last + 1):
            for fold in folds:
                if self.low <= fold * 10.0**power <= self.high:
                    yield fold * 10.0**power


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    colour: str
    radius: float


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined by straight lines."""

    points: Sequence[tuple[float, float]]
    colour: str
    width: float = 1.0
    is_dashed: bool = False

    @property
    def path(self) -> str:
        """SVG's path data."""
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in self.points)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled where it has a colour, framed where it has an edge's."""

    left: float
    top: float
    width: float
    height: float
    colour: str | None = None
    edge: str | None = None


@dataclass(slots=True)
class Panel:
    """A frame and what is drawn in it.

    `ticks` stand left of it at heights, `labels` below it at places, slanted by `slant` degrees;
    `notes` are words at points.
    """

    title: str
    left: int
    top: int
    right: int
    bottom: int
    slant: int = 0
    label_size: int = 8
    ticks: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    labels: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    boxes: list[Box] = field(default_factory=list[Box])
    lines: list[Line] = field(default_factory=list[Line])
    dots: list[Dot] = field(default_factory=list[Dot])
    notes: list[tuple[float, float, str]] = field(default_factory=list[tuple[float, float, str]])

    def across(self, height: float, colour: str, width: float, *, is_dashed: bool = False) -> None:
        """Draw a line from the left of the frame to its right."""
        points = [(float(self.left), height), (float(self.right), height)]
        self.lines.append(Line(points, colour, width, is_dashed))


@dataclass(frozen=True, slots=True)
class Chart:
    """Panels with a title, which is shown as a heading or said to screen readers alone.

    `legend` has the words of colours with their places from the left, at the bottom.
    """

    title: str
    width: int
    height: int
    panels: Sequence[Panel]
    heading: bool = True
    legend: Sequence[tuple[float, str, str]] = ()


def chart_picture(chart: Chart) -> bytes:
    """The chart as an SVG file; the same chart gives the same bytes."""
    text = rendered("chart.svg.j2", chart=chart, ink=INK, paper=PAPER, rule=RULE)
    return text.encode("utf-8")
