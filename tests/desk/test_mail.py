from datetime import timedelta

import pytest

from s3chem_events import create_app, dispatch
from s3chem_events.accounts import actions
from s3chem_events.core import config
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import queries
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import MailServerState, OutgoingEmail
from tests.factories import add_event, count, register, soup, words
from tests.support.desk import signed_in
from tests.support.post import enrol, relay
from tests.support.post_office import At
from tests.support.servers import free_port, mailing_to
from tests.support.statements import statements


def work(app) -> None:
    with app.app_context():
        dispatch.work(seconds=5)


def change(app, **values) -> None:
    with app.app_context(), transaction():
        db.session.execute(db.update(OutgoingEmail).values(values))


def press(client, page: str, action: str):
    """Press the button of a page that posts to this address."""
    form = next(form for form in soup(client.get(page)).select("main form") if form["action"] == action)
    return client.post(action, data={field["name"]: field["value"] for field in form.select("input")})


@pytest.fixture
def confirmation(app, client) -> None:
    add_event(app)
    register(client)


def test_the_outbox_says_where_an_email_stands_and_shows_it_in_a_cage(app, confirmation):
    desk = signed_in(app)
    work(app)
    listed = words(desk.get("/desk/mail/"))
    assert "1 e-mail " in listed
    assert "zaneta@uczelnia.example Kept in the mailbox 1" in listed
    page = desk.get("/desk/mail/1")
    frame = soup(page).select_one("iframe")
    assert frame is not None
    assert (frame["src"], frame["sandbox"]) == ("/desk/mail/1/body", [])
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    body = desk.get("/desk/mail/1/body")
    policy = body.headers["Content-Security-Policy"]
    assert ("sandbox" in policy, "script" in policy, "default-src 'none'" in policy) == (True, False, True)
    assert "Final conference" in body.text


@pytest.mark.parametrize(
    "query,found", [("state=sent", 1), ("state=failed", 0), ("address=ZANETA", 1), ("address=%25", 0)]
)
def test_filters_find_by_state_and_address(app, confirmation, query, found):
    work(app)
    page = soup(signed_in(app).get(f"/desk/mail/?{query}&page=1"))
    assert len(page.select("tbody tr")) == found
    assert signed_in(app).get("/desk/mail/?state=nonsense&page=-3").status_code == 200


def test_an_email_is_stopped_and_sent_after_all(app, confirmation):
    with app.app_context():
        dispatch.relay()
    desk = signed_in(app)
    press(desk, "/desk/mail/1", "/desk/mail/1/cancellation")
    work(app)
    assert count(app, OutgoingEmail, state=State.CANCELLED) == 1
    press(desk, "/desk/mail/1", "/desk/mail/1/retry")
    work(app)
    assert count(app, OutgoingEmail, state=State.SENT) == 1
    late = desk.post("/desk/mail/1/cancellation", data=token(desk))
    assert late.location == "/desk/mail/1"
    assert "Too late" in words(desk.get("/desk/mail/1"))
    desk.post("/desk/mail/1/retry", data=token(desk))
    assert "already on its way" in words(desk.get("/desk/mail/1"))


def token(desk) -> dict[str, str]:
    field = soup(desk.get("/desk/")).select_one("input[name=csrf_token]")
    assert field is not None
    return {"csrf_token": str(field["value"])}


def test_a_failure_is_seen_on_the_overview_with_the_servers_words(app, confirmation):
    change_all = {"state": State.FAILED, "due_at": None, "last_code": 550, "last_text": "5.1.1 No such mailbox"}
    work(app)
    change(app, **change_all)
    desk = signed_in(app)
    assert "Some e-mails could not be delivered (1)." in words(desk.get("/desk/"))
    assert "Failed 5.1.1 No such mailbox" in words(desk.get("/desk/mail/?state=failed"))


def test_a_silent_server_and_what_waits_too_long_are_said(app, confirmation):
    work(app)
    change(app, state=State.DEFERRED, created_at=now() - timedelta(hours=25))
    with app.app_context(), transaction():
        db.session.merge(MailServerState(name="mailbox", troubles=3, troubled_since=now() - timedelta(hours=2)))
    page = words(signed_in(app).get("/desk/"))
    assert "The mail server has not responded properly since" in page
    assert "Some e-mails have been waiting for more than a day (1)." in page


def test_a_colleagues_way_in_is_not_shown_in_the_outbox(app):
    desk = signed_in(app)
    with app.app_context(), transaction():
        actions.request_link("coordinator0@s3chem.example")
    work(app)
    assert "Not shown: it contains a colleague’s sign-in link." in words(desk.get("/desk/mail/1"))
    assert "/desk/sign-in/" not in desk.get("/desk/mail/1").text + desk.get("/desk/mail/1/body").text


def test_the_mailbox_shows_an_email_as_a_person_reads_it(app, confirmation):
    desk = signed_in(app)
    assert "Nothing here yet." in words(desk.get("/desk/mailbox/"))
    work(app)
    letter = soup(desk.get("/desk/mailbox/")).select_one(".letters a")
    assert letter is not None
    page = desk.get(str(letter["href"]))
    assert "zaneta@uczelnia.example" in words(page)
    assert "BEGIN:VCALENDAR" in words(page)
    file = soup(page).select_one("a[download]")
    assert file is not None
    answer = desk.get(str(file["href"]))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert desk.get(str(file["href"]).replace("/1", "/9")).status_code == 404
    assert desk.get("/desk/mailbox/..%2f..%2fsecret_key").status_code == 404


