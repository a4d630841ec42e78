"""The page in a real browser: nothing is blocked, nothing comes from elsewhere, nothing runs off
a phone's edge."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from monitor.domain.alerting.alert import Alert
from monitor.metrics import Metrics
from monitor.web import WebOptions, WebServer
from tests.integration.test_web import TOKEN, status
from tests.integration.test_web_alert import CAMPAIGN, alert
from tests.real import require

pytestmark = pytest.mark.slow

EVIL = "<img src=x onerror=document.title='owned'>\u202egnp.exe " + "Wide" * 60


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = require("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def find(_: str) -> Alert | None:
        return alert(
            campaign=msgspec.structs.replace(CAMPAIGN, name=EVIL),
            labels={"severity": "critical", "odd": EVIL},
        )

    async with WebServer(
        WebOptions(port=0, read_token=TOKEN), Metrics("1"), lambda: status(name=EVIL), find
    ) as server:
        yield server.url


async def whole(page: Page, url: str) -> None:
    """Opened without a complaint, without anything from elsewhere, and no wider than the screen."""
    complaints: list[str] = []
    requested: list[str] = []

    def note(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def see(request: Request) -> None:
        requested.append(request.url)

    page.on("console", note)
    page.on("request", see)
    answer = await page.goto(url, wait_until="networkidle")
    assert answer is not None
    assert answer.status == 200
    assert complaints == []
    base = url[: url.index("/", len("http://"))]
    assert {request for request in requested if not request.startswith(base)} == set()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_is_whole_on_phone_and_desk_by_day_and_night(
    browser: Browser, url: str, scheme: str, width: int
) -> None:
    context = await browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
        http_credentials={"username": "me", "password": TOKEN},
    )
    page = await context.new_page()
    await whole(page, url + "/")
    assert await page.title() == "(1) bsg-monitor"
    background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(19, 23, 29)" if scheme == "dark" else "rgb(246, 247, 249)")
    if folder := os.environ.get("BSG_TEST_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"page-{scheme}-{width}.png", full_page=True)
    await whole(page, url + "/alerts/0123456789abcdef-195")
    assert (await page.title()).startswith("LowDelivery: ")
    if folder:
        await page.screenshot(path=Path(folder) / f"alert-{scheme}-{width}.png", full_page=True)
    await page.click("text=all alerts")
    assert await page.title() == "(1) bsg-monitor"
    await context.close()
