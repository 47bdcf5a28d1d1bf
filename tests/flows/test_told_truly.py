"""What people are told of a change is true for each of them, whatever they knew and wherever they stand."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.lifecycle import Mode
from tests.conftest import Clock
from tests.desk.test_life import OCTOBER, decide, step
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, register, words
from tests.flows.test_still_coming import counts
from tests.support.desk import signed_in
from tests.support.post import kept, work


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app)
    clock.advance(days=1)
    return signed_in(app)


def come(app: Flask, name: str, **typed: str) -> None:
    """Register somebody, by whatever the form offers."""
    answer = register(app.test_client(), given_name=name, email=f"{name.lower()}@park.example", **typed)
    assert answer.status_code == 303, words(answer)


def told(app: Flask, clock: Clock) -> dict[str, KeptMail]:
    """Let the hold end and the worker write; returns the e-mails by the names of those who got them."""
    clock.advance(minutes=10)
    done = work(app)
    mails = kept(app)[-done:] if done else []
    found = {mail.envelope.to.partition("<")[2].partition("@")[0]: mail for mail in mails}
    assert len(found) == done
    return found


def flat(mail: KeptMail) -> str:
    return " ".join(mail.text.split())


def test_who_only_waits_or_is_offered_a_place_reads_so_and_is_not_asked_to_come(app, clock):
    add_event(app, parts=(CLOSED_DAY, _room_for(1)))
    clock.advance(days=1)
    organiser = signed_in(app)
    for name in ("Anna", "Boris", "Carla"):
        come(app, name)
    work(app)
    preview = step(organiser, "rescheduling", **OCTOBER)
    decide(organiser, preview, "rescheduling", "yes", ask="y", until="2027-09-01")
    found = told(app, clock)
    said = {
        name: (
            "Your registration stays as it is:" in flat(mail),
            "You stay on the waiting list: - Public conference Friday, 22 October 2027" in flat(mail),
            "Will you still come?" in flat(mail),
            "is on the waiting list for “Final conference”" in flat(mail),
            mail.method,
        )
        for name, mail in found.items()
    }
    in_line = (False, True, False, True, "")
    assert said == {"anna": (True, False, True, False, "REQUEST"), "boris": in_line, "carla": in_line}
    assert "There is news of an event for which you are on the waiting list." in flat(found["boris"])
    assert "You stay on the waiting list." in found["boris"].html
    assert counts(organiser)[0] == ["People", "0", "0", "1"]
    own = next(line for line in found["boris"].text.split() if "/registrations/" in line).removeprefix(
        "http://localhost"
    )
    assert app.test_client().get(f"{own}/answer/yes").status_code == 200
    assert "There is no question open" in words(app.test_client().get(f"{own}/answer/yes"))


def _room_for(places: int):
    return replace(PUBLIC_DAY, capacity={Mode.ON_SITE: places})
