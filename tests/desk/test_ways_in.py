"""What guards the ways into the desk: guessing, looking on, flooding, and what the log tells."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import dispatch
from s3chem_events.accounts import actions, queries
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, Fact
from s3chem_events.mailing.letters import ZERO_WIDTH_SPACE, defused
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration.names import holds_link
from tests.factories import count, hidden, words
from tests.support.desk import signed_in

COLLEAGUE = "bea@region.example"


def ask_for_link(app: Flask, address: str) -> None:
    client = app.test_client()
    form = hidden(client, "/desk/sign-in/link") | {"email": address}
    assert client.post("/desk/sign-in/link", data=form).status_code == 200


def test_the_link_of_a_colleague_is_read_by_nobody_else(app: Flask) -> None:
    desk = signed_in(app)
    with app.app_context(), transaction():
        actions.add(COLLEAGUE, role=Role.COORDINATOR, by=OPERATOR)
    own = "coordinator0@s3chem.example"
    for address in (COLLEAGUE, own):
        ask_for_link(app, address)
        with app.app_context():
            dispatch.work(seconds=5)
    with app.app_context():
        emails = list(db.session.scalars(db.select(OutgoingEmail)))
        assert [(e.state, e.text, e.html) for e in emails] == [("sent", "", "")] * 2
    listed = desk.get("/desk/mailbox/").text
    links = {part.partition('"')[0] for part in listed.split('href="/desk/mailbox/')[1:] if "s3chem" in part[:60]}
    pages = {key: desk.get(f"/desk/mailbox/{key}") for key in links}
    shown = {key for key, page in pages.items() if "/desk/sign-in/" in words(page)}
    assert (len(pages), len(shown)) == (2, 1)
    assert own in words(pages[shown.pop()])
    bodies = [desk.get(f"/desk/mailbox/{key}/body").status_code for key in pages]
    assert sorted(bodies) == [200, 404]


def test_an_emptied_email_is_not_sent_again(app: Flask) -> None:
    desk = signed_in(app)
    ask_for_link(app, "coordinator0@s3chem.example")
    with app.app_context():
        dispatch.work(seconds=5)
        with transaction():
            db.session.execute(db.update(OutgoingEmail).values(state="failed"))
    assert "Try again" not in words(desk.get("/desk/mail/1"))


def test_who_is_in_stays_in_at_the_page_of_the_code(app: Flask) -> None:
    desk = signed_in(app)
    for path in ("/desk/sign-in/code", "/desk/sign-in/recovery"):
        assert desk.get(path).location == "/desk/"
    assert desk.get("/desk/").status_code == 200


@pytest.mark.settings(LIMITS="on", TRUSTED_PROXIES="1")
@pytest.mark.parametrize("path", ["/desk/sign-in/code", "/desk/sign-in/recovery"])
def test_codes_are_guessed_ten_times_from_however_many_networks(app: Flask, client: FlaskClient, path: str) -> None:
    with app.app_context(), transaction():
        actions.add(COLLEAGUE, role=Role.COORDINATOR, by=OPERATOR)
        bea = queries.organiser_by_address(COLLEAGUE)
        assert bea is not None
        bea.tf_primary_method, bea.tf_totp_secret = (
            "authenticator",
            app.extensions["security"].totp_factory.generate_totp_secret(),
        )
        link = actions.sign_in_url(bea, base_url="")
    client.post(link, data=hidden(client, link))
    form = hidden(client, path)
    answers = [
        client.post(path, data=form | {"code": f"{n:06}"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(12)
    ]
    assert (429 in answers[:10], set(answers[10:])) == (False, {429})


def test_requests_for_unknown_addresses_leave_one_line(app: Flask) -> None:
    for n in range(20):
        ask_for_link(app, f"nobody{n}@region.example")
    assert count(app, Fact, kind="organiser.link_requested") == 1
    assert count(app, AuditEntry, kind="organiser.link_requested") == 0


def test_a_fault_is_noted_by_its_route_without_the_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_token: str) -> None:
        raise RuntimeError

    app.testing = False
    monkeypatch.setattr(queries, "link_is_good", broken)
    with caplog.at_level(logging.ERROR):
        assert client.get("/desk/sign-in/a-secret-token").status_code == 500
    assert "/desk/sign-in/<token>" in caplog.text
    assert "a-secret-token" not in caplog.text


@pytest.mark.parametrize(
    "typed",
    ["evil.example", "evil。example", "evil．3xample", "evil｡com", "http//evil.example", "1.2.3.4", "a@evil.example"],
)
def test_no_mail_program_makes_a_link_of_a_name(typed: str) -> None:
    written = defused(typed)
    assert written.replace(ZERO_WIDTH_SPACE, "") == typed
    assert all(len(piece) < len("evil.example") - 1 for piece in written.split(ZERO_WIDTH_SPACE))
    assert ZERO_WIDTH_SPACE in written


def test_initials_stay_as_they_are_and_links_are_seen_in_any_form() -> None:
    assert defused("J.P. Müller") == "J.P. Müller"
    assert [holds_link(name) for name in ("www。evil", "ｗｗｗ．evil", "http//evil", "ｈｔｔｐ：／／x", "Anna")] == [
        True
    ] * 4 + [False]
