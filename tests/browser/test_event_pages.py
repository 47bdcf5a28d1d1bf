"""An event that was moved, cut, put online, put off or called off, as readers meet it in a real browser."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from playwright.sync_api import Page

from s3chem_events.core.text import Text
from s3chem_events.publishing.facts import ItemFacts, MaterialFacts
from s3chem_events.publishing.lifecycle import State
from tests.factories import CLOSED_DAY, PUBLIC_DAY, WORKSHOP, add_event, revise_event
from tests.support.axe import faults
from tests.support.visitor import Site, fits

pytestmark = pytest.mark.browser
LATER = replace(WORKSHOP.parts[0], starts=datetime(2029, 10, 28, 8, 30), ends=datetime(2029, 10, 28, 10))  # noqa: DTZ001
STATES = ("shortened", "postponed-day", "called-off", "looked-back")


@pytest.fixture(scope="module")
def stories(site: Site) -> Site:
    """Let things happen to events on the site: their days lie far ahead, out of the way of other tests."""
    title = Text(en="Workshop on catalysis")
    add_event(site.app, WORKSHOP, slug="winter", parts=(LATER,), zone="Europe/Amsterdam")
    day = {"starts": LATER.starts, "ends": LATER.ends}
    parts = (replace(CLOSED_DAY, **day), replace(PUBLIC_DAY, **day))
    for slug in STATES:
        add_event(site.app, WORKSHOP, slug=slug, parts=parts, title=title)
    moved = {"starts": datetime(2029, 11, 6, 9), "ends": datetime(2029, 11, 6, 16)}  # noqa: DTZ001
    revise_event(site.app, "shortened", parts=(replace(parts[0], cancelled=True), replace(parts[1], **moved)))
    revise_event(site.app, "postponed-day", state=State.POSTPONED)
    revise_event(site.app, "called-off", state=State.CANCELLED)
    slides = MaterialFacts(Text(en="Slides"), "https://example.org/slides.pdf")
    revise_event(site.app, "looked-back", state=State.OVER, report=Text(en="What was done."), materials=(slides,))
    return site


@pytest.mark.parametrize(
    "zone, said",
    [
        ("Europe/Amsterdam", ""),
        ("Europe/Warsaw", ""),  # the same hours
        ("Europe/London", "Your time: 28 October, 07:30–09:00 GMT"),
        ("America/New_York", "Your time: 28 October, 03:30–05:00 GMT-4"),  # summer time ends a week later there
        ("Asia/Tokyo", "Your time: 28 October, 16:30–18:00 GMT+9"),
    ],
)
def test_readers_see_their_own_hours_beside_those_of_the_venue(
    stories: Site, open_page: Callable[..., Page], zone: str, said: str
) -> None:
    page = open_page(zone=zone, width=390)  # A6
    page.goto(f"{stories.url}/en/events/winter")
    assert "08:30–10:00 CET" in page.locator("#day dd").first.inner_text()
    assert page.locator("#day .own-zone").inner_text() == said
    fits(page)


def test_without_a_script_there_is_the_venues_time_alone(stories: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(zone="Asia/Tokyo", javascript=False)
    page.goto(f"{stories.url}/en/events/winter")
    assert page.locator("#day dd").first.inner_text() == "Sunday, 28 October 2029, 08:30–10:00 CET"


@pytest.mark.parametrize("slug", STATES)
def test_whatever_became_of_an_event_its_page_is_good_to_read(
    stories: Site, open_page: Callable[..., Page], slug: str
) -> None:
    for dark in (False, True):
        page = open_page(width=320, dark=dark)
        page.goto(f"{stories.url}/en/events/{slug}")
        assert faults(page) == []
        fits(page)


def test_the_list_is_narrowed_without_a_script(stories: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(javascript=False)
    page.goto(f"{stories.url}/en/events/")
    page.locator("select[name=kind]").select_option("webinar")
    page.locator("form.narrow button").click()
    assert page.url == f"{stories.url}/en/events/?kind=webinar&region="
    assert "Webinar" in page.locator("h2#subscribe").inner_text()
    assert page.locator(".diary-facts", has_text="Conference").count() == 0
    fits(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_button_that_only_a_script_can_press_is_seen_only_with_one(
    open_page: Callable[..., Page], stories: Site, javascript: bool
) -> None:
    page = open_page(javascript=javascript)
    page.goto(f"{stories.url}/en/events/winter")
    assert page.locator("[data-copy]").first.is_visible() is javascript


def test_a_programme_of_two_days_is_printed_on_one_page_for_each(stories: Site, open_page: Callable[..., Page]) -> None:
    day = replace(LATER, key="night", starts=datetime(2029, 10, 28, 9), ends=datetime(2029, 10, 29, 16))  # noqa: DTZ001
    items = tuple(ItemFacts(on=on, title=Text(en="Talk")) for on in (date(2029, 10, 28), date(2029, 10, 29)))
    add_event(stories.app, WORKSHOP, slug="two-days", parts=(replace(day, programme=items),))
    add_event(stories.app, WORKSHOP, slug="one-day", parts=(replace(day, programme=items[:1]),))
    breaks = {}
    for slug in ("one-day", "two-days"):
        page = open_page()  # D12
        page.goto(f"{stories.url}/en/events/{slug}")
        page.emulate_media(media="print")
        script = "all => all.map(e => [getComputedStyle(e).breakBefore, getComputedStyle(e).breakAfter])"
        breaks[slug] = page.locator(".day").evaluate_all(script)
    assert breaks == {"one-day": [["auto", "auto"]], "two-days": [["page", "page"]] * 2}
