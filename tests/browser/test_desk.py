"""The desk in a real browser: on a phone and on a screen, without JavaScript, with a passkey, for every reader."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from s3chem_events import bulk, create_app, delivering, dispatch
from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns.models import Campaign
from s3chem_events.core import config
from s3chem_events.core.clock import now, today
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.actions import keep_document
from s3chem_events.publishing.news import publish
from s3chem_events.registration.models import Registration
from s3chem_events.sample.load import text_of_the_site
from tests.factories import add_event, add_guest, add_question, register
from tests.support.axe import faults, once
from tests.support.campaigns import newsletter, readers, release
from tests.support.patience import until

pytestmark = pytest.mark.browser
ADDRESS = "anna@region.example"
WIDER = """() => [...document.querySelectorAll('main *')].filter(e =>
  e.checkVisibility({contentVisibilityAuto: true}) && !e.closest('.table-frame, .hidden')
  && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
"""What sticks out of the window, wide tables apart: they scroll in a frame of their own."""
PAGES = (
    "/desk/sign-in",
    "/desk/sign-in/link",
    "/desk/sign-in/passkey",
    "/desk/sign-in/no-such-link",
    "/desk/",
    "/desk/account",
    "/desk/account/codes",
    "/desk/account/recovery",
    "/desk/account/passkeys",
    "/desk/mail/",
    "/desk/mail/1",
    "/desk/mail/wordings/",
    "/desk/mail/wordings/registration.confirmed/pl",
    "/desk/mail/wordings/registration.confirmed/pl/reset",
    "/desk/mailbox/",
    "/desk/newsletter/subscribers/",
    "/desk/newsletter/import",
    "/desk/news/",
    "/desk/news/new",
    "/desk/news/1/fr",
    "/desk/news/1/removal",
    "/desk/site-texts/",
    "/desk/site-texts/imprint/fr",
    "/desk/site-texts/imprint/original",
    "/desk/organisers/",
    "/desk/organisers/new",
    "/desk/blocked-addresses",
    "/desk/organisers/1",
    "/desk/nowhere-at-all",
    "/desk/events/",
    "/desk/events/conference/",
    "/desk/events/conference/participants",
    "/desk/events/conference/participants/new",
    "/desk/events/conference/invitations",
    "/desk/events/conference/invitations/1",
    "/desk/events/conference/invitations/1/withdrawal",
    "/desk/events/conference/invitations/new",
    "/desk/events/conference/invitations/import",
    "/desk/events/conference/invitations/sending",
    "/desk/events/conference/announcement",
    "/desk/events/conference/rescheduling",
    "/desk/events/conference/mode",
    "/desk/events/conference/cancellation",
    "/desk/events/conference/closing",
    "/desk/events/conference/copy",
    "/desk/events/conference/questions/",
    "/desk/events/conference/questions/new?kind=one_of",
    "/desk/events/conference/questions/access?language=fr",
    "/desk/events/conference/questions/preview",
    "/desk/events/conference/catering",
    "/desk/events/conference/access-needs",
)


@pytest.fixture
def desk(environ: dict[str, str]) -> Iterator[tuple[Flask, str]]:
    """Serve an application with one event, one participant and one coordinator; passkeys want the name localhost."""
    settings = config.load(environ)
    server = make_server("127.0.0.1", 0, Flask("placeholder"), threaded=True)
    url = f"http://localhost:{server.server_port}"
    app = create_app(config.load({**environ, "S3CHEM_BASE_URL": url, "S3CHEM_LIMITS": "off"}))
    server.app = app
    threading.Thread(target=server.serve_forever, daemon=True).start()
    first = create_app(settings)
    add_event(first)
    add_question(first, "access", kind="access", label="What do you need?", readers="accessibility")
    add_question(first, "menu", label="Menu", readers="caterer")
    add_guest(first)
    needs = {"question-access": "A seat", "question-access-consent": "y", "question-menu": "Soup"}
    register(first.test_client(), **needs)
    with app.app_context():
        dispatch.work(seconds=5)
        with transaction():
            keep_document("imprint", text_of_the_site("imprint"))
            said = dict.fromkeys(("title", "lead", "body"), Text(en="Moved"))
            publish(slug="moved", **said, published_on=today("UTC"), event_id=None, by=OPERATOR)
            actions.add(ADDRESS, role=Role.COORDINATOR, by=OPERATOR, name="Anna")
    yield app, url
    server.shutdown()
    server.server_close()
    for each in (app, first):
        with each.app_context():
            db.session.remove()
            db.engine.dispose()


def link_for(app: Flask, url: str) -> str:
    with app.app_context(), transaction():
        organiser = queries.organiser_by_address(ADDRESS)
        assert organiser is not None
        return actions.sign_in_url(organiser, base_url=url)


def sign_in(page: Page, desk: tuple[Flask, str]) -> None:
    page.goto(link_for(*desk))
    page.get_by_role("button", name="Sign in").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Overview"


def too_wide(page: Page) -> list[str]:
    wide = [f"wider: {element}" for element in page.evaluate(WIDER)]
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide + ([f"scrolls sideways by {beyond} px"] if beyond > 0 else [])


def test_every_page_is_for_every_reader_and_fits_the_window(page: Page, desk):
    wrong = []
    for path in PAGES:
        if path == "/desk/":
            sign_in(page, desk)
        page.goto(desk[1] + path)
        wrong += faults(page, also=too_wide)
    assert wrong == []


def test_lists_and_the_pages_of_one_person_are_for_every_reader(page: Page, desk):
    sign_in(page, desk)
    with desk[0].app_context():
        person = db.session.scalars(db.select(Registration)).one().reference
    wrong = []
    for path in (
        *("gate", "gate/link", "lists/list", "lists/photo", "questions/import", "invitations/reminder"),
        *(f"participants/{person}{below}" for below in ("", "/correction", "/confirmation", "/letter", "/withdrawal")),
    ):
        page.goto(f"{desk[1]}/desk/events/conference/{path}")
        assert page.locator("h1").count() == 1, path
        wrong += once(page) + too_wide(page)
    assert wrong == []


def test_the_words_of_every_language_fit_a_phone(open_page: Callable[..., Page], desk):
    wrong = []
    for language in sorted(set(LANGUAGES) - {"en"}):
        page = open_page(width=320, locale=language)
        for path in PAGES:
            if path == "/desk/":
                page.goto(link_for(*desk))
                page.locator("main button").first.click()
                speak(desk[0], language)
            page.goto(desk[1] + path)
            assert page.locator("html").get_attribute("lang") == language, path
            wrong += [f"{language} {path} is wider: {element}" for element in page.evaluate(WIDER)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{language} {path} is {wide} wide"] if wide > 320 else []
        page.close()
    assert wrong == []


def speak(app: Flask, language: str) -> None:
    """Set the organiser's language, as the account's page does."""
    with app.app_context(), transaction():
        organiser = queries.organiser_by_address(ADDRESS)
        assert organiser is not None
        organiser.language = language


def test_the_menu_opens_on_a_phone_without_javascript_and_signs_out(open_page: Callable[..., Page], desk):
    page = open_page(javascript=False)
    sign_in(page, desk)
    page.get_by_text("Menu").click()
    page.get_by_role("link", name="Mail").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Mail"
    page.get_by_text("Menu").click()
    page.get_by_role("button", name="Sign out").first.click()
    assert page.get_by_text("You are signed out.").is_visible()


def test_an_email_is_shown_in_its_frame(page: Page, desk):
    sign_in(page, desk)
    page.goto(f"{desk[1]}/desk/mail/1")
    letter = page.frame_locator("iframe.letter")
    assert letter.get_by_text("Żaneta").first.is_visible()


def focus_comes_to(page: Page, what: str) -> None:
    """Wait for it: a browser gives the focus some time after the page has come."""
    here = "() => (e => [e.value || e.id, e.innerText])(document.activeElement)"
    until(lambda: what in page.evaluate(here))


def test_a_row_is_moved_on_by_the_same_key_since_the_focus_goes_with_it(open_page: Callable[..., Page], desk):
    page = open_page(javascript=False)
    sign_in(page, desk)
    event = f"{desk[1]}/desk/events/conference"
    page.goto(f"{event}/programme")
    for number, title in enumerate(("one", "two", "three")):
        page.get_by_role("button", name="Add an item").last.press("Enter")
        page.wait_for_selector(f'[name="parts-1-items-{number}-title"]')
        focus_comes_to(page, f"parts-1-items-{number}")
        page.locator(f'[name="parts-1-items-{number}-title"]').fill(title)
    page.locator('button[value="up:parts-1-items-2"]').focus()
    for onward in ("up:parts-1-items-1", "down:parts-1-items-0", "down:parts-1-items-1", "up:parts-1-items-2"):
        with page.expect_navigation():
            page.keyboard.press("Enter")
        focus_comes_to(page, onward)
        row = page.locator(f"#{onward.partition(':')[2]}")
        assert row.locator('[name$="-title"]').input_value() == "three"
    page.goto(f"{event}/questions/")
    page.locator("#question-menu").get_by_role("button", name="Up", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    focus_comes_to(page, "Down")
    assert page.locator("#question-menu :focus").count() == 1


@pytest.mark.parametrize("kind", ["internal", "usb"])
def test_a_passkey_is_added_and_signs_in(page: Page, desk, kind):
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": kind, "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, desk)
    page.goto(f"{desk[1]}/desk/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Your account").wait_for()
    assert page.get_by_text("laptop", exact=True).is_visible()
    page.get_by_text("Menu").click()
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.goto(f"{desk[1]}/desk/account")
    page.get_by_role("button", name="Remove").click()
    page.goto(f"{desk[1]}/desk/account")
    assert not page.get_by_text("laptop", exact=True).is_visible()


def test_the_progress_of_a_campaign_is_followed_without_loading_anew_until_it_is_done(page: Page, desk):
    app, url = desk
    readers(app, en=3)
    release(app, newsletter(app))
    with app.app_context(), transaction():
        db.session.execute(db.update(Campaign).values(begins_at=now()))
    sign_in(page, desk)
    page.clock.install()
    with app.app_context():
        while bulk.carry_on(dispatch.FORGET):
            pass
    page.goto(f"{url}/desk/newsletter/campaigns/1")
    progress = page.locator("#how-far")
    assert "0 of 3" in progress.inner_text()
    assert not page.get_by_text("Load this page again").is_visible()
    progress.get_by_role("link", name="Waiting").focus()
    page.evaluate("() => { window.stays = true; }")

    with app.app_context(), transaction():
        some = db.select(OutgoingEmail.id).filter_by(stream="campaign-1").limit(1)
        db.session.execute(db.update(OutgoingEmail).where(OutgoingEmail.id.in_(some)).values(state="sent"))
    page.clock.fast_forward(5_000)
    progress.get_by_text("1 of 3").wait_for()
    assert progress.locator("progress").get_attribute("value") == "1"
    assert page.evaluate("() => [window.stays, document.activeElement.textContent]") == [True, "Waiting"]
    assert page.get_by_role("button", name="Pause").is_visible()

    with app.app_context():
        while delivering.deliver():
            pass
    page.clock.fast_forward(5_000)
    progress.get_by_text("3 of 3").wait_for()
    page.get_by_role("button", name="Pause").wait_for(state="detached")
    assert page.evaluate("() => [window.stays, document.querySelectorAll('[data-follow]').length]") == [None, 0]
