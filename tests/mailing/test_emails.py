"""Every e-mail in every language: what it says, what it carries, what it must never hold."""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from icalendar import Calendar

from s3chem_events.accounts import actions as accounts
from s3chem_events.accounts.roles import Role
from s3chem_events.campaigns import actions as followers
from s3chem_events.campaigns import subscribing, topics
from s3chem_events.campaigns.models import Follower, Subscriber
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, PARTICIPANT, VISITOR, record
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.actions import keep_document
from s3chem_events.publishing.lifecycle import Mode, State, Visibility
from s3chem_events.registration import actions, details, disowning, queries, resending
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import (
    CLOSED_DAY,
    CONFERENCE,
    PUBLIC_DAY,
    WORKSHOP,
    add_event,
    add_question,
    add_subscriber,
    revise_event,
)
from tests.support.post import confirm, enrol, enrol_several, kept, work

PROJECT: dict[str, Any] = {
    "name": "S3Chem",
    "contact": {"address": "contact@s3chem.example"},
    "funding": {
        "statement": {"en": "European Union. Funded.", "fr": "Union européenne. Financé.", "de": "Europäische Union."}
    },
}
COMPLETE = ("en", "fr", "de")


@pytest.fixture(autouse=True)
def published(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction():
        keep_document("project", PROJECT)
    add_event(app)


def withdraw(app: Flask, registration_id: int) -> None:
    with app.app_context(), transaction():
        registration = queries.registration_by_id(registration_id)
        assert registration is not None
        actions.withdraw(registration, by=PARTICIPANT)


def confirmed(app: Flask, language: str) -> KeptMail:
    enrol(app, language=language, given_name=f"Anna {language}")
    work(app)
    return kept(app)[-1]


def withdrawn(app: Flask, language: str) -> KeptMail:
    withdraw(app, enrol(app, language=language, given_name=f"Anna {language}")[0])
    work(app)
    return kept(app)[-1]


def link(app: Flask, language: str) -> KeptMail:
    enrol(app, language=language, email=f"{language}@park.example")
    work(app)
    with app.app_context(), transaction():
        resending.request_link(f"{language}@park.example", by=PARTICIPANT)
    work(app)
    return kept(app)[-1]


def delegation(app: Flask, language: str) -> KeptMail:
    enrol_several(app, f"Anna {language}", f"Jan {language}", language=language, email=f"{language}@office.example")
    work(app)
    return kept(app)[-1]


def handed_on(app: Flask, language: str) -> KeptMail:
    enrol_several(app, f"Ewa {language}", language=language, email=f"{language}@desk.example")
    work(app)
    with app.app_context():
        newest = db.session.scalar(db.select(db.func.max(Registration.id)))
    withdraw(app, newest)
    work(app)
    mail = kept(app)[-1]
    assert f"Ewa {language} Amt" in mail.envelope.subject
    return mail


def way_in(app: Flask, language: str) -> KeptMail:
    with app.app_context(), transaction():
        accounts.add(f"{language}@s3chem.example", role=Role.COORDINATOR, by=OPERATOR, name="Olga", language=language)
    with app.app_context(), transaction():
        accounts.request_link(f"{language}@s3chem.example")
    work(app)
    return kept(app)[-1]


def follower_asked(app: Flask, language: str) -> KeptMail:
    slug = f"next-{language}"
    add_event(app, slug=slug, opens=None)
    with app.app_context(), transaction():
        event = publishing.event_by_slug(slug, lock=True)
        assert event is not None
        address = f"{language}@park.example"
        followers.ask(event, email=address, language=language, text_version="1", text_language=language, by=VISITOR)
    work(app)
    return kept(app)[-1]


def follower_told(app: Flask, language: str) -> KeptMail:
    follower_asked(app, language)
    revise_event(app, f"next-{language}", state=State.ANNOUNCED, opens=datetime(2026, 1, 1, 9))  # noqa: DTZ001
    with app.app_context(), transaction():
        event = publishing.event_by_slug(f"next-{language}", lock=True)
        follower = db.session.scalar(db.select(Follower).order_by(Follower.id.desc()))
        assert event is not None
        assert follower is not None
        followers.confirm(follower, by=VISITOR)
        record("event.changed", event.id, by=OPERATOR, since=1, revision=event.revision)
    work(app)
    return kept(app)[-1]


def newsletter_asked(app: Flask, language: str) -> KeptMail:
    wish = subscribing.Wish(f"{language}@park.example", language, topics.TOPICS, "1", language)
    with app.app_context(), transaction():
        subscribing.ask(wish, by=VISITOR)
    work(app)
    return kept(app)[-1]


def newsletter_link(app: Flask, language: str) -> KeptMail:
    add_subscriber(app, f"{language}@park.example", language=language)
    with app.app_context(), transaction():
        db.session.execute(db.update(Subscriber).values(mailed_at=None))
    return newsletter_asked(app, language)


def still_needed(app: Flask, language: str) -> KeptMail:
    slug = f"gate-{language}"
    add_event(app, slug=slug)
    add_question(app, "identity", slug=slug, label="Number of your identity card", when="afterwards", readers="gate")
    enrol(app, slug=slug, language=language, choices={"day-2": Mode.ON_SITE})
    work(app)
    with app.app_context(), transaction():
        event = publishing.event_by_slug(slug, lock=True)
        assert event is not None
        until = details.terms(event).until
        assert until is not None
        record("details.due", event.id, by=OPERATOR, until=until.isoformat())
    work(app)
    first, second = kept(app)[-2:]
    holds_together(first, language)  # the confirmation that asks for it
    assert (f"/{language}/registrations/" in second.text, "/details" in first.text) == (True, True)
    return second


def links(mail: KeptMail) -> set[str]:
    return {a["href"] for a in BeautifulSoup(mail.html, "html.parser").select("a[href]")}  # type: ignore[misc]


def token_free(text: str) -> str:
    return re.sub(r"(?<=/)[\w.-]{20,}", "TOKEN", text)


@pytest.mark.parametrize(
    "make",
    [
        *(confirmed, withdrawn, link, delegation, handed_on, way_in),
        *(follower_asked, follower_told, newsletter_asked, newsletter_link, still_needed),
    ],
)
@pytest.mark.one_database
def test_each_email_in_each_language_is_whole(app: Flask, clock: Clock, make: Any):
    for language in LANGUAGES:
        clock.advance(days=2)
        holds_together(make(app, language), language)


def holds_together(mail: KeptMail, language: str) -> None:
    page = BeautifulSoup(mail.html, "html.parser")
    assert page.html is not None
    assert mail.language in {language, "en"}
    assert page.html["lang"] == mail.language
    funding = PROJECT["funding"]["statement"][mail.language if mail.language in COMPLETE else "en"]
    assert (funding in mail.text, funding in page.get_text()) == (True, True)
    assert "contact@s3chem.example" in mail.text
    assert len(mail.html.encode()) < 20_000  # an e-mail may weigh 100 kB
    # Readable without pictures, and no other address is asked for anything.
    assert [image["alt"] for image in page.select("img")] == ["Emblem of the European Union"] or mail.language != "en"
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in page.select("img"))
    assert {link.split("/")[2] for link in links(mail)} == {"localhost"}
    assert page.select("script, link, iframe, form, object") == []
    # Each address that a button leads to stands in the text part as well.
    assert {link for link in links(mail) if link not in mail.text} == set()
    assert max(len(line) for line in mail.text.splitlines() if "http" not in line) <= 72
    assert "\n\n\n" not in mail.text
    told = [line for line in mail.text.splitlines() if "http" not in line]
    assert [line for line in told if re.search(r"[a-zà-ž]{2}[.!?][A-ZÀ-Ž]\w", line)] == []  # two sentences in one
    assert [line for line in mail.text.splitlines() if line != line.rstrip()] == []
    assert ("{" in mail.text + mail.envelope.subject, "%(" in mail.text + mail.html) == (False, False)
    assert "\n" not in mail.envelope.subject


