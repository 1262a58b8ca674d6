"""The page of a week's report in a real browser: everybody can read it, on every screen."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from eros_assets.calendar import la_instant
from eros_assets.evaluation.caption_results import caption_results
from eros_assets.evaluation.week_results import (
    OUTCOMES,
    MessageResult,
    ratio_of_creators,
    ratio_of_messages,
    sums_of,
)
from eros_assets.exporting.report_csv import LABELS
from eros_assets.exporting.week_report import CreatorReport, WeekReport, week_report_page
from tests.end_to_end.browser import CHROMIUM, DRIVER, Browser, browser
from tests.end_to_end.test_week_page import AXE, GRAVE, MONDAY, NAMES, look

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="there is no browser: apt-get install chromium chromium-driver",
)


def result(page: str, n: int) -> MessageResult:
    """A message of each outcome and tier, ripe and not."""
    outcome = list(OUTCOMES)[n % len(OUTCOMES)]
    planned = la_instant(MONDAY + dt.timedelta(days=n % 7), 9 + n % 12)
    is_sent = outcome not in ("not sent", "not due")
    tier = ("budget", "mid", "premium", "bump")[n % 4]
    values: dict[str, Any] = {
        "page_name": page,
        "outcome": outcome,
        "message_type": "Bump" if tier == "bump" else "PPV",
        "price_tier": tier,
        "message_number": n,
        "caption_id": n,
        "caption_text": f"Text {n} of {NAMES[page]}: <b>“bread & butter”</b> " + "and more " * 20,
        "planned_time": None if outcome == "not planned" else planned,
        "sent_time": planned + dt.timedelta(minutes=90 * (outcome == "other time"))
        if is_sent
        else None,
        "price": None if tier == "bump" else 15.0,
        "expected_value": None if outcome == "not planned" else 100.0 + n,
        "rate": 0.05,
        "rate_bounds": (0.04, 0.06),
        "recipients": 1000 * is_sent,
        "views": 400 * is_sent,
        "purchases": 10 * is_sent,
        "earnings": (20.0 if page == "zoe_tells" else 110.0 + n) * is_sent,
        "maturity": 0.7,
        "is_ripe": n % 5 != 4,
    }
    return MessageResult(**values)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    messages = {page: [result(page, n) for n in range(24)] for page in NAMES}
    together = [m for each in messages.values() for m in each]
    report = WeekReport(
        week_start=MONDAY,
        as_of=la_instant(MONDAY + dt.timedelta(days=6)),
        total=sums_of("all", together, ratio_of_creators(together)),
        creators=[
            CreatorReport(page, NAMES[page], sums_of(page, each, ratio_of_messages(each)), each)
            for page, each in messages.items()
        ],
        captions=caption_results(together),
        on_time_minutes=60,
        days=2,
        ripe_hours=48,
        left_out=["a planned message of zoe_tells (sched, number 9) can't be read: no time"],
        week_page="../../2025-11-03/index.html",
        earlier=MONDAY - dt.timedelta(days=7),
        later=MONDAY + dt.timedelta(days=7),
        files=tuple(LABELS.items()),
    )
    folder: Path = tmp_path_factory.mktemp("report")
    (folder / "index.html").write_bytes(week_report_page(report))
    with browser(folder.as_uri(), tmp_path_factory.mktemp("chromium")) as found:
        look(found)
        yield found


@pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed")
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(window: Browser, width: int, dark: bool) -> None:
    assert AXE is not None
    assert AXE.submodule_search_locations
    look(window, width=width, dark=dark)
    window.driver.execute_script(
        "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
    )
    script = Path(AXE.submodule_search_locations[0]) / "axe.min.js"
    window.driver.execute_script(script.read_text("utf-8"))
    result = window.driver.execute_async_script(
        "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
    )
    assert len(result["passes"]) > 15
    grave = [
        f"{each['id']}: {each['nodes'][0]['html']}: {each['nodes'][0]['failureSummary']}"
        for each in result["violations"]
        if each["impact"] in GRAVE
    ]
    assert grave == []


def test_nothing_is_wider_than_a_phone(window: Browser) -> None:
    look(window, width=390)
    width = window.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390


def test_nothing_is_refused_by_the_policy_of_the_page(window: Browser) -> None:
    look(window)
    assert window.driver.get_log("browser") == []


def test_texts_are_shown_as_they_are(window: Browser) -> None:
    look(window)
    assert "<b>“bread & butter”</b>" in window.text
    rows = window.driver.find_elements(By.CSS_SELECTOR, "#creators-name ~ div tbody tr")
    assert [row.find_element(By.TAG_NAME, "th").text for row in rows] == list(NAMES.values())
    assert "less than expected" in rows[1].text


def test_a_creator_s_name_leads_to_its_messages_by_the_keyboard(window: Browser) -> None:
    look(window)
    link = window.driver.find_element(By.LINK_TEXT, NAMES["zoe_tells"])
    window.driver.execute_script("arguments[0].focus()", link)
    link.send_keys("\n")
    assert window.driver.current_url.endswith("#zoe_tells")
    summary = window.driver.find_element(By.CSS_SELECTOR, "#zoe_tells summary")
    summary.send_keys("\n")
    assert "sent outside the plan" in window.driver.find_element(By.ID, "zoe_tells").text
