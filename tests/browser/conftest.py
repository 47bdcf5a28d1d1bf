"""A real Chromium, phone-sized, that fails the test on any error in its console and any word to another host."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import chromium

OWN = {"127.0.0.1", "localhost"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a way to a window: `open_page(javascript=False, width=1280, dark=True)`."""
    contexts = []
    troubles: list[str] = []

    def opened(*, javascript: bool = True, width: int = 320, height: int = 640, dark: bool = False) -> Page:
        context = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("request", lambda sent: troubles.append(f"another host: {sent.url}") if _foreign(sent.url) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """Open a window 320 px wide, with JavaScript."""
    return open_page()


def _foreign(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname not in OWN
