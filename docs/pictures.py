"""Draws the pictures of the README: `make pictures`, or `python -m docs.pictures graph`.

`graph.svg` shows the asset graph: each group is a box that contains its assets, and an arrow points
from a group to a group that reads it. `week.svg` is the calendar of one creator of the small sample
agency, and `page.png` the top of that week's page as Chromium shows it. The same code gives the
same graph and calendar.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import click

from eros_assets.assets.labels import GROUPS
from eros_assets.exporting.palette import FAINT, INK, PAPER, RULE
from eros_assets.settings import REPOSITORY, load_settings

GRAPH_FILE = REPOSITORY / "docs" / "graph.svg"
WEEK_FILE = REPOSITORY / "docs" / "week.svg"
PAGE_FILE = REPOSITORY / "docs" / "page.png"

WEEK = dt.date(2025, 11, 3)
PAGE = "amber_lens"

ROWS: Sequence[Mapping[str, int]] = (
    {"routines": 1},
    {"sources": 1},
    {"performance": 1},
    {"analysis": 1},
    {"selection": 1},
    {"schedules": 1},
    {"exports": 5, "policies": 4, "evaluation": 4},
    {"reports": 1, "operations": 2},
    {"deployment": 1},
)
"""Groups from top to bottom in the order in which data flows, with their share of the width."""

PURPOSES = {name: group.purpose for name, group in GROUPS.items()}

WIDTH, MARGIN = 920, 12
ROW_GAP, BOX_GAP, LANE = 34, 14, 34
PADDING, TITLE_HEIGHT = 14, 34
CHIP_HEIGHT, CHIP_GAP, CHIP_PADDING, LETTER = 24, 8, 8, 7.25
"""Pixels; LETTER is the width of a character of the 12-pixel monospaced font."""

WEEKLY_FILL, WEEKLY_LINE = "#dbe7f3", "#0b5394"
PLAIN_FILL, PLAIN_LINE = "#f1f3f5", "#9aa5b1"
BOX_FILL = "#fbfcfd"

STYLE = f"""
text {{ font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }}
.group, .purpose {{ font-family: system-ui, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif; }}
.group {{ font-size: 14px; font-weight: 600; fill: {INK}; }}
.purpose {{ fill: {FAINT}; }}
.asset {{ fill: {INK}; text-anchor: middle; }}
"""


class LayoutError(ValueError):
    """ROWS or PURPOSES do not match the asset graph."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset as the picture shows it; `weekly`: it has a partition per week."""

    name: str
    weekly: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """Groups with their assets in topological order, and which group reads which."""

    groups: Mapping[str, Sequence[Asset]]
    edges: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Box:
    """Position and size of a group, in pixels."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.top + self.height


def read_graph() -> Graph:
    """The asset graph of an installation that loads its own inputs."""
    from eros_assets.definitions import build_definitions

    assets = build_definitions(load_settings({"env": "local"})).resolve_asset_graph()
    groups: dict[str, list[Asset]] = {}
    edges: set[tuple[str, str]] = set()
    for key in assets.toposorted_asset_keys:
        node = assets.get(key)
        asset = Asset(key.to_user_string(), node.partitions_def is not None)
        groups.setdefault(node.group_name, []).append(asset)
        parents = {assets.get(parent).group_name for parent in node.parent_keys}
        edges |= {(parent, node.group_name) for parent in parents - {node.group_name}}
    return Graph(groups, frozenset(edges))


def direct_edges(edges: frozenset[tuple[str, str]]) -> list[tuple[str, str]]:
    """The transitive reduction: the edges that no longer path implies."""

    def reached_from(group: str) -> set[str]:
        nearest = {b for a, b in edges if a == group}
        return nearest.union(*(reached_from(b) for b in nearest))

    return sorted(
        (a, b)
        for a, b in edges
        if not any(b in reached_from(c) for other, c in edges if other == a and c != b)
    )


def graph_picture(graph: Graph) -> str:
    """The asset graph as SVG.

    Raises:
        LayoutError: ROWS or PURPOSES lack a group, or no vertical line connects two groups.
    """
    placed = {group for row in ROWS for group in row}
    if placed != graph.groups.keys() or placed != PURPOSES.keys():
        differing = (placed ^ graph.groups.keys()) | (placed ^ PURPOSES.keys())
        raise LayoutError(f"ROWS or PURPOSES and the graph differ in {', '.join(differing)}")
    edges = direct_edges(graph.edges)
    boxes = _layout(graph, edges)
    height = max(box.bottom for box in boxes.values()) + 44
    size = f'width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="The asset graph">',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height:g}" rx="8" fill="{PAPER}"/>',
        *(line for edge in edges for line in _arrow(boxes[edge[0]], boxes[edge[1]], edge)),
        *(line for name, box in boxes.items() for line in _group(name, box, graph.groups[name])),
        *_legend(height - 26),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _layout(graph: Graph, edges: Sequence[tuple[str, str]]) -> dict[str, Box]:
    row_of = {group: number for number, row in enumerate(ROWS) for group in row}
    boxes: dict[str, Box] = {}
    top = float(MARGIN)
    for number, row in enumerate(ROWS):
        passing = sum(row_of[a] < number < row_of[b] for a, b in edges)
        room = WIDTH - 2 * MARGIN - passing * LANE - BOX_GAP * (len(row) - 1)
        widths = {group: room * share / sum(row.values()) for group, share in row.items()}
        height = max(_height(graph.groups[group], widths[group]) for group in row)
        left = float(MARGIN)
        for group, width in widths.items():
            boxes[group] = Box(left, top, width, height)
            left += width + BOX_GAP
        top += height + ROW_GAP
    return boxes


def _height(assets: Sequence[Asset], width: float) -> float:
    lines = 1 + max(line for _, line, _ in _chips(assets, width))
    return TITLE_HEIGHT + lines * (CHIP_HEIGHT + CHIP_GAP) - CHIP_GAP + PADDING


def _chips(assets: Sequence[Asset], width: float) -> list[tuple[float, int, float]]:
    """Left edge, line and width of each asset's chip in a box of this width."""
    chips: list[tuple[float, int, float]] = []
    left, line = float(PADDING), 0
    for asset in assets:
        chip = len(asset.name) * LETTER + 2 * CHIP_PADDING
        if left > PADDING and left + chip > width - PADDING:
            left, line = float(PADDING), line + 1
        chips.append((left, line, chip))
        left += chip + CHIP_GAP
    return chips


