"""The week's page in a real browser: what its script adds, and that everybody can use it."""

import datetime as dt
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from eros_assets.calendar import la_instant
from eros_assets.exporting.calendar_picture import CalendarWeek
from eros_assets.exporting.palette import TIERS
from eros_assets.exporting.week_index import (
    IndexFile,
    IndexPage,
    Missing,
    WeekIndex,
    week_index_page,
)
from tests.end_to_end.browser import CHROMIUM, DRIVER, Browser, browser
from tests.exporting.messages import scheduled

AXE = find_spec("axe_playwright_python")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None,
    reason="there is no browser: apt-get install chromium chromium-driver",
)

MONDAY = dt.date(2025, 11, 3)
NAMES = {"amber_lens": "Amber Lens", "zoe_tells": "Zoë & Tells"}
GRAVE = ("serious", "critical")


def creator(page: str) -> IndexPage:
    messages = [
        scheduled(
            la_instant(MONDAY + dt.timedelta(days=n // 2), 9 + 6 * (n % 2)),
            list(TIERS)[n % 4],
            page_name=page,
            message_number=n + 1,
            caption_text=f"Text {n + 1} of {NAMES[page]}: “bread & butter”\nsecond line",
            reason="No. 1 by score of the week's chosen mid PPVs.",
            suggested_price=None if n % 4 == 3 else 15.0,
            expected_value=0.0 if n % 4 == 3 else 120.0,
            expected_value_lower=10.0,
            expected_value_upper=300.0,
            slot_value=1.1,
            source="queued" if n == 5 else "planned",
        )
        for n in range(8)
    ]
    return IndexPage(
        page,
        NAMES[page],
        f"sched_20251103_{page}_0a1b2c3d",
        messages,
        facts={"Targets": "6 PPV and 2 bumps.", "Saturation": "GREEN, 0.10 of 1."},
        calendar=CalendarWeek(page, MONDAY, messages, {(2, 10): 1.4}, cooling_days=1),
        files=[IndexFile(f"{page}.csv", "CSV"), IndexFile(f"{page}.ics", "Events")],
        known={
            "Best captions": ["“Hello” (mid, caption 7512345678901201677): $500 a message."] * 3,
            "Best hours": ["PPV, by earnings: Mon 08:00 × 2.00 the mean."],
        },
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    week = WeekIndex(
        MONDAY,
        [creator(page) for page in NAMES],
        missing=[Missing("zoe_tells", "zoe_tells: 1 of 2 mid captions: too few", "Add 1 more.")],
        inputs=["9 messages read, 8 used", "  a reason: 1"],
        earlier=MONDAY - dt.timedelta(days=7),
        later=MONDAY + dt.timedelta(days=7),
    )
    folder = tmp_path_factory.mktemp("week")
    (folder / "index.html").write_bytes(week_index_page(week))
    return folder


@pytest.fixture(scope="module")
def chromium(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(folder.as_uri(), tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def window(chromium: Browser) -> Browser:
    """The page as it opens in Berlin, with nothing marked as sent."""
    emulate(chromium, "setTimezoneOverride", timezoneId="Europe/Berlin")
    look(chromium)
    chromium.driver.execute_script("localStorage.clear()")
    chromium.open("/index.html")
    return chromium


def emulate(window: Browser, setting: str, **values: Any) -> None:
    window.driver.execute_cdp_cmd(f"Emulation.{setting}", values)


def look(window: Browser, *, width: int = 1280, dark: bool = False) -> None:
    """Open the page on a screen of a width, light or dark."""
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    emulate(window, "setDeviceMetricsOverride", **screen)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    emulate(window, "setEmulatedMedia", features=[scheme])
    window.open("/index.html")


def shown(window: Browser) -> list[str]:
    """The ids of the messages that can be seen, in order."""
    items = window.driver.find_elements(By.CSS_SELECTOR, "#agenda li")
    return [item.get_attribute("id") or "" for item in items if item.is_displayed()]


def open_what_is_known(window: Browser) -> None:
    """Open what is known of every creator."""
    for summary in window.driver.find_elements(By.CSS_SELECTOR, ".known summary"):
        window.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", summary)
        summary.click()


def message(window: Browser, identifier: str) -> Any:
    return window.driver.find_element(By.ID, identifier)


@pytest.mark.skipif(AXE is None, reason="axe-playwright-python is not installed")
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(window: Browser, width: int, dark: bool) -> None:
    assert AXE is not None
    assert AXE.submodule_search_locations
    look(window, width=width, dark=dark)
    open_what_is_known(window)
    script = Path(AXE.submodule_search_locations[0]) / "axe.min.js"
    window.driver.execute_script(script.read_text("utf-8"))
    result = window.driver.execute_async_script(
        "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
    )
    assert len(result["passes"]) > 20
    grave = [
        f"{each['id']}: {each['nodes'][0]['html']}: {each['nodes'][0]['failureSummary']}"
        for each in result["violations"]
        if each["impact"] in GRAVE
    ]
    assert grave == []


def test_nothing_is_wider_than_a_phone(window: Browser) -> None:
    look(window, width=390)
    open_what_is_known(window)
    width = window.driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390


def test_what_is_known_of_a_creator_is_shown_when_asked_for(window: Browser) -> None:
    [section, *_] = window.driver.find_elements(By.CSS_SELECTOR, "#amber_lens .known")
    [sentence, *others] = section.find_elements(By.TAG_NAME, "dd")
    assert len(others) == 3
    assert not sentence.is_displayed()
    open_what_is_known(window)
    assert sentence.is_displayed()
    assert "$500 a message" in sentence.text


def test_nothing_is_refused_by_the_policy_of_the_page(window: Browser) -> None:
    assert window.driver.get_log("browser") == []


def test_filters_leave_the_messages_asked_for(window: Browser) -> None:
    assert len(shown(window)) == 16
    form = window.driver.find_element(By.ID, "filters")
    Select(form.find_element(By.NAME, "page")).select_by_visible_text("Zoë & Tells")
    assert {name.rpartition("-")[0] for name in shown(window)} == {"zoe_tells"}
    Select(form.find_element(By.NAME, "type")).select_by_visible_text("Bump")
    assert shown(window) == ["zoe_tells-4", "zoe_tells-8"]
    form.find_element(By.NAME, "text").send_keys("TEXT 8 bread")
    assert shown(window) == ["zoe_tells-8"]
    assert "1 of 16 messages" in form.text
    cards = window.driver.find_elements(By.CSS_SELECTOR, "#creators .card")
    assert [card.is_displayed() for card in cards] == [False, True]
    form.find_element(By.CSS_SELECTOR, "[type=reset]").click()
    window.until("all messages", lambda: len(shown(window)) == 16)


@pytest.mark.parametrize(
    "typed",
    ['"bread & butter"', "zoe", "ZOËs", "\N{MATHEMATICAL BOLD SMALL B}read", "<script>", "(.*"],
)
def test_words_are_found_however_they_are_written(window: Browser, typed: str) -> None:
    window.driver.find_element(By.NAME, "text").send_keys(typed)
    everything, zoe = 16, 8
    found = {'"bread & butter"': everything, "zoe": zoe, "\N{MATHEMATICAL BOLD SMALL B}read": 16}
    assert len(shown(window)) == found.get(typed, 0)


def test_copy_takes_the_whole_text(window: Browser) -> None:
    emulate_clipboard = {"origin": "file://", "permissions": ["clipboardReadWrite"]}
    window.driver.execute_cdp_cmd("Browser.grantPermissions", emulate_clipboard)
    message(window, "zoe_tells-2").find_element(By.XPATH, ".//button[.='Copy']").click()
    window.until("Copied", lambda: "Copied" in message(window, "zoe_tells-2").text)
    copied = window.driver.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(`${e}`))"
    )
    assert copied == "Text 2 of Zoë & Tells: “bread & butter”\nsecond line"


def test_what_is_marked_as_sent_stays_so_in_this_browser(window: Browser) -> None:
    message(window, "amber_lens-1").find_element(By.XPATH, ".//button[.='Sent']").click()
    window.open("/index.html")
    pressed = window.driver.find_elements(By.CSS_SELECTOR, "#agenda [aria-pressed=true]")
    assert [b.get_attribute("aria-label") for b in pressed] == ["Sent: Amber Lens, Mon 09:00"]


def test_times_are_shown_in_the_reader_s_own_zone_too(window: Browser) -> None:
    line = message(window, "amber_lens-1").find_element(By.CLASS_NAME, "line").text
    assert "09:00" in line
    assert "18:00 here" in line
    late = message(window, "amber_lens-2").find_element(By.CLASS_NAME, "line").text
    assert "Tue 00:00 here" in late
    assert "Europe/Berlin" in window.text


def test_next_is_the_first_message_that_is_not_sent_yet(window: Browser) -> None:
    """The clock of the page stands at Monday 08:30 in Los Angeles."""
    now = la_instant(MONDAY, 8).timestamp() * 1000 + 30 * 60_000
    source = f"Date.now = () => {now:.0f};"
    added = window.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": source}
    )
    try:
        window.open("/index.html")
        box = window.driver.find_element(By.ID, "next")
        assert "Amber Lens" in box.text
        assert "in 30 min" in box.text
        message(window, "amber_lens-1").find_element(By.XPATH, ".//button[.='Sent']").click()
        assert "Zoë & Tells" in box.text
        left = window.driver.find_element(By.NAME, "left")
        left.click()
        assert "amber_lens-1" not in shown(window)
        assert len(shown(window)) == 15
    finally:
        window.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_without_a_script_every_message_is_there_and_nothing_is_dead(window: Browser) -> None:
    emulate(window, "setScriptExecutionDisabled", value=True)
    try:
        window.open("/index.html")
        items = window.driver.find_elements(By.CSS_SELECTOR, "#agenda li p")
        assert len(items) == 16
        assert all(item.is_displayed() for item in items)
        assert not window.driver.find_elements(By.CSS_SELECTOR, "#agenda li button")
        assert not window.driver.find_element(By.ID, "filters").is_displayed()
    finally:
        emulate(window, "setScriptExecutionDisabled", value=False)


def test_the_print_sheet_has_every_text_and_no_control(window: Browser) -> None:
    emulate(window, "setEmulatedMedia", media="print")
    try:
        assert all(
            item.is_displayed()
            for item in window.driver.find_elements(By.CSS_SELECTOR, "#agenda li p")
        )
        for control in window.driver.find_elements(By.CSS_SELECTOR, "button, select, .days"):
            assert not control.is_displayed()
    finally:
        emulate(window, "setEmulatedMedia", media="")