def test_a_list_takes_the_same_statements_for_one_email_and_for_many(app, confirmation):
    work(app)
    desk = signed_in(app)
    with statements(app) as for_one:
        desk.get("/desk/mail/")
    with app.app_context():
        row = {c.name: getattr(db.session.get(OutgoingEmail, 1), c.name) for c in OutgoingEmail.__table__.columns}
    for number in range(2, 55):
        with app.app_context(), transaction():
            db.session.execute(
                db.insert(OutgoingEmail).values(row | {"id": number, "address_digest": f"digest {number}"})
            )
    with statements(app) as for_many:
        desk.get("/desk/mail/")
    assert len(for_many) == len(for_one) > 0
    assert len(soup(desk.get("/desk/mail/")).select("tbody tr")) == 50
    assert len(soup(desk.get("/desk/mail/?page=2")).select("tbody tr")) == 4


def test_every_refusal_of_the_real_server_is_shown_at_once(app_with_server, smtp_server):
    app = app_with_server
    add_event(app)
    register(app.test_client())
    smtp_server.answer(At.RCPT, "550 5.1.1 No such mailbox")
    work(app)
    desk = signed_in(app)
    assert "Failed" in words(desk.get("/desk/mail/"))
    assert "550 5.1.1 No such mailbox" in words(desk.get("/desk/mail/1"))
    assert "No mail server is set" not in words(desk.get("/desk/"))


@pytest.fixture
def app_with_server(environ, smtp_server):
    server = mailing_to(smtp_server.port)
    app = create_app(config.load(environ | server))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_silent_server_is_explained_and_asked_at_once_for_the_email_that_somebody_wants(environ, clock):
    port = free_port()
    server = mailing_to(port)
    app = create_app(config.load(environ | server))
    add_event(app)
    for number in (1, 2):
        register(app.test_client(), email=f"p{number}@uczelnia.example")
    work(app)
    desk = signed_in(app)
    said = (
        "The mail server has not responded properly since 23 November 2026, 13:00 CET: "
        "the server refuses the connection. 2 e-mails are waiting. The next try is at 23 November 2026, 13:00 CET."
    )
    for page in ("/desk/", "/desk/mail/"):
        assert said in words(desk.get(page))
    assert "Put off no connection" not in words(desk.get("/desk/mail/1"))
    press(desk, "/desk/mail/1", "/desk/mail/1/retry")
    page = words(desk.get("/desk/mail/1"))
    assert "with this e-mail first in line." in page
    assert "Next try as soon as possible" in page
    work(app)
    with app.app_context():
        tries = [(email.id, email.attempts) for email in queries.emails(queries.Wanted())]
        db.session.remove()
        db.engine.dispose()
    assert tries == [(2, 0), (1, 1)]  # asked for by hand, its tries begin anew


def test_a_change_that_became_no_email_is_shown_with_its_reason_and_tried_again(app, confirmation, monkeypatch):
    desk = signed_in(app)

    def broken(*_):
        raise RuntimeError("no such template")

    with monkeypatch.context() as patch:
        patch.setitem(dispatch.EMAILS, "registration.confirmed", (broken,))
        work(app)
    assert "could not be turned into e-mails (1)" in words(desk.get("/desk/"))
    page = desk.get("/desk/mail/")
    assert "registration.confirmed" in words(page)
    assert "RuntimeError" in words(page)
    form = next(f for f in soup(page).select("main form") if "unwritten" in str(f.get("action")))
    fields = {field["name"]: field["value"] for field in form.select("input")}
    twice = [desk.post(form["action"], data=fields).status_code for _ in range(2)]
    assert twice == [302, 404]  # the second time nothing waits for a hand any more
    work(app)
    assert count(app, OutgoingEmail, kind="registration.confirmed") == 1
    assert "could not be turned" not in words(desk.get("/desk/"))


def test_all_that_is_held_back_is_sent_at_one_press(app, clock):
    add_event(app)
    for number in range(8):  # as people of one office do; eight in a minute would be a robot's
        enrol(app, email="office@park.example", family_name=f"Nowak {number}")
        relay(app)
        clock.advance(seconds=20)
    work(app)
    assert count(app, OutgoingEmail, state=State.SENT) == 5
    desk = signed_in(app)
    assert "3 e-mails held back" in words(desk.get("/desk/mail/"))
    press(desk, "/desk/mail/", "/desk/mail/held/release")
    page = words(desk.get("/desk/mail/"))
    assert ("3 e-mails are on their way." in page, "held back" in page.partition("Created")[0]) == (True, False)
    work(app)
    assert count(app, OutgoingEmail, state=State.SENT) == 8
    with app.app_context():
        released = db.session.scalars(db.select(Fact).filter_by(kind="email.released")).one()
        assert (released.by, released.data) == ("organiser:1", {"emails": 3})


def test_an_address_that_is_searched_for_stands_in_no_address_of_a_page(app, confirmation):
    work(app)
    desk = signed_in(app)
    for typed, number in (("zaneta", 1), ("nobody", 0)):
        found = desk.post("/desk/mail/", data={**token(desk), "address": typed, "state": "sent"})
        assert (found.status_code, typed in found.location) == (303, False)
        page = soup(desk.get(found.location))
        assert len(page.select("main tbody tr")) == number
        assert [field["value"] for field in page.select("#address")] == [typed]
    assert desk.get("/desk/mail/?s=0badcafe").location == "/desk/mail/"
