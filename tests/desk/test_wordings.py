"""Organisers' own words for the e-mails of the program: written at the desk, and what arrives."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events import dispatch
from s3chem_events.accounts.roles import Role
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import wording_words
from s3chem_events.mailing import render, wording, wording_samples
from s3chem_events.mailing.models import Wording
from s3chem_events.publishing.letterhead import letterhead_of
from tests.factories import add_event, hidden, soup, words
from tests.support.desk import filled, signed_in
from tests.support.post import enrol, kept, rows, work

LIST = "/desk/mail/wordings/"
CONFIRMED = f"{LIST}registration.confirmed/"
OTHERWISE = {  # facts that write what is another's e-mail, or an organiser's text as a whole
    "registration.address_put_back": "registration.address_changed",
    "registration.disowned": "event.disowned",
    "delegation.person_added": "delegation.registered",
    "delegation.person_disowned": "delegation.registered",
    "delegation.summary_requested": "delegation.registered",
    "delegation.disowned": "event.disowned",
    "campaign.tested": None,
    "wording.tested": None,
}


@pytest.fixture(autouse=True)
def house(app: Flask, clock) -> None:
    add_event(app)


def reword(client: FlaskClient, language: str, **passages: str) -> TestResponse:
    path = f"{CONFIRMED}{language}"
    return client.post(path, data={**filled(client.get(path)), **passages}, follow_redirects=True)


def test_a_reworded_confirmation_arrives_in_its_language_alone_until_it_is_reset(app):
    client = signed_in(app)
    assert "Saved." in words(reword(client, "fr"))  # as it stands: narrow spaces and all, nothing is reworded
    assert "Reworded" not in words(client.get(LIST))
    before = {language: enrolled(app, language) for language in ("en", "fr")}
    answer = reword(
        client,
        "fr",
        subject="Bienvenue à {{event_title}}, {{name}}",
        greeting="Bonjour {{name}} !",
        opening="Nous sommes **ravis**. [Votre page]({{own_link}})\n\nÀ *bientôt* : {{event_dates}}",
        closing="L’équipe <script>",
    )
    assert "Saved. E-mails that are written from now on say this." in words(answer)
    shown = soup(answer)
    assert [one.get_text(" ", strip=True) for one in shown.select("dl.changes dd")][1:3] == [
        "Bonjour taken out: {{name}}, put in: {{name}} !",
        (
            "taken out: Votre place est confirmée. "
            "put in: Nous sommes **ravis**. [Votre page]({{own_link}}) \n \n À *bientôt* : {{event_dates}}"
        ),
    ]
    assert "Bienvenue à" in shown.select_one(".sample-subject").get_text()
    assert "L’équipe &lt;script&gt;" in client.get(f"{CONFIRMED}fr/body").text
    listed = words(client.get(LIST))
    assert "A registration is confirmed Reworded français" in listed
    assert listed.count("Reworded") == 1

    english, french = enrolled(app, "en", "Berta"), enrolled(app, "fr", "{{own_link}} {{7*7}} <b>")
    assert english.text.splitlines()[:3] == ["Dear Berta Nowak,", "", "Your place is confirmed."]
    assert english.envelope.subject == before["en"].envelope.subject.replace("Anna en", "Berta")
    name = "{{own_link}} {{7*7}} <b> Nowak"
    assert french.envelope.subject.startswith("Bienvenue à ")
    headings = [mail.html.partition("<h1")[2].partition("</h1>")[0].partition(">")[2] for mail in (english, french)]
    assert headings[0] == "Your place is confirmed"
    assert ("Bienvenue à " in headings[1], "Votre place" in headings[1]) == (True, False)
    assert french.envelope.subject.endswith(f", {name}")
    assert french.text.startswith(f"Bonjour {name} !\n\nNous sommes ravis. Votre page\n(http://localhost/fr/")
    assert "Votre place est confirmée." not in french.text
    assert "Bonjour {{own_link}} {{7*7}} &lt;b&gt; Nowak !" in french.html
    assert ("<strong>ravis</strong>" in french.html, "<script>" in french.html) == (True, False)
    # What an e-mail must hold is all there still.
    kept_lines = [line for line in before["fr"].text.splitlines() if line.startswith("---") or "calendrier" in line]
    assert [line for line in kept_lines if line not in french.text] == []
    assert before["fr"].text.count("http") + 1 == french.text.count("http")
    assert french.text.index("L’équipe <script>") < french.text.index("-----")

    asked = client.get(f"{CONFIRMED}fr/reset")
    assert "Your own words for this e-mail in this language are deleted." in words(asked)
    form = {str(one["name"]): str(one["value"]) for one in soup(asked).select("main form input")}
    assert "The original is back." in words(client.post(f"{CONFIRMED}fr/reset", data=form, follow_redirects=True))
    assert enrolled(app, "fr", "Clara").text.splitlines()[2:5] == before["fr"].text.splitlines()[2:5]
    history = [one.get_text() for one in soup(client.get(f"{CONFIRMED}fr")).select(".history-list li")]
    assert [("original put back" in one, "coordinator0@s3chem.example" in one) for one in history] == [
        (True, True),
        (False, True),
        (False, True),
    ]


def enrolled(app: Flask, language: str, given_name: str = ""):
    enrol(app, language=language, given_name=given_name or f"Anna {language}")
    work(app)
    return kept(app)[-1]


@pytest.mark.one_database
def test_what_cannot_be_sent_as_it_is_meant_is_refused_with_everything_typed(app):
    client = signed_in(app)
    for field, text, said in (
        ("opening", "{{7*7}}", "“{{7*7}}” is no placeholder that can be used here. These can: {{name}}"),
        ("subject", "Hello {{event.__init__}}", "“{{event.__init__}}” is no placeholder"),
        ("opening", "Your page: {{own_link}", "“{{own_link}” is no placeholder that can be used here."),
        ("subject", "Open {{own_link}} now", "“{{own_link}}” is an address. Nobody can press it in a subject"),
        ("closing", "[x](https://evil.example/{{name}})", "A placeholder cannot be a piece of an address."),
        ("closing", "https://evil.example/?x={{own_link}}", "A placeholder cannot be a piece of an address."),
        ("closing", '[x](https://evil.example "{{own_link}}")', "A placeholder cannot be a piece of an address."),
        ("closing", "![Our hall](https://a.example/hall.png)", "An e-mail holds no images"),
        ("greeting", "Hi", "This is too short to say anything."),
        ("opening", "x" * 5_001, "5000"),
    ):
        answer = reword(client, "en", **{field: text})
        assert answer.status_code == 422
        assert said in words(answer)
        typed = soup(answer).select_one(f"#{field}")
        assert typed is not None
        assert (typed.get("value") or typed.get_text().strip()) == text
    assert client.get(f"{LIST}campaign.tested/en").status_code == 404
    assert client.get(f"{CONFIRMED}xx").status_code == 404
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(Wording.id))) == 0


def test_of_two_who_save_at_once_the_second_compares_first(app):
    olga, diego = signed_in(app), signed_in(app)
    theirs = filled(diego.get(f"{CONFIRMED}en"))
    reword(olga, "en", greeting="Good day {{name}},")
    answer = diego.post(f"{CONFIRMED}en", data={**theirs, "greeting": "Hey {{name}}!"})
    assert answer.status_code == 409
    assert "Someone else has saved meanwhile." in words(answer)
    assert "Good day {{name}}," in soup(answer).select_one("details.sample").get_text()
    assert filled(answer)["greeting"] == "Hey {{name}}!"
    assert "Saved." in words(diego.post(f"{CONFIRMED}en", data=filled(answer), follow_redirects=True))
    late = {**hidden(diego, f"{CONFIRMED}en/reset"), "version": "1"}
    assert "Look at it once more." in words(diego.post(f"{CONFIRMED}en/reset", data=late, follow_redirects=True))
    assert enrolled(app, "en").text.startswith("Hey Anna en Nowak!")


@pytest.mark.one_database
def test_a_test_reaches_the_organiser_alone_and_says_what_it_is(app):
    client = signed_in(app)
    reword(client, "de", opening="Schön, dass Sie kommen.")
    form = hidden(client, f"{CONFIRMED}de")
    assert "A test is on its way" in words(client.post(f"{CONFIRMED}de/test", data=form, follow_redirects=True))
    work(app)
    (sent,) = rows(app)
    assert (sent.address, sent.language) == ("coordinator0@s3chem.example", "de")
    assert sent.subject.startswith("[Test] ")
    assert ("Schön, dass Sie kommen." in sent.text, "Schön, dass Sie kommen." in sent.html) == (True, True)
    assert "Anna Example" in sent.html


@pytest.mark.one_database
def test_words_that_another_version_cannot_use_hold_up_no_email_and_are_told(app, caplog):
    client = signed_in(app)
    reword(client, "en", opening="Welcome.")
    with app.app_context(), transaction():
        one = db.session.scalars(db.select(Wording)).one()
        one.original = {**one.original, "opening": "Your seat is confirmed."}
    page = words(client.get(f"{CONFIRMED}en"))
    assert "The original has changed since" in page
    assert "taken out: seat put in: place" in page
    with app.app_context(), transaction():
        db.session.scalars(db.select(Wording)).one().passages = {"opening": "Welcome, {{gone}}."}
    assert "so the original is sent" in words(client.get(f"{CONFIRMED}en"))
    assert "Your place is confirmed." in enrolled(app, "en").text
    assert "the wording of registration.confirmed in en does not fit any more" in caplog.text
    # A place that nobody knows yet: the passage that names it stays the original's.
    values = {"event": {"title": "Conference", "place": ""}}
    said = wording.filled("event.reminded", {"subject": "To {{event_place}}", "opening": "Now {{event_title}}"}, values)
    assert (said.names, said.text["opening"]) == (("opening",), "Now Conference")


@pytest.mark.one_database
def test_every_email_that_a_fact_causes_can_be_reworded_in_each_language(app):
    assert {kind for group in wording_words_in(app) for kind in group} == set(wording.KINDS)
    assert {OTHERWISE.get(fact, fact) for fact in dispatch.EMAILS} - {None} <= set(wording.KINDS)
    with app.test_request_context("/en/"):
        letterhead = letterhead_of(settings())
        for kind in wording.KINDS:
            for language in LANGUAGES:
                original = wording_samples.original(kind, language, letterhead)
                made_up = ("Example", "2030", wording_samples.REFERENCE, "123 456")
                assert [one for one in made_up if one in "".join(original.values())] == [], kind
                names = {name: f" {{{{{name}}}}}" for name in wording.KINDS[kind]}
                passages = {passage: f"My own {passage}{''.join(names.values())}" for passage in original}
                if "subject" in passages:
                    said = "".join(mark for name, mark in names.items() if name not in wording.LINKS)
                    passages["subject"] = f"My own subject{said}"
                wording.check(kind, passages)
                sample = wording_samples.sample(kind, language, letterhead)
                plain = render.written(sample, letterhead, at=now())
                mine = render.written(sample, letterhead, at=now(), wordings={(kind, language): passages})
                found = [passage for passage in original if f"My own {passage}" in mine.subject + mine.text]
                assert found == list(original), (kind, language)
                assert [one for one in found if one != "subject" and f"My own {one}" not in mine.html] == []
                assert "{{" not in plain.subject + plain.text + mine.subject + mine.text + mine.html
                assert funding_and_reason(plain.text) == funding_and_reason(mine.text)


def wording_words_in(app: Flask) -> list[dict[str, str]]:
    with app.test_request_context("/en/"):
        return list(wording_words.groups().values())


def funding_and_reason(text: str) -> str:
    return text.rpartition("-" * 72)[2]


@pytest.mark.one_database
def test_wordings_are_for_coordinators(app):
    client = signed_in(app, Role.COMMUNICATION)
    assert signed_in(app).get(LIST).status_code == 200
    assert client.get(LIST).status_code == 403
