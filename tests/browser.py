"""A real Chromium without a window, for the tests of pages: it notes every request and every complaint."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.conftest import require_tool

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
).split()


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser with a fresh profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = require_tool("chromium")
    profile = tempfile.mkdtemp(prefix="photopoem-chromium-")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(require_tool("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def look_as(driver: webdriver.Chrome, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
    """Give the browser a window of this size, by day or by night."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def open_page(driver: webdriver.Chrome, page: Path, anchor: str = "") -> None:
    """Open a page and clear earlier log entries."""
    driver.get("about:blank")
    driver.get_log("browser")
    driver.get_log("performance")
    driver.get(page.as_uri() + anchor)


def requests_of(driver: webdriver.Chrome) -> list[str]:
    """Every address requested since the page was opened, except for data URLs."""
    messages: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in driver.get_log("performance")
    ]
    urls = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in urls if not url.startswith(("data:", "about:"))]


def complaints_of(driver: webdriver.Chrome) -> list[str]:
    """The messages in the console."""
    return [entry["message"] for entry in driver.get_log("browser")]
