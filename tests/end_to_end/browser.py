"""A headless Chromium that reads and clicks the interface as a person does: by its texts."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--window-size=1600,1200", "--no-first-run", "--disable-background-networking"),
)
PATIENCE_SECONDS = 600
"""How long anything may take to appear; nothing waits for as long unless something is wrong."""

PASSING = (
    NoSuchElementException,
    StaleElementReferenceException,
    ElementClickInterceptedException,
    ElementNotInteractableException,
)
"""What happens while a page is drawn: it is looked at again."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Browser:
    """One window."""

    driver: WebDriver
    address: str

    def open(self, path: str) -> None:
        """Go to a page of the interface."""
        self.driver.get(self.address + path)

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def until(self, what: str, look: Callable[[], Found | bool | None]) -> Found:
        """The first result of `look` that is true; fails with the page's text and `what`."""
        wait = WebDriverWait(self.driver, PATIENCE_SECONDS, 0.2, ignored_exceptions=PASSING)
        try:
            return wait.until(lambda _: look())  # type: ignore[return-value]
        except TimeoutException:
            raise AssertionError(f"{what} does not appear on\n{self.text}") from None

    def see(self, *texts: str) -> None:
        """Wait until the page shows every text."""
        self.until(" and ".join(texts), lambda: all(text in self.text for text in texts))

    def click(self, text: str, *, within: str = "", tag: str = "button") -> None:
        """Click what has exactly this text, once it can be clicked; `within` is a CSS class."""
        scope = f"//*[contains(@class, '{within}')]" if within else ""
        path = f"{scope}//{tag}[normalize-space(.)='{text}']"

        def clicked() -> bool:
            element = self._shown(path)
            if element is None or not element.is_enabled():
                return False
            element.click()
            return True

        self.until(f"a {tag} {text!r}", clicked)

    def _shown(self, path: str) -> WebElement | None:
        found = self.driver.find_elements(By.XPATH, path)
        return next((element for element in reversed(found) if element.is_displayed()), None)

    def write(self, text: str, placeholder: str) -> None:
        """Type into the empty field that shows a placeholder which begins so, and leave it."""
        path = f"//input[starts-with(@placeholder, '{placeholder}')]"
        field = self.until(f"a field {placeholder!r}", lambda: self._shown(path))
        field.send_keys(text, Keys.TAB)

    def write_config(self, yaml: str) -> None:
        """Replace the text of the newest editor of run config."""

        def written() -> bool:
            return bool(
                self.driver.execute_script(
                    "const all = document.querySelectorAll('.dagster-dialog .CodeMirror');"
                    "const last = all[all.length - 1];"
                    "if (last) last.CodeMirror.setValue(arguments[0]);"
                    "return !!last && last.CodeMirror.getValue() === arguments[0];",
                    yaml,
                )
            )

        self.until("an editor of run config", written)


@contextmanager
def browser(address: str, folder: Path) -> Iterator[Browser]:
    """A window on the interface; its profile lies in `folder`."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in (*ARGUMENTS, f"--user-data-dir={folder}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    driver.set_page_load_timeout(PATIENCE_SECONDS)
    try:
        yield Browser(driver, address)
    finally:
        driver.quit()
