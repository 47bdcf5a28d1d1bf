"""Every public page as people with other eyes and screens meet it: axe, narrow windows, wide letters, large zoom."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from s3chem_events.registration.invitation import address_of
from tests.factories import FILLED, add_guest, hidden_in, not_me, soup
from tests.support.axe import faults, once
from tests.support.visitor import CUT_OFF, SEND, Person, Site, fill, fits

pytestmark = pytest.mark.browser
FORM = "/en/events/final-conference/register"
GROUP = f"{FORM}/group"
PUBLIC = (
    "/en/",
    "/en/events/",
    "/fr/events/final-conference",
    "/en/events/magdeburg-2020",
    "/en/news/",
    "/de/news/newsletter-february-2020",
    "/en/partners",
    "/en/privacy",
    "/en/imprint",
    "/en/accessibility",
    "/pl/accessibility",
    FORM,
    "/en/events/magdeburg-2020/register",
    "/en/registrations/lost-link",
    "/en/registrations/mistyped",
    "/en/newsletter",
    "/en/newsletter/preferences/mistyped",
    "/en/nowhere",
    "/desk/sign-in",
    "/desk/sign-in/link",
)
SPACING = """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(
  '* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }' +
  'p { margin-bottom: 2em !important }'); document.adoptedStyleSheets = [sheet] }"""


@pytest.fixture(scope="module")
def own(site: Site) -> str:
    """Register somebody whose own page can be looked at."""
    client = site.app.test_client()
    host = {"base_url": site.url}
    answer = client.get(FORM, **host)
    hidden = {e["name"]: e.get("value", "") for e in soup(answer).select("main form input[type=hidden]")}
    sent = client.post(FORM, data={**FILLED, **hidden, "email": "looked-at@park.example"}, **host)
    assert sent.status_code == 303, sent.data
    return str(sent.headers["Location"])


def test_axe_would_see_a_fault(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/imprint")
    page.evaluate("document.querySelector('.emblem').removeAttribute('alt')")
    page.evaluate("document.querySelector('main p').style.color = '#999'")
    assert {fault.split(": ")[1] for fault in faults(page)} == {"image-alt", "color-contrast"}


@pytest.mark.parametrize("path", PUBLIC)
def test_axe_finds_nothing_on_any_public_page(site: Site, page: Page, path: str) -> None:
    page.goto(site.url + path)
    assert faults(page) == []


@pytest.mark.parametrize("below", ["", "/withdrawal", "/not-me"])
def test_axe_finds_nothing_on_a_participants_own_pages(site: Site, page: Page, own: str, below: str) -> None:
    page.goto(site.url + (not_me(site.app, own) if below == "/not-me" else own + below))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert faults(page) == []


def test_axe_finds_nothing_where_people_change_and_delegations_and_guests_answer(
    site: Site, page: Page, own: str
) -> None:
    delegation = delegate(site)
    guest = add_guest(site.app, slug="final-conference", email="seen-by-axe@park.example")
    with site.app.app_context():
        invitation = address_of(guest, language="en")
    below = ("", "/change", "/code", "/substitution", "/confirmation", "/invitations")
    found = []
    for path in (
        *(own + each for each in below),
        GROUP,
        *(delegation, f"{delegation}/people"),
        *("/en/invitations/", "/en/invitations/mistyped"),
        *(invitation, f"{invitation}/registration", f"{invitation}/regrets"),
    ):
        page.goto(site.url + path)
        fits(page)
        found += once(page)
    page.goto(site.url + GROUP)
    page.locator(SEND).last.click()
    expect(page.locator('[role="alert"]')).to_be_focused()
    assert [*found, *once(page)] == []


def delegate(site: Site) -> str:
    """Register two people through their contact; returns the contact's page."""
    client, host = site.app.test_client(), {"base_url": site.url}
    page = client.get(GROUP, **host).get_data(as_text=True)
    people = {"person-1-given_name": "Carla", "person-1-family_name": "Puig", "person-2-given_name": "Ewa"}
    contact = {**FILLED, **hidden_in(page), "email": "office-of-axe@park.example", "attends": "no"}
    sent = client.post(GROUP, data=contact | people, **host)
    assert sent.status_code == 303, sent.data
    return str(sent.headers["Location"])


def test_axe_finds_nothing_in_what_answers_the_form(site: Site, page: Page) -> None:
    page.goto(site.url + FORM)
    page.locator(SEND).click()
    expect(page.locator('[role="alert"]')).to_be_visible()
    refused = faults(page)
    for _once_and_again in range(2):
        page.goto(site.url + FORM)
        fill(page, Person("answered@park.example"))
        with page.expect_navigation():
            page.locator(SEND).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are already registered")
    already = faults(page)
    page.goto(f"{site.url}/en/registrations/lost-link")
    page.locator('main [name="email"]').fill("answered@park.example")
    with page.expect_navigation():
        page.locator(SEND).click()
    assert (refused, already, faults(page)) == ([], [], [])


@pytest.mark.parametrize("path", PUBLIC)
def test_nothing_is_lost_at_four_hundred_per_cent_or_with_wide_letters(
    site: Site, open_page: Callable[..., Page], path: str
) -> None:
    page = open_page(width=320, height=256)  # 1280 x 1024 at 400 %: WCAG 1.4.10
    page.goto(site.url + path)
    fits(page)
    held = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e =>
            ['fixed', 'sticky'].includes(getComputedStyle(e).position) && e.offsetHeight > innerHeight / 3
        ).map(e => e.outerHTML.slice(0, 90))"""
    )
    assert held == []  # nothing stands in front of most of the window
    before = page.evaluate(CUT_OFF)
    page.evaluate(SPACING)  # WCAG 1.4.12
    fits(page)
    assert (before, page.evaluate(CUT_OFF)) == ([], [])
