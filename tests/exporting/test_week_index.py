"""The HTML page of a week: completeness, escaping, determinism."""

import base64
import datetime as dt
import hashlib
import re
from html.parser import HTMLParser
from urllib.parse import urlparse

import pytest

from eros_assets.calendar import la_instant
from eros_assets.exporting.calendar_picture import CalendarWeek
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.palette import TIERS
from eros_assets.exporting.week_index import (
    IndexFile,
    IndexPage,
    Missing,
    WeekIndex,
    week_index_page,
)
from eros_assets.exporting.week_list import week_list_page
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
    identifier = f"sched_20251103_{name}_0a1b2c3d"
    return IndexPage(name, name.title(), identifier, messages, **{"facts": {}, **more})  # type: ignore[arg-type]


def week(*pages: IndexPage, **more: object) -> WeekIndex:
    return WeekIndex(MONDAY, pages, **more)  # type: ignore[arg-type]


def test_totals_agree_over_creators_tiers_and_days() -> None:
    shown = week(
        creator("amber", message(0, 9), message(0, 23, "bump"), message(6, 8, "premium")),
        creator("cello", message(6, 10, "budget", page_name="cello")),
    )
    assert shown.totals == {"creators": 2, "messages": 4, "PPVs": 3, "bumps": 1}
    assert [day.count for day in shown.days] == [2, 0, 0, 0, 0, 0, 2]
    assert sum(sum(page.tiers.values()) for page in shown.pages) == 4


def test_expected_revenue_is_that_of_the_messages_with_an_estimate() -> None:
    shown = week(
        creator("cook", message(3, 10, expected_value=12.5), message(3, 12)),
        creator("coach", message(4, 10, expected_value=7.25)),
    )
    assert shown.expected_revenue == 19.75


def test_everything_from_people_is_escaped_and_no_script_of_theirs_can_run() -> None:
    hostile = scheduled(
        la_instant(MONDAY, 9), page_name="amber", caption_text=HOSTILE, reason=HOSTILE
    )
    page = IndexPage(
        "amber", HOSTILE, "sched", [hostile], facts={HOSTILE: HOSTILE}, known={HOSTILE: [HOSTILE]}
    )
    missing = [Missing("amber", HOSTILE, HOSTILE)]
    content = week_index_page(week(page, missing=missing, inputs=[HOSTILE, HOSTILE]))
    parsed = Page(content)
    assert len(parsed.named("script")) == 1
    assert parsed.named("img") == []
    # Of the creator: option, agenda, card; of the message: text, reason; fact: both; what is known:
    # whose, heading and sentence; twice missing with its remedy; inputs: both.
    assert parsed.text.count(HOSTILE) == 3 + 2 + 2 + 3 + 4 + 2


