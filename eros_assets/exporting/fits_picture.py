"""Draws the estimates of every page and tier with their 95 % intervals."""

import io
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eros_assets.evaluation.fits import Fit
from eros_assets.evaluation.intervals import Interval
from eros_assets.exporting.palette import INK, PAPER, RULE, TIERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {tier: fill if fill != PAPER else INK for tier, (fill, _) in TIERS.items()}

PANELS: tuple[tuple[str, Callable[[Fit], Interval]], ...] = (
    ("rate of conversion", lambda fit: fit.rate),
    ("strength of the prior, effective trials", lambda fit: fit.strength),
    ("dispersion of sends", lambda fit: fit.dispersion),
)


def fits_picture(fits: Sequence[Fit]) -> bytes:
    """PNG of 1000 by 480 pixels: three panels with pages across and tiers by colour."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(10, 4.8), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    for axes, (title, pick) in zip(figure.subplots(1, len(PANELS)), PANELS, strict=True):
        _draw(axes, fits, pick)
        axes.set_title(title, loc="left", fontsize=9.5, color=INK)
    figure.legend(
        handles=[
            Line2D([], [], marker="o", linestyle="", color=colour, label=tier)
            for tier, colour in COLOURS.items()
        ],
        loc="lower center",
        ncols=len(COLOURS),
        frameon=False,
        fontsize=8.5,
    )
    figure.subplots_adjust(left=0.05, right=0.99, bottom=0.28, top=0.93, wspace=0.16)
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


def _draw(axes: "Axes", fits: Sequence[Fit], pick: Callable[[Fit], Interval]) -> None:
    pages = sorted({fit.page_name for fit in fits})
    place = {page: number for number, page in enumerate(pages)}
    axes.set_yscale("log")
    for number, (tier, colour) in enumerate(COLOURS.items()):
        found = [
            (place[fit.page_name] + 0.2 * (number - 1.5), pick(fit))
            for fit in fits
            if fit.price_tier == tier and math.isfinite(pick(fit).estimate)
        ]
        sure = [(x, i) for x, i in found if math.isfinite(i.lower) and math.isfinite(i.upper)]
        axes.plot(
            [x for x, _ in found], [i.estimate for _, i in found], "o", color=colour, markersize=2.6
        )
        axes.vlines(
            [x for x, _ in sure],
            [i.lower for _, i in sure],
            [i.upper for _, i in sure],
            colour,
            linewidth=0.8,
        )
    axes.set_xlim(-0.7, max(len(pages), 1) - 0.3)
    axes.set_xticks(range(len(pages)), pages, rotation=90, fontsize=5.5)
    axes.tick_params(axis="y", colors=INK, labelsize=7.5)
    for side in axes.spines.values():
        side.set_color(RULE)
