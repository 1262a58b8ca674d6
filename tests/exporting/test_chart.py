"""Charts: where values are drawn, and that every picture is an SVG that anything can read."""

import datetime as dt
import math
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from eros_assets.exporting.chart import Axis, Chart, Panel, chart_picture
from eros_assets.exporting.health_picture import HealthBar, HealthPoint, health_picture
from eros_assets.exporting.improvement_picture import MeasuredImprovement, improvement_picture

SVG = "{http://www.w3.org/2000/svg}"
CHECKED = dt.datetime(2025, 11, 3, 8, tzinfo=dt.UTC)


def texts(picture: bytes) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def count(picture: bytes, element: str) -> int:
    return len(list(ElementTree.fromstring(picture).iter(f"{SVG}{element}")))


@pytest.mark.parametrize(
    ("value", "pixel"), [(0, 300), (25, 225), (50, 150), (100, 0), (120, 0), (-1, 300)]
)
def test_values_lie_between_the_ends_of_an_axis(value: float, pixel: float) -> None:
    assert Axis(0, 100, 300, 0).at(value) == pixel


@pytest.mark.parametrize(("value", "pixel"), [(1, 0), (10, 100), (100, 200), (0.1, 0)])
def test_equal_ratios_are_equal_lengths_on_a_logarithmic_axis(value: float, pixel: float) -> None:
    assert Axis(1, 100, 0, 200, is_logarithmic=True).at(value) == pytest.approx(pixel)


def test_a_logarithmic_axis_has_more_ticks_where_it_spans_little() -> None:
    assert list(Axis(0.5, 2000, 0, 1, is_logarithmic=True).decades()) == [1, 10, 100, 1000]
    assert list(Axis(1.5, 30, 0, 1, is_logarithmic=True).decades()) == [2, 5, 10, 20]


def test_words_that_mean_something_to_svg_are_escaped() -> None:
    panel = Panel("a & b", 0, 0, 10, 10, notes=[(1, 1, "<g>")])
    assert texts(chart_picture(Chart("x > y", 20, 20, [panel]))) == ["x > y", "a & b", "<g>"]


def test_health_has_a_bar_for_each_score_and_a_dot_for_each_check() -> None:
    bars = [HealthBar("errors", 20.0), HealthBar("cost", 3.0), HealthBar("exports", None)]
    points = [
        HealthPoint(CHECKED + dt.timedelta(hours=n), 80.0 + n, decision)
        for n, decision in enumerate(("OK", "INVESTIGATE", "unheard of"))
    ]
    drawn = health_picture(bars, points, "Health 82 of 100")
    assert count(drawn, "circle") == 3
    assert count(drawn, "rect") == 1 + 3 + 2
    assert {"errors", "cost", "exports", "not applicable", "Health 82 of 100"} <= set(texts(drawn))
    [errors, cost] = [
        each.get("width")
        for each in ElementTree.fromstring(drawn).iter(f"{SVG}rect")
        if each.get("fill") in ("#38761d", "#990000")
    ]
    assert (errors, cost) == ("260.0", "39.0")


@pytest.mark.parametrize("checks", [0, 1])
def test_health_is_drawn_without_earlier_checks(checks: int) -> None:
    drawn = health_picture([], [HealthPoint(CHECKED, 90.0, "OK")] * checks, "Health")
    assert count(drawn, "circle") == checks
    assert texts(drawn).count("Nov 03 00:00") == checks


def test_improvement_leaves_out_what_is_not_known_and_keeps_to_its_axis() -> None:
    overall = MeasuredImprovement("overall", 0.2, 0.1, 9.0)
    weeks = [
        MeasuredImprovement("2025-10-20", 0.1, -0.2, 0.4),
        MeasuredImprovement("2025-10-27", math.nan, math.nan, math.nan),
        MeasuredImprovement("2025-11-03", 7.0, math.nan, math.nan),
    ]
    drawn = improvement_picture(overall, weeks, weeks[:1], 0.3)
    places = [each.get("cy") for each in ElementTree.fromstring(drawn).iter(f"{SVG}circle")]
    assert len(places) == 3
    assert places[1] == "62.0", "an improvement of 700 % lies on the upper end"
    assert "All weeks: +20.0 % (95 % interval +10 % to +900 %)" in texts(drawn)[0].replace(
        "%", " %"
    ).replace("  ", " ")


def test_pictures_of_the_weekly_line_need_no_matplotlib() -> None:
    """To import it takes longer than to draw them all."""
    script = (
        "import sys\n"
        "from eros_assets.exporting.fits_picture import fits_picture\n"
        "from eros_assets.exporting.health_picture import health_picture\n"
        "from eros_assets.exporting.improvement_picture import *\n"
        "fits_picture([]), health_picture([], [], '')\n"
        "improvement_picture(MeasuredImprovement('', 0, 0, 0), [], [], 0.3)\n"
        "assert not {'matplotlib', 'PIL'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