def test_the_policy_allows_the_page_s_own_script_alone() -> None:
    content = week_index_page(week(creator("amber", message(0, 9, page_name="amber"))))
    [script] = re.findall(rb"<script>(.*?)</script>", content, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    [policy] = [
        meta["content"] or ""
        for meta in Page(content).named("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_page_asks_nothing_of_the_network_and_links_the_files_beside_it() -> None:
    page = creator(
        "amber",
        message(0, 9, page_name="amber"),
        files=[IndexFile("amber.csv", "CSV"), IndexFile("a b#.csv", "other")],
    )
    content = week_index_page(
        week(page, earlier=dt.date(2025, 10, 27), later=dt.date(2025, 11, 10))
    )
    parsed = Page(content)
    assert parsed.named("link") == parsed.named("img") == []
    assert "url(" not in content.decode()
    addresses = [a["href"] or "" for a in parsed.named("a")]
    assert {"amber.csv", "a%20b%23.csv", "all-creators.csv", "../weeks.html"} <= set(addresses)
    assert {"../2025-10-27/index.html", "../2025-11-10/index.html"} <= set(addresses)
    assert not any(urlparse(address).scheme for address in addresses)


def test_every_link_within_the_page_leads_somewhere() -> None:
    parsed = Page(week_index_page(week(creator("amber", message(0, 9, page_name="amber")))))
    named = {attributes.get("id") for _, attributes in parsed.elements}
    inside = [a["href"] or "" for a in parsed.named("a") if (a["href"] or "").startswith("#")]
    reached = {address[1:] for address in inside}
    assert {"agenda", "2025-11-03"} <= reached
    # A date without messages has no part of its own.
    assert {name for name in reached if not name.startswith("2025-")} <= named


def test_the_agenda_is_by_la_day_and_time_over_all_creators() -> None:
    pages = [
        creator("amber", message(1, 8, page_name="amber"), message(0, 21, page_name="amber")),
        creator("cello", message(0, 9, page_name="cello")),
    ]
    parsed = Page(week_index_page(week(*pages)))
    assert [t["datetime"] for t in parsed.named("time")] == [
        "2025-11-03T09:00-08:00",
        "2025-11-03T21:00-08:00",
        "2025-11-04T08:00-08:00",
    ]
    assert [item["data-p"] for item in parsed.named("li")] == ["cello", "amber", "amber"]


def test_a_message_shows_price_value_interval_slot_and_reason() -> None:
    shown = message(
        *(0, 9),
        page_name="amber",
        suggested_price=15.0,
        expected_value=1234.4,
        expected_value_lower=90.0,
        expected_value_upper=2400.0,
        slot_value=1.256,
        reason="It sells well.",
    )
    text = " ".join(Page(week_index_page(week(creator("amber", shown)))).text.split())
    assert "mid $15" in text
    assert "Expected $1,234 (90 to 2,400), hour worth 1.26 × the mean" in text
    assert "It sells well." in text


def test_what_is_not_known_of_a_message_is_left_out() -> None:
    text = Page(week_index_page(week(creator("amber", message(0, 9, page_name="amber"))))).text
    for word in ("None", "nan", "Expected $"):
        assert word not in text.partition('"use strict"')[0]


def test_what_is_missing_stands_at_the_top_and_with_its_creator() -> None:
    missing = [Missing("amber", "amber: 0 of 2 premium captions: too few", "Add 2 or more.")]
    content = week_index_page(
        week(
            creator("amber", message(0, 9, page_name="amber")),
            creator("cello", message(0, 9, page_name="cello")),
            missing=missing,
        )
    )
    assert content.count(b"amber: 0 of 2 premium captions: too few") == 2
    assert content.count(b"Add 2 or more.") == 2


def test_decisions_that_no_message_shows_are_said() -> None:
    content = week_index_page(week(decisions=["dora: no message is planned.", HOSTILE]))
    parsed = Page(content)
    assert "Decided by people, and not among the messages: 2" in parsed.text
    assert "dora: no message is planned." in parsed.text
    assert HOSTILE in parsed.text
    assert b"Decided by people" not in week_index_page(week())


def test_a_calendar_is_drawn_in_the_page() -> None:
    shown = message(0, 9, page_name="amber")
    drawn = creator("amber", shown, calendar=CalendarWeek("amber", MONDAY, [shown], {}))
    parsed = Page(week_index_page(week(drawn)))
    (svg,) = parsed.named("svg")
    assert svg["role"] == "img"
    assert svg["aria-label"] == "Calendar of amber, week of 2025-11-03: 1 messages"


def test_a_big_week_stays_under_a_megabyte() -> None:
    """38 creators with 22 messages each, with texts and reasons of usual length."""
    hours = {(day, hour): 0.5 + (day * hour % 11) / 8 for day in range(1, 8) for hour in range(24)}
    pages = []
    for n in range(38):
        name = f"creator_{n:02}"
        messages = [
            message(
                *(k % 7, 8 + 2 * (k // 7), list(TIERS)[k % 4]),
                page_name=name,
                message_number=k,
                caption_text="A text of a hundred and ten characters or so, as captions have. " * 2,
                reason="No. 3 by score of the week's chosen mid PPVs, and the rest of it. " * 4,
                suggested_price=15.0,
                expected_value=1234.5,
                expected_value_lower=1.0,
                expected_value_upper=2400.0,
                slot_value=1.2,
            )
            for k in range(22)
        ]
        calendar = CalendarWeek(name, MONDAY, messages, hours)
        facts = {"Targets": "t" * 120, "From": "f" * 160, "Saturation": "s" * 120}
        pages.append(creator(name, *messages, calendar=calendar, facts=facts))
    assert len(week_index_page(week(*pages))) < 1_000_000


def test_the_hour_that_occurs_twice_is_two_hours_of_the_agenda() -> None:
    first = dt.datetime(2025, 11, 2, 8, 30, tzinfo=dt.UTC)  # 01:30 PDT, then 01:30 PST
    both = [scheduled(first + dt.timedelta(hours=n), page_name="amber") for n in range(2)]
    shown = WeekIndex(dt.date(2025, 10, 27), [creator("amber", *both)])
    assert [hour.name for hour in shown.days[6].hours] == ["01:00 (PDT)", "01:00 (PST)"]


@pytest.mark.parametrize("monday", [dt.date(2026, 3, 2), dt.date(2025, 10, 27)])
def test_weeks_of_clock_changes_have_seven_days(monday: dt.date) -> None:
    messages = [
        scheduled(
            la_instant(monday + dt.timedelta(days=n), 22), page_name="amber", content_category=None
        )
        for n in range(7)
    ]
    shown = WeekIndex(monday, [creator("amber", *messages)])
    assert [day.count for day in shown.days] == [1] * 7


def test_page_of_a_week_without_schedules_says_so() -> None:
    text = Page(week_index_page(week())).text
    assert "No schedule of this week is in force yet" in text


def test_week_name_uses_the_iso_year() -> None:
    assert WeekIndex(dt.date(2026, 12, 28), []).iso_week == "2026-W53"


def test_page_bytes_depend_only_on_the_week() -> None:
    messages = [message(0, 9 + n, tier, page_name="amber") for n, tier in enumerate(TIERS)]
    shown = week(creator("amber", *messages))
    assert week_index_page(shown) == week_index_page(shown)


def test_the_list_of_weeks_is_newest_first() -> None:
    parsed = Page(week_list_page([dt.date(2025, 10, 27), MONDAY]))
    assert [a["href"] for a in parsed.named("a")] == [
        "2025-11-03/index.html",
        "2025-10-27/index.html",
    ]
    assert "No week has been published yet" in Page(week_list_page([])).text


def test_the_page_says_what_became_of_the_messages_that_it_is_planned_from() -> None:
    lines = ["9 messages read, 8 used, 1 quarantined (11.1%)", "  missing <page>: 1"]
    page = Page(
        week_index_page(week(creator("baker", message(0, 10, page_name="baker")), inputs=lines))
    )
    assert "Planned from: 9 messages read, 8 used, 1 quarantined (11.1%)" in page.text
    assert "missing <page>: 1" in page.text
