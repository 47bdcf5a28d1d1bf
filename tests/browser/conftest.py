"""A real Chromium, phone-sized, that fails the test on any error in its console and any word to another host."""

import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.sample import load
from tests.support import chromium, servers
from tests.support.visitor import Site

OWN = {"127.0.0.1", "localhost"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, templates: Callable[[str], str]) -> Iterator[Site]:
    """Serve the sample content from a real web process, once for all tests here: each brings its own person."""
    instance, port = tmp_path_factory.mktemp("instance"), servers.free_port()
    shutil.copyfile(templates("sqlite"), instance / "s3chem.sqlite")
    environ = {
        "S3CHEM_INSTANCE": str(instance),
        "S3CHEM_BASE_URL": f"http://127.0.0.1:{port}",
        "S3CHEM_SECRET_KEY": "a key for tests alone, as long as a key has to be",
        "S3CHEM_LIMITS": "off",
    }
    app = create_app(config.load(environ))
    with app.app_context(), transaction():
        load.sample_content(base_url=environ["S3CHEM_BASE_URL"], by=OPERATOR)
    with servers.started("web", environ, "--workers", "1", port=port) as server:
        yield Site(server.url, app)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a way to a window: `open_page(javascript=False, width=1280, dark=True)`."""
    contexts = []
    troubles: list[str] = []

    def opened(
        *,
        javascript: bool = True,
        width: int = 320,
        height: int = 640,
        dark: bool = False,
        locale: str = "en-GB",
        zone: str | None = None,
    ) -> Page:
        context = browser.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            timezone_id=zone,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(f"{page.url}: {said.text}") if _wrong(said) else None)
        page.on(
            "response", lambda answer: troubles.append(f"{answer.status} {answer.url}") if _broken(answer) else None
        )
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


def _wrong(said: ConsoleMessage) -> bool:
    return said.type == "error" and not said.text.startswith("Failed to load resource")


def _broken(answer: Response) -> bool:
    """A page may refuse in words; what belongs to a page must be there, and nothing may break."""
    return answer.status >= (500 if answer.request.resource_type == "document" else 400)


def _foreign(url: str) -> bool:
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname not in OWN