def _group(name: str, box: Box, assets: Sequence[Asset]) -> Iterator[str]:
    yield (
        f'<rect x="{box.left:g}" y="{box.top:g}" width="{box.width:.4g}" height="{box.height:g}" '
        f'rx="6" fill="{BOX_FILL}" stroke="{RULE}"/>'
    )
    yield (
        f'<text x="{box.left + PADDING:g}" y="{box.top + 22:g}"><tspan class="group">'
        f'{escape(name)}</tspan><tspan class="purpose" dx="10">{escape(PURPOSES[name])}</tspan>'
        "</text>"
    )
    for asset, (left, line, width) in zip(assets, _chips(assets, box.width), strict=True):
        top = box.top + TITLE_HEIGHT + line * (CHIP_HEIGHT + CHIP_GAP)
        yield from _chip(box.left + left, top, width, asset)


def _chip(left: float, top: float, width: float, asset: Asset) -> Iterator[str]:
    fill, edge = (WEEKLY_FILL, WEEKLY_LINE) if asset.weekly else (PLAIN_FILL, PLAIN_LINE)
    yield (
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{CHIP_HEIGHT}" rx="4" '
        f'fill="{fill}" stroke="{edge}" stroke-width="0.8"/>'
    )
    yield (
        f'<text class="asset" x="{left + width / 2:g}" y="{top + 16:g}">{escape(asset.name)}</text>'
    )


def _arrow(source: Box, target: Box, edge: tuple[str, str]) -> Iterator[str]:
    left, right = max(source.left, target.left), min(source.right, target.right)
    if right - left < LANE or source.bottom > target.top:
        raise LayoutError(f"{' and '.join(edge)} need to lie one above the other in ROWS")
    adjacent = target.top - source.bottom <= ROW_GAP
    x = (left + right) / 2 if adjacent else right - LANE / 2
    tip = target.top - 2
    yield f'<path d="M{x:.5g} {source.bottom:g} V{tip - 7:g}" stroke="{FAINT}" stroke-width="1.6"/>'
    yield f'<path d="M{x - 5:.5g} {tip - 8:g} h10 l-5 8 z" fill="{FAINT}"/>'


def _legend(top: float) -> Iterator[str]:
    left = float(MARGIN)
    for weekly, meaning in ((True, "one partition per week"), (False, "not partitioned")):
        fill, edge = (WEEKLY_FILL, WEEKLY_LINE) if weekly else (PLAIN_FILL, PLAIN_LINE)
        yield (
            f'<rect x="{left:g}" y="{top:g}" width="22" height="13" rx="3" fill="{fill}" '
            f'stroke="{edge}" stroke-width="0.8"/>'
        )
        yield f'<text class="purpose" x="{left + 29:g}" y="{top + 11:g}">{meaning}</text>'
        left += 190
    yield (
        f'<text class="purpose" x="{WIDTH - MARGIN}" y="{top + 11:g}" text-anchor="end">'
        "an arrow points to a group that reads this one</text>"
    )


def draw_week() -> None:
    """Plan the small sample agency in a temporary folder; keep a calendar and the week's page.

    Without Chromium the page's picture stays as it is.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EROS_", "DAGSTER_"))}
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "out"
        environment = {
            **kept,
            "EROS_HOME": str(home),
            "EROS_OUT_DIR": str(out),
            "EROS_SAMPLE": "small",
            "EROS_TODAY": WEEK.isoformat(),
        }
        subprocess.run(
            [sys.executable, "-m", "eros_assets", "demo"],
            cwd=REPOSITORY,
            env=environment,
            check=True,
        )
        week = out / WEEK.isoformat()
        WEEK_FILE.write_bytes((week / f"{PAGE}.svg").read_bytes())
        if chromium := shutil.which("chromium"):
            options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
            shot = ("--window-size=1180,900", f"--screenshot={PAGE_FILE}")
            address = (week / "index.html").as_uri()
            subprocess.run([chromium, *options, *shot, address], check=True)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(["graph", "week"]))
def main(names: tuple[str, ...]) -> None:
    """Draw the named pictures, or both."""
    if not names or "graph" in names:
        GRAPH_FILE.write_text(graph_picture(read_graph()), encoding="utf-8")
    if not names or "week" in names:
        draw_week()


if __name__ == "__main__":
    main()
