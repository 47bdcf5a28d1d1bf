"""What every answer tells the browser, on every route there is: no script from elsewhere, no frame, no trace."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import intake
from s3chem_events.core.db import db
from s3chem_events.core.guard import settings
from s3chem_events.mailing import maildir
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import add_event, add_guest, add_question, register
from tests.support.campaigns import newsletter
from tests.support.desk import signed_in
from tests.support.hostile import Forms
from tests.support.post import work

pytestmark = [pytest.mark.one_database, pytest.mark.counted_elsewhere]
PRIVATE = (
    "/desk",
    "/calendar/",
    "/en/registrations/",
    "/en/delegations/",
    "/en/invitations/",
    "/en/updates/",
    "/en/newsletter/",
)
PUBLIC = ("/en/newsletter/issues",)
CAGED = {"desk.kept_mail_body", "desk.email_body", "desk.wording_body", "desk.campaign_body"}
"""The body of an e-mail, shown inside a page of the desk: styles of its own, but neither script nor address."""
VALUES = {
    "lang": "en",
    "language": "fr",
    "slug": "conference",
    "form": "csv",
    "organiser_id": 1,
    "email_id": 1,
    "subscriber_id": 1,
    "import_id": 1,
    "campaign_id": 1,
    "arrival_id": 1,
    "said": "no",
    "question": "lunch",
    "part": "day-2",
    "session_id": 1,
    "number": 1,
    "step": "details",
    "answer_id": 1,
    "invitation_id": 1,
    "which": "photo",
    "kind": "registration.confirmed",
    "news_id": 1,
    "text": "imprint",
}
"""A new kind of value in an address needs a line here."""


@pytest.fixture
def routes(app: Flask, clock: Clock) -> list[tuple[str, str]]:
    """Return endpoint and address of every page, with something to show behind each."""
    add_event(app)
    add_question(app, "lunch")
    add_guest(app)
    newsletter(app)
    own = register(app.test_client()).headers["Location"]
    work(app)
    with app.app_context():
        intake.receive(b"From: zaneta@uczelnia.example\r\n\r\nWhen is lunch?")
        reference = db.session.scalar(db.select(Registration.reference))
        (mail,) = maildir.newest(settings().mailbox)
    known = {**VALUES, "reference": reference, "key": mail.key, "token": own.rpartition("/")[2]}
    adapter, found = app.url_map.bind("localhost"), []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            assert rule.arguments - (rule.defaults or {}).keys() <= known.keys(), (
                f"{rule.rule}: say in VALUES what its values may be"
            )
            values = {name: known[name] for name in rule.arguments if name in known} | dict(rule.defaults or {})
            found.append((rule.endpoint, adapter.build(rule.endpoint, values)))
    return sorted(found, key=lambda route: route[1])


def faults(client: FlaskClient, routes: list[tuple[str, str]]) -> Iterator[str]:
    for endpoint, url in routes:
        answer = client.get(url, buffered=True)
        headers, policy = answer.headers, answer.headers.get("Content-Security-Policy", "")
        told = {part.split()[0]: part.split()[1:] for part in policy.split("; ") if part}
        caged = endpoint in CAGED and answer.status_code == 200
        if answer.status_code >= 500:
            yield f"{url}: {answer.status_code}"
        if not policy or "unsafe-eval" in policy or told.get("default-src") != ["'none'"]:
            yield f"{url}: Content-Security-Policy {policy!r}"
        if "unsafe-inline" in policy and not (caged and "sandbox" in told and "script-src" not in told):
            yield f"{url}: inline styles or scripts"
        if told.get("frame-ancestors") != (["'self'"] if caged else ["'none'"]):
            yield f"{url}: may be framed: {told.get('frame-ancestors')}"
        if headers.get("X-Content-Type-Options") != "nosniff":
            yield f"{url}: may be sniffed"
        if not headers.get("Referrer-Policy"):
            yield f"{url}: no Referrer-Policy"
        is_form = "register" in endpoint and answer.status_code != 404  # a preview's unknown link shows nobody's form
        if (url.startswith(PRIVATE) and not url.startswith(PUBLIC)) or is_form:
            wanted = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
            wanted |= {} if is_form else {"Referrer-Policy": "no-referrer"}
            yield from (f"{url}: {name} {headers.get(name)!r}" for name in wanted if headers.get(name) != wanted[name])


def test_every_route_carries_the_strict_headers(app: Flask, routes: list[tuple[str, str]]) -> None:
    assert len(routes) > 30  # H9
    assert list(faults(app.test_client(), routes)) == []
    organiser = signed_in(app)
    assert list(faults(organiser, routes)) == []
    seen = {endpoint for endpoint, url in routes if endpoint in CAGED and organiser.get(url).status_code == 200}
    assert seen == CAGED


def test_pages_behind_links_that_open_something_carry_them_too(app: Flask, client: FlaskClient, clock: Clock) -> None:
    paths = [("", path) for path in Forms(app).paths() if client.get(path).status_code != 405]  # a page, not a press
    shown = {path.split("/")[2] for _, path in paths if client.get(path).status_code == 200}
    assert {"registrations", "delegations", "invitations", "updates", "newsletter"} <= shown
    assert list(faults(client, paths)) == []


def test_errors_carry_them_too(app: Flask, client: FlaskClient) -> None:
    wrong = [("", path) for path in ("/nowhere", "/en/nowhere", "/en/events/none", "/desk/nowhere", "/xx/")]
    assert list(faults(client, wrong)) == []
    refused = client.post("/en/", data={})
    assert (refused.status_code, "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]) == (405, True)


@pytest.mark.settings(BASE_URL="https://events.s3chem.example")
def test_behind_tls_cookies_and_browsers_stay_with_tls(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/en/registrations/lost-link", base_url="https://events.s3chem.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"  # this host alone
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in cookie.split("; "), word
