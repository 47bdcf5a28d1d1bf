"""What came by e-mail, at the desk: a stranger's words as words, put away once, by those who may."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import intake
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db
from s3chem_events.desk import arrivals as desk_arrivals
from s3chem_events.mailing import arrivals
from s3chem_events.mailing.kinds import Arrived
from s3chem_events.mailing.models import Arrival
from tests.factories import (
    CONFERENCE,
    FILLED,
    FILLED_WORKSHOP,
    WORKSHOP,
    add_event,
    count,
    hidden,
    register,
    soup,
    words,
)
from tests.support import dkim_keys
from tests.support.desk import signed_in
from tests.support.post import rows, work
from tests.support.replies import Reply
from tests.support.statements import statements

HOSTILE = (
    b"From: =?utf-8?q?=3Cscript=3Ealert=281=29=3C/script=3E?= <x@evil.example>\r\n"
    b"To: events@s3chem.example\r\nSubject: {{7*7}} =?utf-8?q?=22=3E=3Cimg_src=3Dx_onerror=3Dalert=281=29=3E?=\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head><style>p{}</style></head><body><p>Hello</p><script>alert(2)</script>"
    b"<img src='https://evil.example/pixel.png'><a href='https://evil.example/'>there</a> &lt;b&gt;</body></html>"
)


def receive(app: Flask, raw: bytes) -> str:
    with app.app_context():
        return intake.receive(raw, resolver=dkim_keys.unreachable).reason


@pytest.fixture
def organiser(app: Flask) -> FlaskClient:
    return signed_in(app)


@pytest.mark.usefixtures("clock")  # or the minute may be forty-nine
def test_hostile_e_mail_is_read_as_words_and_fetches_nothing(app: Flask, organiser: FlaskClient):
    receive(app, HOSTILE)
    for path in ("/desk/mail/arrivals/", "/desk/mail/arrivals/1"):
        page = organiser.get(path)
        assert "<script>alert" not in page.text
        assert "onerror=alert(1)>" not in page.text.replace("&gt;", "")  # escaped
        assert "49" not in words(page)
        assert '{{7*7}} "><img src=x onerror=alert(1)>' in words(page)
    shown = words(organiser.get("/desk/mail/arrivals/1"))
    assert "Hello" in shown
    assert "there <b>" in shown
    assert "alert(2)" not in shown
    assert "evil.example/pixel" not in organiser.get("/desk/mail/arrivals/1").text


def test_answer_that_waits_says_who_answers_what(app: Flask, organiser: FlaskClient):
    waiting = Reply(uid="other@localhost", organizer="events+r1-1-abcdefgh234567ab@s3chem.example")
    assert receive(app, waiting.mail("exchange")) == "unknown_tag"
    assert "E-mails that came in wait for a person (1). Read them" in words(organiser.get("/desk/"))
    page = words(organiser.get("/desk/mail/arrivals/1"))
    assert "The address it was sent to is not one of ours, or its link was replaced." in page
    assert "Declined in the calendar · zaneta@uczelnia.example · Je suis désolée, à bientôt" in page


def test_only_what_is_known_as_an_answer_is_read_as_one_again(
    app: Flask, organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    waiting = Reply(uid="other@localhost", organizer="events+r1-1-abcdefgh234567ab@s3chem.example")
    assert receive(app, waiting.mail("exchange") + b"x" * 300_000) == "unknown_tag"
    assert receive(app, HOSTILE) == "somebody_wrote"
    sizes, read = list[int](), arrivals.read

    def counted(raw: bytes) -> Arrived:
        sizes.append(len(raw))
        return read(raw)

    monkeypatch.setattr(arrivals, "read", counted)
    for path in ("", "1", "2"):
        assert organiser.get(f"/desk/mail/arrivals/{path}").status_code == 200
    assert sizes == [desk_arrivals.HEAD, desk_arrivals.MOST_OF_ANSWER]


def test_put_away_its_text_is_gone_and_it_waits_no_more(app: Flask, organiser: FlaskClient):
    receive(app, HOSTILE)
    path = "/desk/mail/arrivals/1"
    token = hidden(organiser, path)
    for said in ("Done; the text of the e-mail has been erased.", "Nothing was changed."):
        answer = organiser.post(f"{path}/completion", data=token, follow_redirects=True)
        assert said in words(answer)
    with app.app_context():
        (arrival,) = db.session.scalars(db.select(Arrival))
        assert (arrival.state, arrival.raw) == ("done", None)
    assert "its text has been erased" in words(organiser.get(path))
    assert "Nothing is waiting." in words(organiser.get("/desk/mail/arrivals/"))
    assert organiser.get("/desk/mail/arrivals/2").status_code == 404


def test_who_may_not_see_the_mail_sees_nothing_that_came(app: Flask):
    receive(app, HOSTILE)
    helper = signed_in(app, Role.DESK_HELPER)
    assert helper.get("/desk/mail/arrivals/1").status_code == 403
    assert count(app, Arrival, state="for_a_person") == 1


def test_partner_organisers_read_and_finish_what_answers_e_mails_about_their_own_events_alone(
    app: Flask, client: FlaskClient
):
    answers = []
    for event, form in ((CONFERENCE, FILLED), (WORKSHOP, FILLED_WORKSHOP)):
        add_event(app, event)
        register(client, f"/en/events/{event.slug}/register", **form)
        work(app)
        answers.append(f"In-Reply-To: {rows(app)[-1].message_id}\r\n".encode())
    for number, answer in enumerate([*answers, b""], start=1):  # the last is about nothing in particular
        receive(app, answer + b"From: a%d@b.example\r\nSubject: Words %d\r\n\r\nSecret %d" % ((number,) * 3))
    partner, other = (signed_in(app, Role.PARTNER_ORGANISER, events=(slug,)) for slug in ("conference", "workshop"))
    for desk, mine, title in ((partner, 1, "Final conference"), (other, 2, WORKSHOP.title["en"])):
        assert "E-mails that came in wait for a person (1). Read them" in words(desk.get("/desk/"))
        listed = desk.get("/desk/mail/arrivals/")
        assert [a.text for a in soup(listed).select("ol.letters a")] == [f"Words {mine}"]
        assert ("Undelivered" in words(listed), 'href="/desk/mail/"' in listed.text) == (False, False)
        assert "Incoming e-mail" in [a.text.strip() for a in soup(listed).select("nav a")]
        status = [desk.get(f"/desk/mail/arrivals/{number}").status_code for number in (1, 2, 3, 4)]
        assert status == [200 if number == mine else 404 for number in (1, 2, 3, 4)]
        token = hidden(desk, f"/desk/mail/arrivals/{mine}")
        refused = [desk.post(f"/desk/mail/arrivals/{n}/completion", data=token).status_code for n in {1, 2, 3} - {mine}]
        assert refused == [404, 404]
        shown = words(desk.get(f"/desk/mail/arrivals/{mine}"))
        assert ("Secret" in shown, f"Event {title} Reference" in shown) == (True, True)
        assert desk.get("/desk/mail/").status_code == 403
    assert count(app, Arrival, state="for_a_person") == 3
    token = hidden(partner, "/desk/mail/arrivals/1")
    done = partner.post("/desk/mail/arrivals/1/completion", data=token, follow_redirects=True)
    assert "Done; the text of the e-mail has been erased." in words(done)
    assert ("Nothing is waiting." in words(done), "came in" in words(partner.get("/desk/"))) == (True, False)
    for role in (Role.DESK_HELPER, Role.READ_ONLY, Role.COMMUNICATION):
        assert signed_in(app, role).get("/desk/mail/arrivals/").status_code == 403
    everything = signed_in(app).get("/desk/mail/arrivals/")
    assert [a.text for a in soup(everything).select("ol.letters a")] == ["Words 3", "Words 2"]


def test_list_takes_the_same_statements_for_one_and_for_three(app: Flask, organiser: FlaskClient):
    numbers = []
    for more in (1, 2):
        for n in range(more):
            receive(app, b"From: a@b.example\r\nSubject: %d %d\r\n\r\nx" % (more, n))
        with statements(app) as seen:
            assert organiser.get("/desk/mail/arrivals/").status_code == 200
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]


def test_what_a_calendar_answered_shows_in_the_list_at_the_person_and_on_the_own_page(
    app: Flask, client: FlaskClient, organiser: FlaskClient
):
    add_event(app)
    own_page = register(client).location
    work(app)
    calendar = re.sub("\r\n ", "", rows(app)[-1].calendars[0])
    invited = Reply(uid=re.findall("UID:(.*)\r", calendar)[0], organizer="")
    with app.app_context():
        organizer = re.findall("ORGANIZER.*mailto:(.*)\r", calendar)[0]
    assert organizer == "events@s3chem.example"
    tentative = replace(invited, organizer=organizer, partstat="TENTATIVE").mail("gmail")
    signed = dkim_keys.signed(tentative, "uczelnia.example")
    with app.app_context():
        assert intake.receive(signed, resolver=dkim_keys.names("uczelnia.example")).reason == "tentative"
    listed = organiser.get("/desk/events/conference/participants")
    assert "“Maybe” in the calendar" in words(listed)
    reference = re.findall("participants/(S3C-[A-Z0-9]+)", listed.text)[0]
    person = words(organiser.get(f"/desk/events/conference/participants/{reference}"))
    assert "“Maybe” in the calendar" in person
    assert "Answered in the calendar" in person
    assert "Calendar answer" in person
    assert "You answered “maybe” in your calendar." in words(client.get(own_page))
