"""The HTML page of a week: completeness, escaping, determinism."""

import datetime as dt
import io
from html.parser import HTMLParser

import pytest
from PIL import Image

from eros_assets.calendar import la_instant
from eros_assets.exporting.calendar_picture import (
    TIERS,
    CalendarWeek,
    calendar_picture,
    smaller_picture,
)
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.week_index import (
    IndexFile,
    IndexPage,
    WeekIndex,
    week_index_page,
)
from tests.exporting.messages import scheduled

MONDAY = dt.date(2025, 11, 3)
HOSTILE = '</div><script>alert(1)</script><img src=x onerror="alert(2)"> {{ 7 * 7 }} \u202e & "'


class Page(HTMLParser):
    """A parsed page: its elements with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def message(day: int, hour: int, tier: str = "mid", **fields: object) -> ScheduledMessage:
    return scheduled(la_instant(MONDAY + dt.timedelta(days=day), hour), tier, **fields)


def creator(name: str, *messages: ScheduledMessage, **more: object) -> IndexPage:
    return IndexPage(name, name.title(), f"sched_20251103_{name}_0a1b2c3d", messages, **more)  # type: ignore[arg-type]


def week(*pages: IndexPage, **more: object) -> WeekIndex:
    return WeekIndex(MONDAY, pages, **more)  # type: ignore[arg-type]


def test_totals_agree_over_creators_tiers_and_days() -> None:
    shown = week(
        creator("amber", message(0, 9), message(0, 23, "bump"), message(6, 8, "premium")),
        creator("cello", message(6, 10, "budget")),
    )
    assert shown.totals == {"creators": 2, "messages": 4, "PPVs": 3, "bumps": 1}
    assert [count for _, count in shown.days] == [2, 0, 0, 0, 0, 0, 2]
    assert sum(sum(page.tiers.values()) for page in shown.pages) == 4


def test_expected_revenue_is_that_of_the_messages_with_an_estimate() -> None:
    shown = week(
        creator("cook", message(3, 10, expected_value=12.5), message(3, 12)),
        creator("coach", message(4, 10, expected_value=7.25)),
    )
    assert shown.expected_revenue == 19.75


def test_captions_names_and_shortfalls_are_escaped() -> None:
    page = IndexPage(
        "amber", HOSTILE, "sched", [message(0, 9, caption_text=HOSTILE)], facts=[HOSTILE]
    )
    parsed = Page(week_index_page(week(page, shortfalls=[HOSTILE])))
    assert parsed.named("script") == []
    assert parsed.named("img") == []
    assert parsed.text.count(HOSTILE) == 5  # contents, heading, facts, message, shortfall


def test_page_embeds_pictures_and_links_files() -> None:
    picture = calendar_picture(
        CalendarWeek("amber", MONDAY, [scheduled(la_instant(MONDAY, 9), "mid")], {})
    )
    content = week_index_page(
        week(
            creator(
                "amber",
                message(0, 9),
                picture=picture,
                files=[IndexFile("amber.csv", "CSV"), IndexFile("a b#.csv", "other")],
            )
        )
    )
    parsed = Page(content)
    (image,) = parsed.named("img")
    assert (image["src"] or "").startswith("data:image/png;base64,")
    assert parsed.named("script") == parsed.named("link") == []
    addresses = [a["href"] for a in parsed.named("a")]
    assert addresses == ["#amber", "#top", "amber.csv", "a%20b%23.csv"]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parsed.named(
        "meta"
    )


def test_messages_are_listed_by_la_day_and_time() -> None:
    late_in_utc = message(0, 21, caption_text="still Monday in LA")
    parsed = Page(week_index_page(week(creator("amber", message(1, 8), late_in_utc))))
    times = [t["datetime"] for t in parsed.named("time")]
    assert times == ["2025-11-03T21:00:00-08:00", "2025-11-04T08:00:00-08:00"]


@pytest.mark.parametrize("monday", [dt.date(2026, 3, 2), dt.date(2025, 10, 27)])
def test_weeks_of_clock_changes_have_seven_days(monday: dt.date) -> None:
    messages = [
        scheduled(la_instant(monday + dt.timedelta(days=n), 22), content_category=None)
        for n in range(7)
    ]
    shown = WeekIndex(monday, [creator("amber", *messages)])
    assert [count for _, count in shown.days] == [1] * 7


def test_page_of_a_week_without_schedules_says_so() -> None:
    text = Page(week_index_page(week())).text
    assert "No schedule of this week is in force yet" in text


def test_week_name_uses_the_iso_year() -> None:
    assert WeekIndex(dt.date(2026, 12, 28), []).iso_week == "2026-W53"


def test_page_bytes_depend_only_on_the_week() -> None:
    shown = week(creator("amber", *[message(0, 9 + n, tier) for n, tier in enumerate(TIERS)]))
    assert week_index_page(shown) == week_index_page(shown)


def test_smaller_picture_has_no_visible_difference() -> None:
    whole = calendar_picture(
        CalendarWeek(
            "amber",
            MONDAY,
            [scheduled(la_instant(MONDAY, 9 + n), tier) for n, tier in enumerate(TIERS)],
            {(day, hour): 0.5 + day * hour / 100 for day in range(1, 8) for hour in range(8, 23)},
        ),
        "page",
    )
    small = smaller_picture(whole)
    assert len(small) < len(whole) / 2
    with Image.open(io.BytesIO(whole)) as before, Image.open(io.BytesIO(small)) as after:
        one, other = before.convert("RGB").tobytes(), after.convert("RGB").tobytes()
    differences = [abs(a - b) for a, b in zip(one, other, strict=True)]
    assert sum(differences) / len(differences) < 1


def test_the_page_says_what_became_of_the_messages_that_it_is_planned_from() -> None:
    lines = ["9 messages read, 8 used, 1 quarantined (11.1%)", "  missing <page>: 1"]
    page = Page(week_index_page(week(creator("baker", message(0, 10)), inputs=lines)))
    assert "Planned from: 9 messages read, 8 used, 1 quarantined (11.1%)" in page.text
    assert "missing <page>: 1" in page.text
