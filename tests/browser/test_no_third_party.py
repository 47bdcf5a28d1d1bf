"""What the browser's log shows of a whole registration: the own host alone, one guarded cookie, nothing else kept."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.support.visitor import SEND, Person, Site, fill

pytestmark = pytest.mark.browser


def test_a_whole_registration_speaks_to_the_own_host_and_keeps_one_guarded_cookie(site: Site, page: Page) -> None:
    asked: list[str] = []  # H2
    page.on("request", lambda request: asked.append(request.url))
    cookies = page.context.cookies
    for path in ("/en/", "/en/events/", "/en/events/final-conference", "/en/partners", "/en/privacy"):
        page.goto(site.url + path, wait_until="networkidle")
        assert cookies() == [], path  # nothing before it is needed, so no banner
    page.goto(f"{site.url}/en/events/final-conference/register")
    fill(page, Person("quiet@park.example"))
    page.locator(SEND).click()
    page.wait_for_url("**/registrations/*", wait_until="networkidle")

    own = urlsplit(site.url).netloc
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {own}
    kept = [(c["name"], c["httpOnly"], c["sameSite"], c["expires"], c["domain"]) for c in cookies()]
    assert kept == [("session", True, "Lax", -1, "127.0.0.1")]
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("indexedDB.databases().then(all => all.length)") == 0
    told = [url for url in asked if "quiet" in url or "park.example" in url]
    assert told == []  # nobody's name or address stands in an address
