"""The organisers' own questions in a real browser: on a narrow phone without JavaScript, and as axe sees them."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from s3chem_events import create_app
from s3chem_events.core import config
from s3chem_events.core.db import db
from s3chem_events.core.text import Text
from s3chem_events.registration.models import Answer, Question
from s3chem_events.registration.questions import Kind, Option
from tests.factories import add_event, add_question
from tests.support import servers
from tests.support.axe import faults
from tests.support.visitor import SEND, Person, Scales, fill, fits, named

pytestmark = pytest.mark.browser
FORM = "/en/events/conference/register"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MENU = tuple(Option(key, Text(en=words)) for key, words in (("fish", "Fish"), ("soup", f"Soup of the {LONG}")))
ANNA = Person("anna@park.example")


@pytest.fixture
def served(environ: dict[str, str]) -> Iterator[tuple[Flask, str]]:
    """Serve an event that asks a question of each kind."""
    port = servers.free_port()
    environ = {**environ, "S3CHEM_BASE_URL": f"http://127.0.0.1:{port}"}
    app = create_app(config.load(environ))
    add_event(app)
    add_question(app, "lunch", kind=Kind.YES_NO, required=True)
    add_question(app, "menu", kind=Kind.ONE_OF, label="Menu", options=MENU, only_if="lunch", only_is="yes", help=LONG)
    add_question(app, "topics", kind=Kind.SEVERAL_OF, label="Topics", options=MENU)
    add_question(app, "diet", kind=Kind.DIET, label="Dietary needs", readers="caterer", only_if="lunch", only_is="yes")
    add_question(app, "access", kind=Kind.ACCESS, label="Access needs", readers="accessibility")
    add_question(app, "nights", kind=Kind.NUMBER, label="Nights")
    for kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.DATE, Kind.COUNTRY, Kind.PHONE, Kind.CONSENT):
        add_question(app, kind.value.replace("_", "-"), kind=kind, label=Text(en=f"A {kind.value}", fr="Oui"))
    with servers.started("web", environ, "--workers", "1", port=port) as server:
        yield app, server.url
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_by_phone_without_javascript_all_is_asked_checked_and_kept(
    served: tuple[Flask, str], open_page: Callable[..., Page]
) -> None:
    app, url = served
    page = open_page(javascript=False)
    scales = Scales(page)
    page.goto(url + FORM)
    fits(page)
    assert scales.pages_and_styles() < 100_000
    fill(page, ANNA)
    named(page, "question-lunch", "yes").check()
    named(page, "question-diet").fill("vegan")
    named(page, "question-nights").fill("two")
    page.locator(SEND).first.click()
    expect(page.locator(".problem li")).to_have_text(["Enter a number, such as 12 or 2.5."])
    fits(page)
    assert (named(page, "question-diet").input_value(), named(page, "question-nights").input_value()) == (
        "vegan",
        "two",
    )
    named(page, "question-nights").fill("2")
    named(page, "question-diet-consent").check()
    page.locator(SEND).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your registration")
    fits(page)
    with app.app_context():
        kept = db.session.execute(db.select(Question.key, Answer.value).join(Answer).order_by(Question.position))
        assert dict(kept.all()) == {"lunch": "yes", "diet": "vegan", "nights": "2"}


def test_a_question_comes_and_goes_with_the_answer_that_it_hangs_on(
    served: tuple[Flask, str], open_page: Callable[..., Page]
) -> None:
    app, url = served
    add_question(app, "seat", kind=Kind.TEXT, label="Seat", required=True, part="day-2", only_if="menu", only_is="fish")
    page = open_page()
    page.goto(url + FORM)
    menu, seat = named(page, "question-menu", "fish"), named(page, "question-seat")
    fill(page, ANNA)
    expect(menu).to_be_hidden()
    named(page, "question-lunch", "yes").check()
    menu.check()
    seat.fill("By the window")
    named(page, "question-lunch", "no").check()
    expect(menu).to_be_hidden()
    expect(seat).to_be_hidden()
    named(page, "question-lunch", "yes").check()
    assert (menu.is_checked(), seat.input_value()) == (True, "By the window")  # nothing typed is lost
    named(page, "question-menu", "soup").check()
    expect(seat).to_be_hidden()  # nor asked, although it is required
    page.locator(SEND).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your registration")
    with app.app_context():
        kept = db.session.execute(db.select(Question.key, Answer.value).join(Answer).order_by(Question.position))
        assert dict(kept.all()) == {"lunch": "yes", "menu": "soup"}


def test_what_follows_a_question_that_is_not_asked_yet_keeps_its_whole_width(
    served: tuple[Flask, str], open_page: Callable[..., Page]
) -> None:
    app, url = served
    with app.app_context():  # first comes what hangs on an answer, and the choices that everybody is asked come next
        for question in db.session.scalars(db.select(Question).where(Question.key.in_(("lunch", "diet")))):
            question.position += 100
        db.session.commit()
    page = open_page()
    page.goto(url + FORM)
    expect(named(page, "question-menu", "fish")).to_be_hidden()
    topics = page.locator("#questions > .field").first
    expect(topics.locator("> legend")).to_have_text("Topics")
    fits(page)
    assert topics.evaluate("field => field.offsetWidth === field.parentElement.clientWidth")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_the_form_with_questions_fresh_or_refused(
    served: tuple[Flask, str], open_page: Callable[..., Page], dark: bool
) -> None:
    _app, url = served
    page = open_page(dark=dark)
    page.goto(url + FORM.replace("/en/", "/de/"))  # the questions are in English here, and marked as that
    fresh = faults(page)
    with page.expect_navigation():
        page.locator(SEND).first.click()
    expect(page.locator('[role="alert"]')).to_be_visible()
    assert (fresh, faults(page)) == ([], [])
