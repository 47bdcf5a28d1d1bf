"""Of a postponed event no page and no e-mail states the old day as its day, nor promises what is shut."""

from dataclasses import replace
from datetime import datetime

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.publishing.lifecycle import State
from tests.campaigns.test_followers import follow
from tests.conftest import Clock
from tests.factories import PUBLIC_DAY, add_event, hidden, register, revise_event, words
from tests.support.post import kept, work

PLANNED = "previously planned for Friday, 18 June 2027"
UNTRUE = ("14:10", "Maastricht", "You can register again", "someone else")
TIMED = replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 14, 10), ends=datetime(2027, 6, 18, 17))  # noqa: DTZ001 - local


def press(client: FlaskClient, path: str) -> None:
    assert client.post(path, data=hidden(client, path)).status_code == 303


def found_in(text: str) -> list[str]:
    return [one for one in UNTRUE if one in text]


def test_postponed_event_is_spoken_of_by_the_day_that_was_planned(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, parts=(TIMED,), state=State.ANNOUNCED)
    own = str(register(client, **{"mode-day-2": "on_site"}).location)
    work(app)
    clock.advance(hours=1)
    again = hidden(client, f"{own}/confirmation")
    assert "You can register again as long as places are available." in words(client.get(own))
    revise_event(app, state=State.POSTPONED)
    for path, day in ((own, PLANNED), (f"{own}/withdrawal", PLANNED), ("/en/events/conference/updates", PLANNED)):
        page = words(client.get(path))
        assert day in page, path
        assert found_in(page.replace("Your place becomes available to someone else.", "")) == [], path
    assert "Send the confirmation again" not in words(client.get(own))
    assert client.get(f"{own}/confirmation").status_code == 303
    assert (client.post(f"{own}/confirmation", data=again).status_code, work(app)) == (303, 0)
    follow(app, app.test_client(), email="ola@park.example")
    press(client, f"{own}/withdrawal")
    work(app)
    press(client, f"{own}/restoration")
    work(app)
    mails = {mail.envelope.subject.partition(":")[0]: mail for mail in kept(app)[1:]}
    assert list(mails) == ["Please confirm", "Withdrawn", "Your place is confirmed"]
    for subject, mail in mails.items():
        for text in (mail.text, BeautifulSoup(mail.html, "html.parser").get_text(" ")):
            said = " ".join(text.split())
            assert "previously planned for 18 June 2027" in said.replace("Previously", "previously").replace(
                "for:", "for"
            )
            assert found_in(said.replace("your place is available to someone else", "")) == [], subject
    assert "This event has been postponed. Your registration is kept" in " ".join(
        mails["Your place is confirmed"].text.split()
    )


def test_confirmation_of_a_cancelled_event_is_not_sent_again(app: Flask, client: FlaskClient, clock: Clock):
    add_event(app, parts=(TIMED,), state=State.ANNOUNCED)
    own = str(register(client).location)
    work(app)
    clock.advance(hours=1)
    again = hidden(client, f"{own}/confirmation")
    revise_event(app, state=State.CANCELLED)
    assert client.get(f"{own}/confirmation").status_code == 303
    assert (client.post(f"{own}/confirmation", data=again).status_code, work(app)) == (303, 0)
    assert "This event has been cancelled." in words(client.get(own))
