"""A guest of a closed part with a real browser: on a phone without JavaScript, and for every reader."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from s3chem_events.registration import invitation
from tests.factories import add_guest
from tests.support.axe import faults
from tests.support.visitor import SEND, Person, Site, fill, fits, named

pytestmark = pytest.mark.browser
EVENT = "final-conference"
CLOSED = "day-1"


def invited(site: Site, email: str) -> str:
    number = add_guest(site.app, slug=EVENT, parts=(CLOSED,), email=email, given_name="Anna", family_name="Nowak")
    with site.app.app_context():
        return site.url + invitation.address_of(number, language="en")


def test_a_guest_registers_on_a_phone_without_javascript(site: Site, open_page: Callable[..., Page]) -> None:
    page, address = open_page(javascript=False), "phone@guests.example"
    page.goto(invited(site, address))
    expect(page.get_by_role("heading", level=1)).to_have_text("Anna Nowak, you are invited")
    fits(page)
    page.get_by_role("button", name="Go to the registration form").click()
    fits(page)
    assert named(page, "email").input_value() == address
    named(page, "parts", "day-2").check()
    fill(page, Person(address))
    page.locator(SEND).click()
    page.wait_for_url("**/registrations/*")
    (row,) = site.stored(address)
    assert [(key, standing) for key, _mode, standing in row["parts"]] == [(CLOSED, "confirmed"), ("day-2", "confirmed")]


def test_axe_finds_nothing_on_the_pages_of_an_invitation(site: Site, page: Page) -> None:
    link = invited(site, "axe@guests.example")
    found = []
    for address in (link, f"{link}/registration", f"{link}/regrets", f"{site.url}/en/invitations/", f"{link}x"):
        page.goto(address)
        found += faults(page)
    page.goto(f"{site.url}/en/invitations/")
    page.locator(SEND).click()
    expect(page.locator('[role="alert"]')).to_be_visible()
    page.goto(f"{link}/regrets")
    with page.expect_navigation():
        page.locator(SEND).click()
    expect(page.get_by_text("You have told us that you cannot come.")).to_be_visible()
    assert found + faults(page) == []
