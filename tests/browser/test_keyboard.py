"""Registering and withdrawing without a mouse: every stop of the Tab key is seen, nothing is out of its reach."""

import pytest
from playwright.sync_api import Page, expect

from s3chem_events.core.db import db
from s3chem_events.registration import links
from s3chem_events.registration.models import Registration
from tests.support.visitor import Person, Site

pytestmark = pytest.mark.browser
MOST_STOPS = 80
STOP = """() => {
  const e = document.activeElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const there = document.elementFromPoint(x, y);
  return {
    what: e.outerHTML.slice(0, 100), name: e.name || '', value: e.value || '', text: e.innerText || '',
    href: e.getAttribute('href') || '', wide: box.width, high: box.height, kind: e.type || e.tagName,
    uncovered: !!there && (there.contains(e) || [e, ...(e.labels || [])].some(own => own.contains(there))),
    ringed: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2,
  };
}"""


def tab_to(page: Page, **wanted: str) -> None:
    """Press Tab until the focus is there; each stop before can be seen, is not covered and is large enough."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        stops.append(stop["what"])
        assert stop["ringed"], stop
        assert stop["uncovered"], stop
        if stop["kind"] not in {"A", "checkbox", "radio"}:  # links in text may be as high as the text: WCAG 2.5.8
            assert min(stop["wide"], stop["high"]) >= 24, stop
        if all(value in stop[key] for key, value in wanted.items()):
            return
    raise AssertionError(f"the Tab key never came to {wanted}: {stops}")


def test_the_first_stop_skips_to_the_content(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/events/final-conference")
    page.keyboard.press("Tab")
    assert page.evaluate(STOP)["href"] == "#main"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, href="/register")


def test_registering_and_withdrawing_without_a_mouse(site: Site, page: Page) -> None:
    person = Person("keyboard@park.example")  # H4
    keyboard = page.keyboard
    page.goto(f"{site.url}/en/events/final-conference")
    tab_to(page, href="/register")
    keyboard.press("Enter")
    page.wait_for_url("**/register")

    tab_to(page, name="parts", value="day-2")
    assert page.evaluate("document.activeElement.checked")  # the only part on offer is chosen already
    tab_to(page, name="mode-day-2")
    keyboard.press("Space")
    for name in ("given_name", "family_name", "email"):
        tab_to(page, name=name)
        keyboard.type(getattr(person, name))
    tab_to(page, name="organisation")
    keyboard.type(person.organisation)
    tab_to(page, name="organisation_type")
    keyboard.type("Small")
    tab_to(page, name="region")
    keyboard.type("Cata")
    tab_to(page, name="privacy")
    keyboard.press("Space")
    tab_to(page, text="Register")
    keyboard.press("Enter")
    page.wait_for_url("**/en/registrations/*")
    assert site.stored(person.email) == [person.row(language="en")]

    tab_to(page, href="/withdrawal")
    keyboard.press("Enter")
    page.wait_for_url("**/withdrawal")
    tab_to(page, text="Yes, withdraw")
    keyboard.press("Enter")
    page.wait_for_url(lambda url: "/registrations/" in url and not url.endswith("/withdrawal"))
    expect(page.locator("main")).to_contain_text("Your registration was withdrawn on")
    assert site.stored(person.email) == [person.row(language="en", parts=[("day-2", "on_site", "withdrawn")])]


def test_the_keyboard_opens_and_leaves_the_menus(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/en/events/final-conference")
    menu = page.locator("details.language")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_changing_and_bringing_a_group_without_a_mouse(site: Site, page: Page) -> None:
    person, keyboard = Person("typed-group@park.example"), page.keyboard  # H4
    page.goto(f"{site.url}/en/events/final-conference/register")
    tab_to(page, href="/register/group")
    keyboard.press("Enter")
    page.wait_for_url("**/register/group")
    tab_to(page, name="mode-day-2")
    keyboard.press("Space")
    for name in ("given_name", "family_name", "email"):
        tab_to(page, name=name)
        keyboard.type(getattr(person, name))
    tab_to(page, name="attends")
    keyboard.press("Space")  # the first: she comes, too
    tab_to(page, name="organisation")
    keyboard.type(person.organisation)
    tab_to(page, name="organisation_type")
    keyboard.type("Small")
    tab_to(page, name="region")
    keyboard.type("Cata")
    tab_to(page, name="person-1-given_name")
    keyboard.type("Carla")
    tab_to(page, text="Add a person")
    keyboard.press("Enter")
    page.wait_for_selector('[name="person-3-given_name"]')
    tab_to(page, text="Remove person 3")
    keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Removed from your list")
    assert page.locator('[name="person-1-given_name"]').input_value() == "Carla"
    tab_to(page, text="Register all of them")
    keyboard.press("Enter")
    expect(page.locator('[role="alert"]')).to_be_focused()  # the notice was not ticked
    tab_to(page, href="#privacy")
    keyboard.press("Enter")
    expect(page.locator('[name="privacy"]')).to_be_focused()
    keyboard.press("Space")
    tab_to(page, text="Register all of them")
    keyboard.press("Enter")
    page.wait_for_url("**/en/delegations/*")
    expect(page.locator("main")).to_contain_text("Carla")
    expect(page.locator("main")).to_contain_text("Your delegation is registered.")
    (stored,) = (one for one in site.stored(person.email) if one["given_name"] == person.given_name)
    assert stored == person.row(language="en")

    with site.app.app_context():
        mine = db.session.scalars(db.select(Registration).filter_by(given_name=person.given_name, email=person.email))
        row = mine.one()
        own = links.own_page(row.id, row.link_version, language="en")
    change_organisation(page, site.url + own)


def change_organisation(page: Page, own: str) -> None:
    keyboard = page.keyboard
    page.goto(own)
    tab_to(page, href="/change")
    keyboard.press("Enter")
    page.wait_for_url("**/change")
    tab_to(page, name="organisation")
    keyboard.press("ControlOrMeta+a")
    keyboard.type("Barcelona Chemicals")
    tab_to(page, text="Save the changes")
    keyboard.press("Enter")
    page.wait_for_url("**?done=change")
    expect(page.locator("main")).to_contain_text("Barcelona Chemicals")
