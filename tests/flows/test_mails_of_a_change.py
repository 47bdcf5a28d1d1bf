"""The e-mails about a change name what falls away, ask for no more than they can have, and say each thing once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import Mode
from tests.campaigns.test_followers import follow
from tests.conftest import Clock
from tests.desk.test_life import OCTOBER, decide, step
from tests.factories import PUBLIC_DAY, add_event, revise_event, words
from tests.flows.test_answers_of_calendars import bring, invitation
from tests.flows.test_change_told import seat
from tests.flows.test_reminders import tick
from tests.mailing.test_emails import withdraw
from tests.support.desk import signed_in
from tests.support.post import enrol, kept, work

pytestmark = pytest.mark.one_database
TIMED = replace(
    PUBLIC_DAY,
    capacity={Mode.ON_SITE: 30, Mode.ONLINE: None},
    starts=datetime(2027, 6, 18, 9, 30),  # noqa: DTZ001 - local
    ends=datetime(2027, 6, 18, 16),  # noqa: DTZ001 - local
)
WHEN = "18 June 2027, 09:30–16:00 CEST"


@pytest.fixture
def organiser(app: Flask, clock: Clock) -> FlaskClient:
    add_event(app, parts=(TIMED,))
    clock.advance(days=1)
    return signed_in(app)


def told(app: Flask, clock: Clock, organiser: FlaskClient, name: str, **typed: str) -> list[KeptMail]:
    """Lead the event one step on, tell it, and let the hold pass; returns what was sent."""
    work(app)
    answer = decide(organiser, step(organiser, name, **typed), name, "yes")
    assert answer.status_code == 303, words(answer)
    clock.advance(minutes=10)
    sent = work(app)
    return kept(app)[-sent:] if sent else []


def flat(mail: KeptMail) -> str:
    return " ".join(mail.text.split())


def shown(mail: KeptMail) -> str:
    return " ".join(BeautifulSoup(mail.html, "html.parser").get_text(" ").split())


@pytest.mark.parametrize(
    "name, typed, subject, gone",
    [
        ("cancellation", {"what": "event"}, "Cancelled: Final conference, 18 June 2027", True),
        ("postponement", {}, "Postponed: Final conference (planned for 18 June 2027)", False),
    ],
)
def test_what_falls_away_is_named_with_the_day_and_place_that_people_had(
    app: Flask, clock: Clock, organiser: FlaskClient, name: str, typed: dict[str, str], subject: str, gone: bool
):
    for language in LANGUAGES:
        for mode in (Mode.ON_SITE, Mode.ONLINE):
            address = f"{language}-{mode.value}@park.example"
            enrol(app, language=language, choices={"day-2": mode}, email=address)
        follow(app, app.test_client(), language=language, email=f"follower-{language}@park.example")
    mails = {
        mail.envelope.to.rpartition("<")[2].strip(">"): mail for mail in told(app, clock, organiser, name, **typed)
    }
    assert len(mails) == 3 * len(LANGUAGES)
    for mail in mails.values():
        assert all("2027" in said and "18" in said for said in (mail.envelope.subject, mail.text, shown(mail)))
        assert all("09:30" in said for said in (mail.text, shown(mail)))
    for address, place in (
        ("en-on_site@park.example", "Maastricht, Netherlands"),
        ("en-online@park.example", "Online"),
        ("follower-en@park.example", "Maastricht, Netherlands"),
    ):
        mail = mails[address]
        assert mail.envelope.subject == subject
        assert f"It was planned for: {WHEN}, {place}" in flat(mail)
        assert f"It was planned for: {WHEN}, {place}" in shown(mail)
    mail = mails["en-online@park.example"]
    for said in (flat(mail), shown(mail)):
        assert ("Send me no calendar invitations" in said, "Everything in one calendar file" in said) == (
            not gone,
            not gone,
        )
        assert ("If your e-mail program does not offer to, please delete the entry yourself." in said) == gone
    assert ("withdraw" in flat(mail), "withdraw" in shown(mail)) == (not gone, False)


def test_what_was_saved_in_silence_is_not_the_day_that_people_had(app: Flask, clock: Clock, organiser: FlaskClient):
    enrol(app, choices={"day-2": Mode.ONLINE})
    work(app)
    decide(organiser, step(organiser, "rescheduling", **_moved(OCTOBER)), "rescheduling", "no")
    (mail,) = told(app, clock, organiser, "cancellation", what="event")
    assert mail.envelope.subject == "Cancelled: Final conference, 18 June 2027"
    assert f"It was planned for: {WHEN}, Online" in flat(mail)
    assert "for: 22 October" not in flat(mail) + shown(mail)


def _moved(days: dict[str, str]) -> dict[str, str]:
    """Return the days of the second part as those of the only one."""
    return {name.replace("-1-", "-0-"): day for name, day in days.items() if "-1-" in name}


def test_other_hours_of_the_same_day_are_new_hours_in_the_mail_and_on_the_page(
    app: Flask, client: FlaskClient, clock: Clock, organiser: FlaskClient
):
    enrol(app, language="en", email="en@park.example")
    enrol(app, language="de", email="de@park.example")
    follow(app, client)
    hours = {"parts-0-starts_time": "10:00", "parts-0-ends_time": "12:00"}
    work(app)
    preview = words(step(organiser, "rescheduling", **hours))
    said = "The hours on 18 June 2027 have changed from 09:30–16:00 CEST to 10:00–12:00 CEST."
    subject = "New hours for Final conference: 18 June 2027, 10:00–12:00 CEST"
    assert (said in preview, subject in preview, "New date" in preview, "Moved from" in preview) == (
        *(True, True),
        *(False, False),
    )
    english, german, follower = told(app, clock, organiser, "rescheduling", **hours)
    assert (english.envelope.subject, follower.envelope.subject) == (subject, subject)
    assert (said in flat(english), said in flat(follower), said in shown(english)) == (True, True, True)
    assert [(mail.text.count("Before:"), mail.text.count("09:30–16:00")) for mail in (english, follower)] == [
        (0, 1),
        (0, 1),
    ]
    assert BeautifulSoup(english.html, "html.parser").select("s") == []
    assert german.envelope.subject.startswith("Neue Uhrzeit für")
    assert "Neue Uhrzeit am 18. Juni 2027: statt 09:30–16:00 MESZ jetzt 10:00–12:00 MESZ." in flat(german)
    assert "Verschoben" not in german.text + german.html
    page = words(client.get("/en/events/conference"))
    assert (said in page, "New date. Previously:" in page, "Moved from" in page) == (True, False, False)


def test_page_keeps_the_day_from_which_an_event_was_moved_when_only_its_hours_follow(
    app: Flask, client: FlaskClient, clock: Clock, organiser: FlaskClient
):
    enrol(app)
    told(app, clock, organiser, "rescheduling", **_moved(OCTOBER))
    assert "New date. Previously: 18 June 2027" in words(client.get("/en/events/conference"))
    told(app, clock, organiser, "rescheduling", **{"parts-0-starts_time": "10:00", "parts-0-ends_time": "12:00"})
    assert "New date. Previously: 18 June 2027" in words(client.get("/en/events/conference"))


def test_two_entries_are_spoken_of_as_two_and_one_as_one(app: Flask, clock: Clock):
    add_event(app)
    clock.advance(days=1)
    organiser = signed_in(app)
    (both,) = enrol(app, email="both@park.example")
    seat(app, both, "day-1")
    enrol(app, email="one@park.example")
    mails = {
        mail.envelope.to.rpartition("<")[2]: mail for mail in told(app, clock, organiser, "rescheduling", **OCTOBER)
    }
    several = (
        "This e-mail updates an entry in your calendar for each part. Your e-mail program can update the first by "
        "itself; for the others, open the attached files."
    )
    one = "This e-mail updates the entry in your calendar;"
    found = {
        who.partition("@")[0]: (
            len(mail.attachments),
            *((one in said, several in said) for said in (flat(mail), shown(mail))),
        )
        for who, mail in mails.items()
    }
    assert found == {"both": (2, (False, True), (False, True)), "one": (1, (True, False), (True, False))}
    mails = {
        mail.envelope.to.rpartition("<")[2]: mail for mail in told(app, clock, organiser, "cancellation", what="event")
    }
    asked = "This e-mail tells your calendar to remove what no longer takes place."
    for who, entries in (("both@park.example>", "the entries"), ("one@park.example>", "the entry")):
        by_hand = f"{asked} If your e-mail program does not offer to, please delete {entries} yourself."
        assert (by_hand in flat(mails[who]), by_hand in shown(mails[who])) == (True, True)


def test_followers_read_each_value_once_and_a_blank_line_after_each_piece_of_news(
    app: Flask, client: FlaskClient, clock: Clock, organiser: FlaskClient
):
    follow(app, client)
    revise_event(app, venue=VenueFacts(name="Hall", city="Geleen", country="NL"))  # in silence: news to her as well
    (mail,) = told(app, clock, organiser, "rescheduling", **_moved(OCTOBER))
    assert mail.text.partition("Registration for this event is open:")[0] == (
        """Hello,