def test_confirmation_reads_as_written(app: Flask):
    enrol(app)
    work(app)
    (mail,) = kept(app)
    assert mail.envelope.to == "Anna Nowak <anna0@park.example>"
    assert mail.envelope.subject == "Your place is confirmed: Final conference, 18 June 2027 (Anna Nowak)"
    reference = re.search("S3C-[A-Z0-9]{7}", mail.text)
    assert reference
    assert token_free(mail.text.replace(reference.group(), "REFERENCE")) == (
        """Dear Anna Nowak,

Your place is confirmed.

Final conference
18 June 2027, Online

You are registered for:

- Public conference
  Friday, 18 June 2027
  online

Reference: REFERENCE

Your personal page, where you can view or withdraw your registration:
http://localhost/en/registrations/TOKEN
Anyone with this link can do the same, so please keep it to yourself.

Calendar
This e-mail contains an invitation. Your e-mail program can add the date
to your calendar; if it does not offer to, open the attached file.
Everything in one calendar file:
http://localhost/calendar/TOKEN
Send me no calendar invitations:
http://localhost/en/registrations/TOKEN/invitations

What happens next
The times, venue and programme will be published on the event page. You
do not need to do anything else.
The event’s page:
http://localhost/en/events/conference

Was this not you?
Someone may have entered your address by mistake. If you do nothing, we
will only write to you about this event. You can also remove the
registration: your address will then be blocked, so that nobody can use
it to register for any of our events.
Remove the registration and block the address:
http://localhost/en/registrations/TOKEN/not-me

------------------------------------------------------------------------
You are receiving this e-mail because anna0@park.example was entered in
the registration form for “Final conference” on 23 November 2026, 13:00
CET.

Questions? Reply to this e-mail or write to contact@s3chem.example

European Union. Funded.
"""
    )


