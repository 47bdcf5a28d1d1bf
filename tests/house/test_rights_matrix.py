"""Every route of the desk for every role: what is not declared is refused, what is declared holds.

A new view needs nothing here as long as it says `@allowed(…)`; a new kind of value in its address needs a line
in VALUES.
"""

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from s3chem_events import dispatch, intake
from s3chem_events.accounts import roles
from s3chem_events.accounts.models import AuditEntry
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns import importing, imports
from s3chem_events.campaigns.imports import Usual
from s3chem_events.campaigns.stages import Kind
from s3chem_events.core.clock import today
from s3chem_events.core.db import db, transaction
from s3chem_events.core.guard import settings
from s3chem_events.core.journal import OPERATOR
from s3chem_events.core.tables import Row
from s3chem_events.core.text import Text
from s3chem_events.desk import frame
from s3chem_events.mailing import maildir
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing import news
from s3chem_events.registration.models import Registration
from s3chem_events.sample import load
from tests.factories import add_event, add_guest, add_question, add_subscriber, count, hidden, register
from tests.support.campaigns import campaign, newsletter
from tests.support.desk import signed_in
from tests.support.pictures import PDF

VALUES = {
    "slug": "conference",
    "question": "lunch",
    "answer_id": 1,
    "organiser_id": 1,
    "email_id": 1,
    "subscriber_id": 1,
    "import_id": 1,
    "invitation_id": 1,
    "arrival_id": 1,
    "fact_id": 1,
    "session_id": 99,
    "number": 1,
    "form": "csv",
    "part": "day-2",
    "language": "fr",
    "news_id": 1,
    "text": "imprint",
    "which": "list",
    "kind": "registration.confirmed",
    "token": "no-such-token",
}
ROLES = list(Role)
BOUND_ROLES = [role for role in Role if roles.is_bound(role)]
NEWSLETTER, MESSAGE = 1, 2
"""Two campaigns: the second one is to the people of the conference."""
ENDS_THE_SESSION = {"desk.sign_out"}


def desk_rules(app: Flask) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")]
    return sorted(rules, key=lambda rule: (rule.endpoint in ENDS_THE_SESSION, rule.rule))


def visits(
    app: Flask, *, slug: str = "conference", campaign_id: int = NEWSLETTER
) -> Iterator[tuple[str, str, str, str]]:
    """Yield method, address, permission and endpoint of every route."""
    with app.app_context():
        reference = db.session.scalar(db.select(Registration.reference))
        (kept,) = maildir.newest(settings().mailbox)
    values = {**VALUES, "slug": slug, "campaign_id": campaign_id, "reference": reference, "key": kept.key}
    adapter = app.url_map.bind("localhost")
    for rule in desk_rules(app):
        missing = rule.arguments - values.keys()
        assert not missing, f"{rule.rule}: say in VALUES what {missing} may be"
        url = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield method, url, str(frame.needed(app, rule.endpoint)), rule.endpoint


@pytest.fixture
def house(app: Flask) -> Flask:
    """Give every address of the desk something to show, and posts no token to trip over."""
    add_event(app)
    add_question(app, "lunch")
    newsletter(app)
    campaign(app, Kind.MESSAGE, about="conference")
    add_question(app, "passport", label="Passport", when="letter", readers="letter")
    add_question(app, "slides", kind="file", label="Slides")
    add_guest(app)
    register(app.test_client(), **{"question-slides": (BytesIO(PDF), "slides.pdf")})
    with app.app_context():
        assert dispatch.work(seconds=5) == 1  # the confirmation is in the outbox and in the mailbox
        answers = f"In-Reply-To: {db.session.scalar(db.select(OutgoingEmail.message_id))}\r\n".encode()
        assert intake.receive(answers + b"From: zaneta@uczelnia.example\r\n\r\nWhen is lunch?").needs_a_person
    add_subscriber(app, "reader@x.example")
    with app.app_context(), transaction():
        usual = Usual("en", ["project"], "said so", date(2026, 1, 1))
        importing.bring(imports.packed(importing.read([Row(1, ("brought@x.example",))], usual)), by=OPERATOR)
        news.publish(
            slug="moved",
            title=Text(en="Moved"),
            lead=Text(),
            body=Text(),
            published_on=today("UTC"),
            event_id=None,
            by=OPERATOR,
        )
        publishing.keep_document("imprint", load.text_of_the_site("imprint"))
    signed_in(app)  # organiser 1, whom the routes about organisers are about
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # else every post would stop at its missing token, before the guard
    return app


def sign_in(app: Flask, role: Role, *, events: tuple[str, ...] = ("conference",)) -> FlaskClient:
    return signed_in(app, role, events=events if roles.is_bound(role) else ())


