"""Draws a creator's week as a calendar: days across, LA hours down, one block per message.

Price tiers differ in colour (Okabe and Ito's, safe for colour-blind readers), in lightness and in
the word on the block; bumps are hollow. The background of an hour is darker the more its PPVs earn.
The same week gives the same bytes.
"""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from eros_assets.calendar import DAYS_A_WEEK, week_dates
from eros_assets.exporting.message import ScheduledMessage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from PIL import Image

Size = Literal["metadata", "page"]

INK = "#1f2933"
FAINT = "#7b8794"
PAPER = "#ffffff"
RULE = "#d9dee4"
SHADES = ("#ffffff", "#b9cbe0")
TIERS = {
    "budget": ("#56b4e9", INK),
    "mid": ("#e69f00", INK),
    "premium": ("#0b5394", PAPER),
    "bump": (PAPER, INK),
}
"""Fill and text colour of each price tier."""

BLOCK_HOURS = 0.62
"""Height of a block in hours: less than 45 minutes, the smallest gap between two messages."""

PALETTE = 256
"""Number of colours of the small picture: a third of the bytes, without a visible difference."""

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """The contents of the picture.

    `slot_values` are the values of PPVs relative to the page's mean, by (ISO day of week, LA hour);
    an hour without a value counts as 1. `last_hour` is the last hour at which a message may start.
    """

    page_name: str
    week_start: dt.date
    messages: Sequence[ScheduledMessage]
    slot_values: Mapping[tuple[int, int], float]
    cooling_days: int = 0
    first_hour: int = 8
    last_hour: int = 22


def calendar_picture(week: CalendarWeek, size: Size = "metadata") -> bytes:
    """The calendar as PNG.

    `metadata` is 880 by 600 pixels in PALETTE colours, about 35 KB, for the Dagster UI; `page` is
    1408 by 960 in full colour, for files to print or open.
    """
    # Imported here: matplotlib takes longer to import than the rest of this package.
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(8.8, 6.0), dpi=100 if size == "metadata" else 160, facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes((0.062, 0.085, 0.925, 0.785))
    shading = _draw_hours(axes, week)
    _draw_days(axes, week)
    for message in week.messages:
        _draw_message(axes, message, week)
    _draw_title(figure, week)
    _draw_legend(figure, shading)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    return _png(drawn) if size == "page" else _in_few_colours(drawn)