def test_confirmation_invites_its_reader_alone(app: Flask):
    enrol(app, language="fr")
    work(app)
    (mail,) = kept(app)
    calendar = Calendar.from_ical(mail.calendar)
    event = calendar.walk("VEVENT")[0]
    assert (mail.method, calendar["METHOD"], len(calendar.walk("VEVENT"))) == ("REQUEST", "REQUEST", 1)
    assert (event["ATTENDEE"], event["ATTENDEE"].params["CN"]) == ("mailto:anna0@park.example", "Anna Nowak")
    assert event["ORGANIZER"] == "mailto:events@s3chem.example"
    titles = {"fr": "Conférence finale – Conférence publique", "en": "Final conference – Public conference"}
    assert (event["STATUS"], event["SUMMARY"]) == ("CONFIRMED", titles[mail.language])
    assert (event["DTSTART"].to_ical(), event["DTEND"].to_ical()) == (b"20270618", b"20270619")
    assert [(a.name, a.content.decode().replace("\r\n", "\n")) for a in mail.attachments] == [
        ("invite.ics", mail.calendar.replace("\r\n", "\n"))
    ]


def test_withdrawal_takes_the_same_entry_out(app: Flask):
    (registration_id,) = enrol(app)
    work(app)
    withdraw(app, registration_id)
    work(app)
    before, mail = kept(app)
    first, last = (Calendar.from_ical(m.calendar).walk("VEVENT")[0] for m in (before, mail))
    assert (mail.method, Calendar.from_ical(mail.calendar)["METHOD"]) == ("CANCEL", "CANCEL")
    assert (last["UID"], last["STATUS"]) == (first["UID"], "CANCELLED")
    assert int(str(last["SEQUENCE"])) >= int(str(first["SEQUENCE"]))
    assert last["ATTENDEE"] == "mailto:anna0@park.example"


def test_two_parts_are_one_email_with_an_invitation_each(app: Flask):
    open_day: dict[str, Any] = {"visibility": Visibility.PUBLIC, "capacity": {Mode.ON_SITE: 40}}
    add_event(app, CONFERENCE, slug="both", parts=(replace(CLOSED_DAY, **open_day), PUBLIC_DAY))
    enrol(app, slug="both", choices={"day-2": Mode.ONLINE, "day-1": Mode.ON_SITE})
    assert work(app) == 1
    (mail,) = kept(app)
    files = [Calendar.from_ical(a.content) for a in mail.attachments]
    assert [a.name for a in mail.attachments] == ["invite-1.ics", "invite-2.ics"]
    assert [len(f.walk("VEVENT")) for f in files] == [1, 1]
    assert len({str(f.walk("VEVENT")[0]["UID"]) for f in files}) == 2
    assert [f["METHOD"] for f in files] == ["REQUEST", "REQUEST"]
    assert mail.text.index("Working-group meeting") < mail.text.index("Public conference")


def test_hours_and_place_are_told_where_they_are_known(app: Flask):
    add_event(app, WORKSHOP)
    enrol(app, slug="workshop", choices={"day": Mode.ON_SITE})
    work(app)
    text = kept(app)[-1].text
    assert "  Wednesday, 25 August 2027, 10:30–15:00 CEST\n" in text
    assert "Chamber, Jagiellońska 26, Warszawa, Poland" in " ".join(text.split())


