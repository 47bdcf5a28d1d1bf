"""The form editor: questions added, worded, ordered and retired at the desk, and shown to visitors at once."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event
from s3chem_events.registration.models import Question
from s3chem_events.registration.questions import LISTED, Kind, Option, Readers
from tests.conftest import Clock
from tests.factories import add_event, add_question, hidden, register, revise_event, soup, words
from tests.support.desk import signed_in

LIST = "/desk/events/conference/questions/"
FORM = "/en/events/conference/register"
TYPED = {"purpose": "We order meals.", "keep_days": "3", "readers": "organisers", "part": "", "only": ""}


@pytest.fixture
def desk(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    return signed_in(app)


def save(desk: FlaskClient, path: str, **typed: str) -> Any:
    return desk.post(path, data={**hidden(desk, path), **TYPED, **typed})


def order(app: Flask) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(db.select(Question).filter_by(retired_at=None).order_by(Question.position))
        return [row.key for row in rows]


def test_a_question_is_added_with_its_choices_and_stands_in_the_form_at_once(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    assert "Menu" not in client.get(FORM).text
    answer = save(desk, f"{LIST}new?kind=one_of", label="Menu", choices="Fish\n\n Soup of the day ")
    assert (answer.status_code, answer.location) == (303, LIST)
    assert "Menu" in client.get(FORM).text
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert (row.key, row.options, row.keep_days, row.version) == (
            "menu",
            [{"key": "fish", "label": {"en": "Fish"}}, {"key": "soup-of-the-day", "label": {"en": "Soup of the day"}}],
            3,
            1,
        )
    save(desk, f"{LIST}menu?language=fr", label="Plat", purpose="Pour les repas", choices="Poisson\nSoupe")
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert [dict(row.label), row.options[0]["label"], row.version] == [
            {"en": "Menu", "fr": "Plat"},
            {"en": "Fish", "fr": "Poisson"},
            1,  # another language changes no meaning
        ]
    save(desk, f"{LIST}menu", label="Main dish", choices="Fish\nSoup of the day")
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert (row.version, [one["label"]["en"] for one in row.earlier]) == (2, ["Menu"])
    missing = [link["lang"] for link in soup(desk.get(LIST)).select("#question-menu p a")]
    assert missing == [code for code in LANGUAGES if code not in {"en", "fr"}]


def choices(app: Flask) -> dict[str, dict[str, str]]:
    with app.app_context():
        return {
            one["key"]: one["label"]
            for one in db.session.scalars(db.select(Question).order_by(Question.id)).first().options
        }


def test_choices_in_another_order_keep_what_was_answered(app: Flask, desk: FlaskClient, client: FlaskClient) -> None:
    save(desk, f"{LIST}new?kind=one_of", label="Hotel", choices="Sun\nMoon\nStar")
    french = {"label": "Hôtel", "purpose": "Pour réserver"}
    save(desk, f"{LIST}hotel?language=fr", **french, choices="Lune\nSoleil\nÉtoile")
    page = soup(desk.get(f"{LIST}hotel?language=fr"))
    assert [str(one) for one in page.select("#choices-hint span")] == [
        f'<span lang="en">{words}</span>' for words in ("Sun", "Moon", "Star")
    ]
    # In a second language line n is the word for choice n, whatever stood there before; nothing moves.
    save(desk, f"{LIST}hotel?language=fr", **french, choices="Soleil\nLune\n\n")
    own = str(register(client, **{"question-hotel": "sun"}).location)
    save(desk, f"{LIST}hotel", label="Hotel", choices="Moon\nStar\nSun")
    assert choices(app) == {
        "moon": {"en": "Moon", "fr": "Lune"},
        "star": {"en": "Star"},
        "sun": {"en": "Sun", "fr": "Soleil"},
    }
    ticked = soup(client.get(f"{own}/change")).select("[name=question-hotel][checked]")
    assert [one["value"] for one in ticked] == ["sun"]
    for wrong in ("Lune\nSoleil", "Lune\nÉtoile\nSoleil\nMars"):
        refused = save(desk, f"{LIST}hotel?language=fr", **french, choices=wrong)
        assert "Give each choice a line of its own, as many as in the first language." in words(refused)
    many = save(desk, f"{LIST}hotel", label="Hotel", choices="\n".join(f"Room {n}" for n in range(41)))
    assert (many.status_code, "a line of its own: at least one, at most 40." in words(many)) == (422, True)


def test_a_choice_that_takes_the_place_of_another_takes_neither_its_id_nor_its_translations(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    save(desk, f"{LIST}new?kind=one_of", label="Size", choices="Small\nMedium\nLarge")
    german = {"label": "Größe", "purpose": "Für T-Shirts"}
    save(desk, f"{LIST}size?language=de", **german, choices="Klein\nMittel\nGroß")
    save(desk, f"{LIST}new?kind=text", label="Child name", only="size=small")
    own = str(register(client, **{"question-size": "small", "question-child-name": "Mia"}).location)
    before = choices(app)
    refused = save(desk, f"{LIST}size", label="Size", choices="Medium\nLarge\nXL")
    assert (refused.status_code, choices(app)) == (422, before)
    assert "Another question is asked only upon a choice that would go." in words(refused)
    save(desk, f"{LIST}child-name", label="Child name", only="")
    save(desk, f"{LIST}size", label="Size", choices="Medium\nLarge\nXL")
    assert choices(app) == {
        "medium": {"en": "Medium", "de": "Mittel"},
        "large": {"en": "Large", "de": "Groß"},
        "xl": {"en": "XL"},
    }
    # What was answered keeps its words, though its choice is none any more.
    assert "Small" in words(client.get(own))

    def lacking() -> list[str]:
        page = soup(desk.get(f"{LIST}size?language=de"))
        return [str(one["lang"]) for one in page.select(".language-tabs a:has(+ .quiet)")]

    assert "de" in lacking()
    save(desk, f"{LIST}size?language=de", **german, choices="Mittel\nGroß\nXL")
    assert "de" not in lacking()
    # Other words in the same place, while all others stay: the same choice, said aloud, and to be translated anew.
    desk.get(LIST)
    save(desk, f"{LIST}size", label="Size", choices="Medium\nLarge\nExtra large")
    assert choices(app)["xl"] == {"en": "Extra large"}
    said = words(desk.get(LIST))
    assert "Other words for the same choice, with its answers: XL → Extra large." in said
    assert "Its words are to be given anew in: Deutsch." in said
    assert "de" in lacking()


def test_what_people_were_told_when_they_answered_is_not_widened_afterwards(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    path = f"{LIST}badge"
    save(desk, f"{LIST}new?kind=text", label="Badge", readers="accessibility")
    nobody_has_answered = save(desk, path, label="Badge", readers="organisers", keep_days="9")
    assert nobody_has_answered.status_code == 303
    register(client, **{"question-badge": "Dr"})
    for typed, sentence in (
        ({"readers": "caterer", "keep_days": "9"}, "were told who reads it"),
        ({"keep_days": "365"}, "it can only be deleted sooner"),
    ):
        answer = save(desk, path, label="Badge", **typed)
        assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert save(desk, path, label="Badge", readers="accessibility", keep_days="2").status_code == 303
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert (row.readers, row.keep_days) == (Readers.ACCESSIBILITY, 2)
    # They were told nine days: what was mistyped afterwards is put back, but no further than that.
    again = {"label": "Badge", "readers": "accessibility"}
    assert save(desk, path, **again, keep_days="10").status_code == 422
    assert save(desk, path, **again, keep_days="9").status_code == 303
    save(desk, path, **again, keep_days="1")
    register(client, email="told-one@park.example", **{"question-badge": "Prof"})
    assert save(desk, path, **again, keep_days="9").status_code == 422


@pytest.mark.one_database
@pytest.mark.parametrize("kind", ["diet", "access", "photo", "list"])
def test_what_is_ready_comes_in_all_eight_languages(app: Flask, desk: FlaskClient, kind: str) -> None:
    path = f"{LIST}new?kind={kind}"
    page = soup(desk.get(path))
    typed = {name: page.select_one(f"#{name}")["value"] for name in ("label", "purpose")}  # type: ignore[index]
    assert save(desk, path, **typed).status_code == 303
    with app.app_context():
        row = db.session.scalars(db.select(Question)).one()
        assert (row.key, row.label.missing(), row.purpose.missing(), row.required) == (kind, [], [], False)


def test_what_does_not_hold_together_is_said_and_nothing_typed_is_lost(app: Flask, desk: FlaskClient) -> None:
    answer = save(desk, f"{LIST}new?kind=one_of", label="Menu", choices="", purpose="", keep_days="-1", help="Hm")
    page = soup(answer)
    assert (answer.status_code, order(app)) == (422, [])
    assert len(page.select(".problem li")) == 2
    assert page.select_one("#help")["value"] == "Hm"  # type: ignore[index]
    assert save(desk, f"{LIST}new?kind=one_of", label="Menu", choices="").status_code == 422


def test_questions_move_by_buttons_but_not_before_the_one_that_they_depend_on(app: Flask, desk: FlaskClient) -> None:
    add_question(app, "lunch", kind="yes_no")
    add_question(app, "menu", label="Menu", only_if="lunch", only_is="yes")
    add_question(app, "hall", label="Hall")

    def press(key: str, to: str) -> list[str]:
        token = hidden(desk, LIST)["csrf_token"]
        assert desk.post(f"{LIST}{key}/position", data={"to": to, "csrf_token": token}).status_code == 303
        return order(app)

    assert press("hall", "up") == ["lunch", "hall", "menu"]
    assert press("hall", "up") == ["hall", "lunch", "menu"]
    assert press("menu", "up") == ["hall", "lunch", "menu"]
    assert press("hall", "down") == ["lunch", "hall", "menu"]


def test_a_question_that_is_asked_no_more_leaves_the_form_unless_another_needs_it(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind="yes_no")
    add_question(app, "menu", label="Menu", only_if="lunch", only_is="yes")

    def press(key: str) -> str:
        token = hidden(desk, LIST)["csrf_token"]
        answer = desk.post(f"{LIST}{key}/retirement", data={"csrf_token": token}, follow_redirects=True)
        return words(answer)

    assert "Another question is asked only upon an answer to this one." in press("lunch")
    press("menu")
    assert (order(app), "Menu" in client.get(FORM).text) == (["lunch"], False)
    header = desk.get("/desk/events/conference/participants.csv").get_data(as_text=True).splitlines()[0]
    assert "Menu" not in header, "nobody ever answered it"


def test_the_preview_is_what_the_form_shows(app: Flask, desk: FlaskClient, client: FlaskClient) -> None:
    add_question(app, "lunch", kind="yes_no", required=True)
    add_question(app, "diet", kind="diet", readers="caterer", label="Diet", only_if="lunch", only_is="yes")

    def shown(page: Any) -> str:
        text = str(soup(page).select_one("#questions"))
        return re.sub(r"\s+", " ", text)

    for language in ("en", "de"):
        preview = desk.get(f"{LIST}preview?language={language}")
        form = client.get(FORM.replace("/en/", f"/{language}/"))
        assert shown(preview) == shown(form)
        assert soup(preview).html["lang"] == "en"  # type: ignore[index]
        assert "As visitors see them" in words(preview)  # the desk keeps its own


def test_a_helper_and_a_reader_do_not_edit_the_form(app: Flask, desk: FlaskClient) -> None:
    for role in (Role.DESK_HELPER, Role.READ_ONLY):
        assert signed_in(app, role, events=("conference",)).get(LIST).status_code == 403


def test_hostile_words_of_an_organiser_are_shown_as_typed(app: Flask, desk: FlaskClient, client: FlaskClient) -> None:
    evil = '<script>alert("{{7*7}}")</script>'
    assert (
        save(desk, f"{LIST}new?kind=several_of", label=evil, choices=evil, purpose=evil, help=evil).status_code == 303
    )
    for page in (client.get(FORM), desk.get(LIST), desk.get(f"{LIST}preview"), register(client, email="x")):
        assert ("<script>alert" in page.text, "{{7*7}}" in page.text, "49" in words(page)) == (False, True, False)


def test_a_question_is_duplicated_and_questions_come_from_another_event(app: Flask, desk: FlaskClient) -> None:
    add_question(app, "lunch", kind="yes_no")
    add_question(app, "menu", label="Menu", only_if="lunch", only_is="yes", part="day-2")
    token = {"csrf_token": hidden(desk, LIST)["csrf_token"]}
    answer = desk.post(f"{LIST}menu/copy", data=token)
    assert answer.headers["Location"] == f"{LIST}menu-2"
    assert order(app) == ["lunch", "menu", "menu-2"]
    add_event(app, slug="other")
    add_question(app, "lunch", slug="other", kind="yes_no", label="Lunch?")
    path = "/desk/events/other/questions/import"
    assert [option["value"] for option in soup(desk.get(path)).select("#event option")] == ["conference"]
    answer = desk.post(path, data=token | {"event": "conference"}, follow_redirects=True)
    assert "2 questions copied." in words(answer)
    with app.app_context():
        keys = db.session.scalars(db.select(Question.key).where(Question.event_id == 2).order_by(Question.position))
        assert list(keys) == ["lunch", "menu", "menu-2"]
    bound = signed_in(app, Role.PARTNER_ORGANISER, events=("other",))
    assert "There is no other event." in words(bound.get(path))
    list_of_other = "/desk/events/other/questions/"
    token = {"csrf_token": hidden(bound, list_of_other)["csrf_token"]}
    assert bound.post(path, data=token | {"event": "conference"}).status_code == 404


def test_the_preview_is_the_public_form_itself_in_each_language_and_sends_nothing(
    app: Flask, desk: FlaskClient, client: FlaskClient
) -> None:
    add_question(app, "lunch", kind="yes_no")
    add_question(app, "menu", label="Menu", only_if="lunch", only_is="yes")
    revise_event(app, state=State.DRAFT, opens=None)
    path = str(soup(desk.get(f"{LIST}preview")).select_one("a[href*='/previews/']")["href"])  # type: ignore[index]
    assert client.get("/en/events/conference/register").status_code == 404
    page = soup(client.get(path))
    assert page.select_one("#given_name") is not None
    assert page.select(".only-if legend")[0].text == "Only if you answer “Yes” to “Do you stay for lunch?”"
    assert all(button.has_attr("disabled") for button in page.select("form#registration button[type=submit]"))
    assert soup(client.get(path.replace("/en/", "/fr/"))).find("h1").text == "S’inscrire"
    assert client.post(path).status_code == 405
    assert client.get(path[:-2] + "xx").status_code == 404
    with app.app_context():
        assert db.session.scalar(db.select(Event.state)) is State.DRAFT


@pytest.mark.one_database
def test_the_form_stays_light_with_twenty_questions(app: Flask, client: FlaskClient) -> None:
    add_event(app)
    sorts = list(Kind)
    for number in range(20):
        kind = sorts[number % len(sorts)]
        options = tuple(Option(f"o{n}", Text(en=f"Choice {n} in some words")) for n in range(12))
        readers = {Kind.DIET: "caterer", Kind.ACCESS: "accessibility"}.get(kind, "organisers")
        add_question(
            app,
            f"q{number}",
            kind=kind.value,
            label=f"Question {number}, put in as many words as such a question usually has",
            help="And a sentence that explains what is meant by it.",
            readers=readers,
            options=options if kind in LISTED else (),
        )
    page = client.get("/en/events/conference/register")
    assert len(soup(page).select("[name^=question-]")) > 20
    styles = sum(len(client.get(str(link["href"])).data) for link in soup(page).select("link[rel=stylesheet]"))
    assert len(page.data) + styles < 100_000
