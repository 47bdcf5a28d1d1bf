"""Questions under several hands: nothing of theirs is overwritten, hidden or lost without a word."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.text import Text
from s3chem_events.publishing import actions, queries, values
from s3chem_events.registration import asking
from s3chem_events.registration.models import Question
from s3chem_events.registration.questions import Option
from tests.conftest import Clock
from tests.factories import BASE_URL, PUBLIC_DAY, add_event, add_question, count, hidden, register, soup, words
from tests.support.desk import filled, signed_in
from tests.support.rivals import at_once

EVENT = "/desk/events/conference"
LIST = f"{EVENT}/questions/"
FORM = "/en/events/conference/register"


@pytest.fixture
def desk(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    return signed_in(app)


def test_undoing_a_part_does_not_take_its_questions_along(app: Flask, desk: FlaskClient) -> None:
    with app.app_context(), transaction():
        event = queries.event_by_slug("conference", lock=True)
        assert event is not None
        facts, since = values.event_facts(event), event.revision
        dinner = replace(PUBLIC_DAY, key="dinner", title=Text(en="Dinner"))
        actions.revise_event(event, replace(facts, parts=(*facts.parts, dinner)), base_url=BASE_URL, by=OPERATOR)
        assert actions.tell(event, since=since, by=OPERATOR) is not None
    add_question(app, "menu", label="Menu", part="dinner")

    def undo() -> str:
        form = soup(desk.get(f"{EVENT}/")).select_one(f"form[action='{EVENT}/undo']")
        assert form is not None
        fields = {str(one["name"]): str(one["value"]) for one in form.select("input")}
        return words(desk.post(f"{EVENT}/undo", data=fields, follow_redirects=True))

    assert "Questions are asked meanwhile only of those who choose a part that this would take away." in undo()
    assert count(app, Question, key="menu") == 1
    typed = filled(desk.get(f"{LIST}menu")) | {"part": ""}
    assert desk.post(f"{LIST}menu", data=typed).status_code == 303
    assert "Undone." in undo()
    with app.app_context():
        assert db.session.scalars(db.select(Question.part_id)).all() == [None]


def test_two_organisers_on_one_question_neither_overwrites_the_other_unseen(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "menu", label="Menu", kind="one_of", options=(Option("fish", Text(en="Fish")),), keep_days=0)
    path = f"{LIST}menu"
    first, second, french = (filled(desk.get(f"{path}{more}")) for more in ("", "", "?language=fr"))
    assert desk.post(path, data=first | {"label": "Main dish", "required": "y"}).status_code == 303
    refused = desk.post(path, data=second | {"purpose": "To plan", "keep_days": "3"})
    said = "Changed meanwhile Question : Menu → Main dish Must be answered : No → Yes"
    assert (refused.status_code, said in words(refused)) == (409, True)
    assert "Nothing of yours is saved yet: look at what changed, and press again" in words(refused)
    again = filled(refused)
    assert (again["label"], again["purpose"]) == ("Menu", "To plan")
    assert "Main dish" in client.get(FORM).text
    # Who puts the other's words into the form, or presses once more, has seen them.
    assert desk.post(path, data=again | {"label": "Main dish"}).status_code == 303
    # In another language nothing stood in the other's way but the rule.
    refused = desk.post(
        f"{path}?language=fr", data=french | {"label": "Plat", "purpose": "Repas", "choices": "Poisson"}
    )
    assert "Changed meanwhile Deleted so many days after the event : 0 → 3" in words(refused)
    assert desk.post(f"{path}?language=fr", data=filled(refused) | {"keep_days": "3"}).status_code == 303
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert (dict(row.label), dict(row.purpose), row.required, row.keep_days) == (
            {"en": "Main dish", "fr": "Plat"},
            {"en": "To plan", "fr": "Repas"},
            False,
            3,
        )
    for hostile in ("", "[" * 9_000, '{"types": [1, "a"], "label": {}}', "null"):
        answer = desk.post(path, data=filled(desk.get(path)) | {"label": "Dish", "known": hostile})
        assert answer.status_code == 409, hostile


def test_a_question_is_seen_as_visitors_will_see_it_before_it_is_saved(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind="yes_no", label=Text(en="Lunch?", fr="Déjeuner ?"))
    add_question(app, "hall", label="Hall")
    typed = {"label": "Menu", "choices": "Fish\nSoup", "purpose": "To cook"}
    path = f"{LIST}new?kind=one_of"
    new = filled(desk.get(path)) | typed | {"only": "lunch=yes", "press": "preview", "shown_in": "fr"}
    page = desk.post(path, data=new)
    shown = soup(page).select_one("#preview [lang=fr] #questions")
    assert (page.status_code, shown is not None) == (200, True)
    assert shown is not None
    assert [one.get_text() for one in shown.select("label[for^=question-menu]")] == ["Fish", "Soup"]
    assert shown.legend is not None
    assert shown.legend.text == "Questions sur cet événement"
    assert "Déjeuner ?" in shown.select(".only-if legend")[0].text
    assert (count(app, Question), "Menu" in client.get(FORM).text) == (2, False)
    kept = filled(page)
    assert {name: kept[name] for name in (*typed, "only", "shown_in")} == typed | {
        "only": "lunch=yes",
        "shown_in": "fr",
    }
    assert desk.post(path, data=kept).status_code == 303
    assert count(app, Question, key="menu") == 1

    changed = filled(desk.get(f"{LIST}lunch")) | {"label": "Do you eat?", "press": "preview"}
    shown = soup(desk.post(f"{LIST}lunch", data=changed)).select_one("#preview")
    assert shown is not None
    assert [one.get_text() for one in shown.select("#question-lunch legend, #question-menu legend")] == [
        "Do you eat?",
        "Menu",
    ]
    wrong = desk.post(path, data=new | {"label": ""})
    assert (wrong.status_code, soup(wrong).select("#preview")) == (422, [])


def test_a_question_that_is_asked_no_more_is_asked_again_with_its_answers(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind="yes_no", label="Lunch?")
    add_question(app, "menu", label="Menu", only_if="lunch", only_is="yes")
    own = str(register(client, **{"question-lunch": "yes", "question-menu": "Fish"}).location)

    def press(key: str, what: str) -> str:
        data = {"csrf_token": hidden(desk, LIST)["csrf_token"]}
        return words(desk.post(f"{LIST}{key}/{what}", data=data, follow_redirects=True))

    assert "It can be asked again below." in press("menu", "retirement")
    press("lunch", "retirement")
    assert "Menu" not in client.get(FORM).text
    assert "It is asked only upon an answer that cannot be given now." in press("menu", "resumption")
    assert "The question is asked again; the answers that there were are still there." in press("lunch", "resumption")
    press("menu", "resumption")
    assert soup(desk.get(LIST)).find("h2", string="Asked no more") is None
    page = soup(client.get(f"{own}/change"))
    assert page.select_one("#question-menu")["value"] == "Fish"  # type: ignore[index]


def test_help_purpose_and_readers_stand_in_lines_of_their_own(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "title", label="Job title", help="As on your badge", purpose="To plan")
    hint = soup(client.get(FORM)).select_one("#question-title-hint")
    assert hint is not None
    assert list(hint.stripped_strings) == [
        "As on your badge",
        "To plan",
        "Seen by the organisers of this event. Deleted on 18 July 2027.",
    ]


def test_two_organisers_who_move_neighbours_at_once_leave_each_question_a_place_of_its_own(
    app: Flask, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("first", "second", "third"):
        add_question(app, key, label=key)
    other, together, rows = signed_in(app), threading.Barrier(2), asking.rows

    def read_together(event_id: int) -> list[Question]:
        found = rows(event_id)
        with suppress(threading.BrokenBarrierError):
            together.wait(1)  # whom the lock keeps out does not come
        return found

    def up(client: FlaskClient, key: str) -> Callable[[], object]:
        sent = hidden(client, LIST) | {"to": "up"}
        return lambda: client.post(f"{LIST}{key}/position", data=sent)

    def places() -> list[tuple[str, int]]:
        with app.app_context():
            rows = db.select(Question.key, Question.position).order_by(Question.position, Question.id)
            return [(key, position) for key, position in db.session.execute(rows)]

    presses = up(desk, "second"), up(other, "third")
    with monkeypatch.context() as patched:
        patched.setattr(asking, "rows", read_together)
        at_once(*presses)
    assert [position for _key, position in places()] == [0, 1, 2]
    (*_others, (last, _position)) = places()
    up(desk, last)()
    assert places()[1] == (last, 1)
