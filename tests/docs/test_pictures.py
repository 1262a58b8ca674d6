"""The pictures of the README show the code as it is."""

import re
from html import unescape

import pytest

from docs.pictures import (
    GRAPH_FILE,
    PAGE_FILE,
    WEEK_FILE,
    Asset,
    Graph,
    LayoutError,
    direct_edges,
    graph_picture,
    read_graph,
)

REMAKE = "the asset graph has changed: run `make pictures`"


def words_of(svg: str) -> set[str]:
    """Every text of the picture."""
    return {unescape(text) for text in re.findall(r">([^<>]+)</t(?:span|ext)>", svg)}


def test_graph_picture_names_every_group_and_asset() -> None:
    graph = read_graph()
    assets = {asset.name for group in graph.groups.values() for asset in group}
    missing = (graph.groups.keys() | assets) - words_of(GRAPH_FILE.read_text(encoding="utf-8"))
    assert missing == set(), REMAKE


def test_graph_picture_is_drawn_from_the_present_graph() -> None:
    assert graph_picture(read_graph()) == GRAPH_FILE.read_text(encoding="utf-8"), REMAKE


def test_group_without_a_place_in_the_picture_is_an_error() -> None:
    graph = read_graph()
    more = Graph({**graph.groups, "forecasts": [Asset("demand", weekly=True)]}, graph.edges)
    with pytest.raises(LayoutError, match="forecasts"):
        graph_picture(more)


def test_edge_that_a_longer_path_implies_is_not_drawn() -> None:
    edges = frozenset({("a", "b"), ("b", "c"), ("c", "d"), ("a", "c"), ("a", "d"), ("e", "d")})
    assert direct_edges(edges) == [("a", "b"), ("b", "c"), ("c", "d"), ("e", "d")]


def test_week_picture_is_a_drawing_and_page_picture_a_png() -> None:
    assert "amber_lens" in words_of(WEEK_FILE.read_text(encoding="utf-8"))
    assert PAGE_FILE.read_bytes().startswith(b"\x89PNG\r\n")