def same(answer: TestResponse) -> str:
    """Return a page without its token against forged posts, which is never the same."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)


def test_every_route_of_the_desk_declares_what_it_needs(app):
    known = {*roles.PERMISSIONS, frame.ANYBODY, frame.NOBODY}
    undeclared = [rule.rule for rule in desk_rules(app) if frame.needed(app, rule.endpoint) not in known]
    assert undeclared == []
    outside = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] in {"desk", "security"} and not rule.rule.startswith("/desk")
    ]
    assert outside == []


@pytest.mark.own_app
def test_a_view_that_declares_nothing_is_refused_to_everybody(app):
    app.add_url_rule("/desk/forgotten", endpoint="desk.forgotten", view_func=lambda: "secret")
    for client in (app.test_client(), signed_in(app)):
        answer = client.get("/desk/forgotten")
        assert (answer.status_code, b"secret" in answer.data) == (404, False)


def test_who_is_not_signed_in_comes_to_the_sign_in_page_and_no_further(house):
    client, open_to_all = house.test_client(), []
    for method, url, permission, endpoint in visits(house):
        answer = client.open(url, method=method, buffered=True)
        if permission == frame.ANYBODY:
            open_to_all.append(endpoint)
        elif permission == frame.NOBODY:
            assert answer.status_code == 404, url
        else:
            assert (answer.status_code, answer.location.startswith("/desk/sign-in")) == (302, True), (method, url)
    assert {endpoint for endpoint in open_to_all if endpoint.startswith("desk.")} == {
        "desk.sign_in",
        "desk.sign_in_link",
        "desk.sign_in_by_link",
    }


@pytest.mark.counted_elsewhere
@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_exactly_what_it_may(house, role):
    client = sign_in(house, role)
    theirs = MESSAGE if role is Role.PARTNER_ORGANISER else NEWSLETTER
    for method, url, permission, endpoint in visits(house, campaign_id=theirs):
        if permission in {frame.ANYBODY, frame.NOBODY}:
            continue
        answer = client.open(url, method=method, buffered=True)
        where = f"{role} {method} {url}: {answer.status_code}"
        if not roles.may(role, permission):
            assert answer.status_code == 403, where
        else:
            assert answer.status_code < 500, where
            assert answer.status_code not in {401, 403}, where
            assert not (answer.location or "").startswith("/desk/sign-in") or endpoint in ENDS_THE_SESSION, where
            if method == "GET" and endpoint.startswith("desk."):
                assert answer.status_code == 200, where


@pytest.mark.counted_elsewhere
@pytest.mark.parametrize("role", BOUND_ROLES)
def test_somebody_elses_event_does_not_exist(house, role):
    add_event(house, slug="own")
    client = sign_in(house, role, events=("own",))
    seen = 0
    for method, url, permission, _endpoint in visits(house, campaign_id=MESSAGE):
        if not any(piece in url for piece in ("/events/conference", f"/campaigns/{MESSAGE}", "/arrivals/1")):
            continue
        seen += 1
        expected = 404 if roles.may(role, permission) else 403
        foreign, missing = (
            client.open(url, method=method, buffered=True),
            client.open(re.sub("conference|(?<=campaigns/)2|(?<=arrivals/)1", "9", url), method=method),
        )
        assert (foreign.status_code, missing.status_code) == (expected, expected), (method, url)
        assert (b"Final conference" in foreign.data, b"News of February" in foreign.data) == (False, False)
        assert same(foreign) == same(missing), (method, url)  # what is not one's own looks like what is not there
    assert seen > 5
    with house.app_context():
        refused = db.session.scalars(db.select(AuditEntry).filter_by(kind="desk.refused")).all()
        assert len(refused) == 2 * seen
        assert {entry.by for entry in refused} == {"organiser:2"}
        assert "conference" not in str([entry.data for entry in refused])


def test_a_helper_calls_the_export_and_the_refusal_is_written_down(house):
    path = "/desk/events/conference/participants.csv"
    assert sign_in(house, Role.COORDINATOR).get(path).status_code == 200  # there is something to take
    helper = sign_in(house, Role.DESK_HELPER)
    before = count(house, AuditEntry, kind="desk.refused")
    answer = helper.get(path)
    assert (answer.status_code, "Żaneta".encode() in answer.data) == (403, False)
    assert count(house, AuditEntry, kind="desk.refused") == before + 1


def test_a_form_for_everybody_still_carries_a_token(app, client):
    for path in ("/desk/sign-in", "/desk/sign-in/link"):
        assert "csrf_token" in hidden(client, path)
