"""From the pressed button to the mailbox and back: the links in the e-mails lead where they say."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.registration.models import BlockedAddress, Registration
from tests.factories import add_event, count, hidden, register, words
from tests.support.post import kept, rows, work


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app)


def links(app: Flask) -> list[str]:
    """Return the addresses in the newest e-mail, without the host."""
    mail = kept(app)[-1]
    return re.findall(r"http://localhost(/\S+)", mail.text)


def press(client: FlaskClient, path: str) -> int:
    return client.post(path, data=hidden(client, path)).status_code


def test_registered_confirmed_withdrawn_each_with_its_mail(app: Flask, client: FlaskClient):
    assert register(client).status_code == 303
    assert work(app) == 1
    own_page, calendar, _no_invitations, _event, not_me = links(app)
    assert "Żaneta" in words(client.get(own_page))
    assert client.get(calendar).mimetype == "text/calendar"
    assert client.get(not_me).status_code == 200
    assert press(client, f"{own_page}/withdrawal") == 303
    assert work(app) == 1
    assert [mail.method for mail in kept(app)] == ["REQUEST", "CANCEL"]
    assert press(client, f"{own_page}/withdrawal") == 303
    assert work(app) == 0


def test_scanner_that_opens_every_link_three_times_changes_nothing(app: Flask, client: FlaskClient):
    register(client)
    work(app)
    for link in links(app) * 3:
        for method in ("GET", "HEAD"):
            assert app.test_client().open(link, method=method).status_code == 200
    assert (work(app), count(app, Registration, withdrawn_at=None), len(kept(app))) == (0, 1, 1)


def test_stranger_says_not_me_and_every_trace_of_the_address_goes(app: Flask, client: FlaskClient):
    register(client)
    work(app)
    not_me = links(app)[-1]
    assert press(client, not_me) in {200, 303}
    assert (count(app, Registration), count(app, BlockedAddress)) == (0, 1)
    assert work(app) == 0
    assert "zaneta" not in str([(r.address, r.name, r.subject, r.text, r.html, r.calendars) for r in rows(app)]).lower()
    register(client)
    assert (work(app), count(app, Registration)) == (0, 0)


def test_same_form_sent_twice_writes_one_mail(app: Flask, client: FlaskClient):
    form = {**hidden(client, "/en/events/conference/register")}
    for _ in range(2):
        register(client, **form)
    work(app)
    assert len(kept(app)) == 1


def test_lost_link_comes_by_mail_and_opens_the_page(app: Flask, client: FlaskClient):
    register(client)
    work(app)
    path = "/en/registrations/lost-link"
    client.post(path, data={**hidden(client, path), "email": "ZANETA@uczelnia.example"})
    assert work(app) == 1
    (own_page,) = links(app)
    assert "Żaneta" in words(client.get(own_page))
    client.post(path, data={**hidden(client, path), "email": "nobody@uczelnia.example"})
    assert work(app) == 0
