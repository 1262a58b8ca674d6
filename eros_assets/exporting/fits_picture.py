"""Draws the estimates of every page and tier with their 95 % intervals."""

import math
from collections.abc import Callable, Sequence

from eros_assets.evaluation.fits import Fit
from eros_assets.evaluation.intervals import Interval
from eros_assets.exporting.chart import Axis, Chart, Dot, Line, Panel, chart_picture
from eros_assets.exporting.palette import INK, PAPER, TIERS

COLOURS = {tier: fill if fill != PAPER else INK for tier, (fill, _) in TIERS.items()}

PANELS: tuple[tuple[str, Callable[[Fit], Interval]], ...] = (
    ("rate of conversion", lambda fit: fit.rate),
    ("strength of the prior, effective trials", lambda fit: fit.strength),
    ("dispersion of sends", lambda fit: fit.dispersion),
)
WIDTH, HEIGHT = 1000, 480
LEFT, STEP, PANEL = 50, 322, 282
"""Where the first panel begins, from one to the next, and how wide each is, pixels."""
TOP, BOTTOM = 34, 346


def fits_picture(fits: Sequence[Fit]) -> bytes:
    """SVG of 1000 by 480 pixels: three panels with pages across and tiers by colour."""
    chart = Chart(
        title="Fits by page and tier, with 95 % intervals",
        width=WIDTH,
        height=HEIGHT,
        panels=[_panel(number, title, fits, pick) for number, (title, pick) in enumerate(PANELS)],
        heading=False,
        legend=[
            (WIDTH / 2 + 90 * (n - len(COLOURS) / 2), colour, tier)
            for n, (tier, colour) in enumerate(COLOURS.items())
        ],
    )
    return chart_picture(chart)


def _panel(number: int, title: str, fits: Sequence[Fit], pick: Callable[[Fit], Interval]) -> Panel:
    left = LEFT + number * STEP
    panel = Panel(title, left, TOP, left + PANEL, BOTTOM, slant=90, label_size=7)
    pages = sorted({fit.page_name for fit in fits})
    across = Axis(-0.7, max(len(pages), 1) - 0.3, panel.left, panel.right)
    place = {page: float(n) for n, page in enumerate(pages)}
    panel.labels = [(across.at(n) + 2.5, page) for page, n in place.items()]
    known = [(fit, pick(fit)) for fit in fits if math.isfinite(pick(fit).estimate)]
    values = [v for _, i in known for v in (i.lower, i.estimate, i.upper) if math.isfinite(v)]
    low, high = min(values, default=1.0), max(values, default=10.0)
    up = Axis(low / 1.3, high * 1.3, panel.bottom, panel.top, is_logarithmic=True)
    panel.ticks = [(up.at(value), f"{value:g}") for value in up.decades()]
    for tier_number, (tier, colour) in enumerate(COLOURS.items()):
        for fit, interval in known:
            if fit.price_tier != tier:
                continue
            x = across.at(place[fit.page_name] + 0.2 * (tier_number - 1.5))
            panel.dots.append(Dot(x, up.at(interval.estimate), colour, 1.8))
            if math.isfinite(interval.lower) and math.isfinite(interval.upper):
                ends = [(x, up.at(interval.lower)), (x, up.at(interval.upper))]
                panel.lines.append(Line(ends, colour, 1.1))
    return panel