There is news about this event:

Final conference
22 October 2027, Hall, Geleen, Netherlands

- Moved from 18 June 2027, 09:30–16:00 CEST to 22 October 2027,
  09:30–16:00 CEST.

- The venue is now: Hall, Geleen, Netherlands
  Before: Maastricht, Netherlands

"""
    )
    page = BeautifulSoup(mail.html, "html.parser")
    assert [old.get_text() for old in page.select("s")] == ["Maastricht, Netherlands"]
    assert [cell.get_text() for cell in page.select("td.label")] == []


@pytest.mark.settings(INBOX="push")
def test_a_place_goes_to_somebody_else_only_where_places_are_limited(app: Flask, clock: Clock, organiser: FlaskClient):
    """As the answer to a calendar that declined, the e-mail about a withdrawal and the reminder say it."""
    found = {}
    for mode in (Mode.ON_SITE, Mode.ONLINE):
        choices = {"day-2": mode}
        enrol(app, choices=choices, email=f"declines-{mode.value}@park.example")
        work(app)
        assert bring(app, invitation(app).mail("gmail")) == "done: declined"
        withdraw(app, enrol(app, choices=choices, email=f"leaves-{mode.value}@park.example", given_name="Jan")[0])
        enrol(app, choices=choices, email=f"comes-{mode.value}@park.example", given_name="Ewa")
        work(app)
    clock.set(datetime(2027, 6, 17, 8, tzinfo=UTC))
    tick(app)
    subjects = ("You declined", "Withdrawn", "Reminder")
    for mail in kept(app):
        if mail.envelope.subject.startswith(subjects):
            key = (mail.envelope.subject.partition(":")[0], "on_site@" in mail.envelope.to)
            found[key] = ("someone else" in flat(mail), "someone else" in shown(mail))
    assert found == {
        (subject, is_on_site): (is_on_site, is_on_site)
        for subject in ("You declined in your calendar", "Withdrawn", "Reminder")
        for is_on_site in (True, False)
    }