def smaller_picture(png: bytes) -> bytes:
    """The picture reduced to at most PALETTE colours."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        return _in_few_colours(picture.convert("RGB"))


def _in_few_colours(picture: "Image.Image") -> bytes:
    from PIL import Image

    # Twice as fast as the median cut. The octree is faster, but changes the shades of the hours.
    method = Image.Quantize.MAXCOVERAGE
    return _png(picture.quantize(PALETTE, method, dither=Image.Dither.NONE))


def _png(picture: "Image.Image") -> bytes:
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def _draw_hours(axes: "Axes", week: CalendarWeek) -> "AxesImage":
    from matplotlib.colors import LinearSegmentedColormap

    hours = range(week.first_hour, week.last_hour + 1)
    values = [
        [week.slot_values.get((day, hour), 1.0) for day in range(1, DAYS_A_WEEK + 1)]
        for hour in hours
    ]
    flat = sorted(value for row in values for value in row)
    # The shades span the middle 96 % of hours, so that one outlier doesn't make the others pale.
    trimmed = len(flat) // 50
    low, high = flat[trimmed], flat[-1 - trimmed]
    if high - low < 0.1:
        low, high = low - 0.05, high + 0.05
    shading = axes.imshow(
        values,
        extent=(0, DAYS_A_WEEK, week.last_hour + 1, week.first_hour),
        aspect="auto",
        cmap=LinearSegmentedColormap.from_list("hours", SHADES),
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    axes.set_yticks(list(hours), [f"{hour:02}:00" for hour in hours], fontsize=7.5, color=FAINT)
    axes.tick_params(length=0)
    axes.hlines(list(hours), 0, DAYS_A_WEEK, colors=PAPER, linewidth=0.6)
    return shading


def _draw_days(axes: "Axes", week: CalendarWeek) -> None:
    axes.set_xlim(0, DAYS_A_WEEK)
    axes.set_xticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.vlines(range(DAYS_A_WEEK + 1), week.first_hour, week.last_hour + 1, RULE, linewidth=1)
    for day, date in enumerate(week_dates(week.week_start)):
        name = f"{DAY_NAMES[day]} {date.day}"
        axes.annotate(
            name,
            (day + 0.5, 1.012),
            xycoords=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            fontsize=9.5,
            fontweight="bold",
            color=INK,
        )
        if day < week.cooling_days:
            axes.axvspan(
                day, day + 1, facecolor="none", edgecolor="#9aa5b1", hatch="////", linewidth=0
            )
            axes.text(
                day + 0.5,
                week.first_hour + 0.5,
                "cooling: no PPV",
                ha="center",
                va="center",
                fontsize=7,
                color=INK,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
            )


def _draw_message(axes: "Axes", message: ScheduledMessage, week: CalendarWeek) -> None:
    from matplotlib.patches import FancyBboxPatch

    local = message.local_time
    day = (local.date() - week.week_start).days
    top = local.hour + local.minute / 60
    fill, ink = TIERS[message.price_tier]
    inset = 0.05 if message.price_tier != "bump" else 0.16
    axes.add_patch(
        FancyBboxPatch(
            (day + inset, top + 0.03),
            1 - 2 * inset,
            BLOCK_HOURS,
            boxstyle="round,pad=0,rounding_size=0.08",
            mutation_aspect=2.2,
            facecolor=fill,
            edgecolor=INK if message.price_tier == "bump" else fill,
            linewidth=0.9,
            zorder=3,
        )
    )
    axes.text(
        day + 0.5,
        top + 0.03 + BLOCK_HOURS / 2,
        f"{local:%H:%M} {message.price_tier}",
        ha="center",
        va="center_baseline",
        fontsize=7,
        color=ink,
        zorder=4,
    )


def _draw_title(figure: "Figure", week: CalendarWeek) -> None:
    last = week.week_start + dt.timedelta(days=DAYS_A_WEEK - 1)
    iso = week.week_start.isocalendar()
    bumps = sum(message.price_tier == "bump" for message in week.messages)
    figure.text(0.062, 0.975, week.page_name, va="top", fontsize=14, fontweight="bold", color=INK)
    figure.text(
        0.987,
        0.972,
        f"week {iso.year}-W{iso.week:02}, {week.week_start} to {last}, Los Angeles time\n"
        f"{len(week.messages) - bumps} PPV, {bumps} bumps",
        va="top",
        ha="right",
        fontsize=8.5,
        color=FAINT,
        linespacing=1.4,
    )


def _draw_legend(figure: "Figure", shading: "AxesImage") -> None:
    from matplotlib.patches import Patch

    figure.legend(
        handles=[
            Patch(
                facecolor=fill,
                edgecolor=INK if name == "bump" else fill,
                label="bump (free)" if name == "bump" else f"{name} PPV",
            )
            for name, (fill, _) in TIERS.items()
        ],
        loc="lower left",
        bbox_to_anchor=(0.055, 0.012),
        ncols=len(TIERS),
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        handlelength=1.3,
        columnspacing=1.5,
    )
    scale = figure.add_axes((0.80, 0.042, 0.12, 0.018))
    bar = figure.colorbar(shading, cax=scale, orientation="horizontal")
    low, high = shading.get_clim()
    bar.set_ticks([])
    bar.outline.set_edgecolor(RULE)  # pyright: ignore[reportCallIssue]
    figure.text(0.79, 0.051, "PPV earns", ha="right", va="center", fontsize=8.5, color=INK)
    figure.text(0.797, 0.021, f"{low:.2f}×", ha="left", va="center", fontsize=7.5, color=FAINT)
    figure.text(
        0.925, 0.021, f"{high:.2f}× mean", ha="right", va="center", fontsize=7.5, color=FAINT
    )