@pytest.mark.one_database
@pytest.mark.parametrize(
    "given, family, shown",
    [
        ("Żaneta", "Źdźbło", "Żaneta Źdźbło"),
        ("", "Sukarno", "Sukarno"),
        ("محمد", "عبد الله", "\u2068محمد عبد الله\u2069"),
        ("<script>alert(1)</script>", "{{7*7}} {0.__class__}", "<script>alert(1)</\u200bscript> {{7*7}} {0.__class__}"),
        ("Win at", "evil.example", "Win at evil.\u200bexample"),
        ("J.R.R.", "Tolkien", "J.R.R. Tolkien"),
        ("%(reference)s %s", "100%", "%(reference)s %s 100%"),
    ],
)
def test_names_are_shown_as_typed_and_do_nothing(app: Flask, given: str, family: str, shown: str):
    enrol(app, given_name=given, family_name=family)
    work(app)
    (mail,) = kept(app)
    page = BeautifulSoup(mail.html, "html.parser")
    assert f"Dear {shown}," in mail.text.replace("\n", " ")
    assert f"Dear {shown}," in page.get_text()
    assert mail.envelope.subject.endswith(f"({shown})")
    assert page.select("script") == []
    assert str(Calendar.from_ical(mail.calendar).walk("VEVENT")[0]["ATTENDEE"].params["CN"]).strip("\u2068\u2069") == (
        shown.strip("\u2068\u2069")
    )


def test_long_name_is_shortened_in_the_subject_and_the_text(app: Flask):
    enrol(app, given_name="A" * 40, family_name="B" * 40)
    work(app)
    (mail,) = kept(app)
    assert "Dear " + "A" * 40 + " " + "B" * 18 + "…," in " ".join(mail.text.split())
    assert mail.envelope.subject.endswith("(" + "A" * 40 + " " + "B" * 18 + "…)")


def test_one_mailbox_is_sent_all_its_links_once(app: Flask, clock: Clock):
    add_event(app, WORKSHOP)
    enrol(app, family_name="Nowak")
    enrol(app, given_name="Jan", family_name="Nowak")
    enrol(app, slug="workshop", choices={"day": Mode.ON_SITE})
    withdraw(app, enrol(app, given_name="Ewa")[0])
    work(app)
    before = len(kept(app))
    with app.app_context(), transaction():
        resending.request_link("ANNA0@Park.example", by=PARTICIPANT)
    assert work(app) == 1
    mail = kept(app)[before:][0]
    assert mail.envelope.subject == "Your links to 3 registrations"
    assert mail.envelope.to == "anna0@park.example"
    assert len(links(mail)) == 3
    assert ("Ewa" in mail.text, "Jan Nowak" in mail.text) == (False, False)  # many names make a stranger's letter
    assert mail.calendar == ""
    confirm(app, "anna0@park.example")
    clock.advance(hours=1)
    with app.app_context(), transaction():
        record("registration.link_requested", 1, by=PARTICIPANT, registrations=[1, 2, 3])
    assert work(app) == 1
    assert ("Ewa" in kept(app)[-1].text, "Jan Nowak" in kept(app)[-1].text) == (False, True)


def test_whose_registration_is_gone_gets_nothing(app: Flask):
    (registration_id,) = enrol(app)
    with app.app_context(), transaction():
        registration = queries.registration_by_id(registration_id)
        assert registration is not None
        disowning.disown(registration, by=PARTICIPANT)
    assert (work(app), len(kept(app))) == (0, 0)
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Registration)) == 0


def test_no_email_to_an_organiser_who_was_disabled(app: Flask):
    with app.app_context(), transaction():
        accounts.add("first@s3chem.example", role=Role.COORDINATOR, by=OPERATOR)
        organiser = accounts.add("olga@s3chem.example", role=Role.COORDINATOR, by=OPERATOR)
        accounts.request_link("olga@s3chem.example")
        accounts.disable(organiser, by=OPERATOR)
    assert (work(app), len(kept(app))) == (0, 0)


@pytest.mark.one_database
@pytest.mark.parametrize("mode, place", [(Mode.ONLINE, "Online"), (Mode.ON_SITE, "Maastricht, Netherlands")])
def test_the_headline_says_where_the_reader_will_be(app: Flask, mode: Mode, place: str):
    (registration,) = enrol(app, choices={"day-2": mode}, family_name="Park <b> & Co")
    work(app)
    withdraw(app, registration)
    work(app)
    for mail in kept(app):
        page = BeautifulSoup(mail.html, "html.parser")
        assert (f"18 June 2027, {place}\n" in mail.text, f"June 2027 · {place}" in page.get_text()) == (True, True)
    confirmation = kept(app)[0]
    assert "Park <b> & Co,\n" in confirmation.text
    assert "Park <b> & Co" in BeautifulSoup(confirmation.html, "html.parser").get_text()
