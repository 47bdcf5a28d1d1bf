"""Makers of the things that tests talk about, with sensible values; a test names only what it is about."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.campaigns import audience, subscribing
from s3chem_events.campaigns.subscribing import Wish
from s3chem_events.core import signing
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import OPERATOR, VISITOR, Fact
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.facts import EventFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import Kind, Mode, State, Visibility
from s3chem_events.registration import asking, inviting, links
from s3chem_events.registration.questions import Kind as QuestionKind
from s3chem_events.registration.questions import QuestionFacts, Readers, When

BASE_URL = "http://localhost"
INPUT = re.compile(r"<input[^>]*>")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
PUBLIC_DAY = PartFacts(
    key="day-2",
    title=Text(en="Public conference", fr="Conférence publique", de="Öffentliche Konferenz"),
    starts=date(2027, 6, 18),
    ends=date(2027, 6, 18),
    capacity={Mode.ON_SITE: 3, Mode.ONLINE: None},
)
CLOSED_DAY = PartFacts(
    key="day-1",
    title=Text(en="Working-group meeting", fr="Réunion du groupe de travail", de="Sitzung der Arbeitsgruppe"),
    starts=date(2027, 6, 17),
    ends=date(2027, 6, 17),
    visibility=Visibility.INVITED,
    capacity={Mode.ON_SITE: 40},
    venue=VenueFacts(name="Room behind the green door", city="Maastricht", country="NL"),
)
CONFERENCE = EventFacts(
    slug="conference",
    kind=Kind.CONFERENCE,
    state=State.SAVE_THE_DATE,
    title=Text(en="Final conference", fr="Conférence finale", de="Abschlusskonferenz"),
    summary=Text(en="Place and agenda will follow.", fr="Lieu et programme suivront.", de="Ort und Programm folgen."),
    zone="Europe/Amsterdam",
    region="Limburg",
    venue=VenueFacts(city="Maastricht", country="NL"),
    opens=datetime(2026, 1, 1, 9),  # noqa: DTZ001 - local to the event's zone
    parts=(CLOSED_DAY, PUBLIC_DAY),
)
WORKSHOP = EventFacts(
    slug="workshop",
    kind=Kind.WORKSHOP,
    state=State.ANNOUNCED,
    title=Text(en="Workshop", fr="Atelier", de="Werkstatt"),
    zone="Europe/Warsaw",
    venue=VenueFacts(name="Chamber", address="Jagiellońska 26", city="Warszawa", country="PL"),
    parts=(
        PartFacts(
            key="day",
            title=Text(en="Workshop day", fr="Journée d'atelier", de="Werkstatttag"),
            starts=datetime(2027, 8, 25, 10, 30),  # noqa: DTZ001
            ends=datetime(2027, 8, 25, 15),  # noqa: DTZ001
            capacity={Mode.ON_SITE: 3},
        ),
    ),
)


def add_event(app: Flask, facts: EventFacts = CONFERENCE, **changes: Any) -> EventFacts:
    """Publish an event, with some of its facts changed."""
    changed = replace(facts, **changes)
    with app.app_context(), transaction():
        actions.add_event(changed, base_url=BASE_URL, by=OPERATOR)
    return changed


def revise_event(app: Flask, slug: str = "conference", **changes: Any) -> None:
    """Change some facts of an event."""
    with app.app_context(), transaction():
        event = queries.event_by_slug(slug, lock=True)
        assert event is not None
        actions.revise_event(event, replace(values.event_facts(event), **changes), base_url=BASE_URL, by=OPERATOR)


FILLED = {
    "given_name": "Żaneta",
    "family_name": "Źdźbło",
    "email": "zaneta@uczelnia.example",
    "organisation": "Politechnika",
    "organisation_type": "higher_education_research",
    "region": "Mazovia",
    "country": "PL",
    "language": "en",
    "parts": "day-2",
    "mode-day-2": "on_site",
    "privacy": "y",
}
"""A filled form for CONFERENCE's public day."""
FILLED_WORKSHOP = {k: v for k, v in FILLED.items() if k != "mode-day-2"} | {"parts": "day"}


def soup(response: TestResponse) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(response.data, "html.parser")


def words(response: TestResponse) -> str:
    """Return the words of a page's main part, spaces single."""
    _frame, opened, rest = response.text.partition("<main")
    assert opened
    main = BeautifulSoup(opened + rest.partition("</main>")[0], "html.parser")  # the frame would take as long again
    return " ".join(main.get_text(" ").split())


def hidden(client: FlaskClient, path: str) -> dict[str, str]:
    """Open a form and return its hidden fields: what a browser would send back."""
    return hidden_in(client.get(path).get_data(as_text=True))


def hidden_in(page: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    # Parsing the whole page, its two hundred countries included, would take most of a test's time.
    main = page.partition("<main")[2]
    fields = [dict(ATTRIBUTE.findall(tag)) for tag in INPUT.findall(main)]
    return {field["name"]: unescape(field.get("value", "")) for field in fields if field.get("type") == "hidden"}


def register(client: FlaskClient, path: str = "/en/events/conference/register", **changes: Any) -> TestResponse:
    """Open the form and send it; a change to None leaves the field out."""
    filled = {**FILLED, **hidden(client, path), **changes}
    return client.post(path, data={name: value for name, value in filled.items() if value is not None})


def count(app: Flask, model: type, **wanted: Any) -> int:
    """Count rows."""
    with app.app_context():
        found = db.session.scalar(db.select(db.func.count()).select_from(model).filter_by(**wanted))
        return int(found or 0)


def add_question(app: Flask, key: str = "lunch", *, slug: str = "conference", **facts: Any) -> None:
    """Ask something at an event; words may be given in English alone."""
    words = {"label": "Do you stay for lunch?", "purpose": "We order the right number of meals."} | facts
    texts = {n: Text(en=v) if isinstance(v, str) else v for n, v in words.items() if n in {"label", "purpose", "help"}}
    with app.app_context(), transaction():
        event = queries.event_by_slug(slug, lock=True)
        assert event is not None
        kind, readers = QuestionKind(words.get("kind", "text")), Readers(words.get("readers", "organisers"))
        values = words | texts | {"key": key, "kind": kind, "readers": readers}
        values["when"] = When(words.get("when", "registering"))
        asking.add_question(event, QuestionFacts(**values), by=OPERATOR)


def add_subscriber(
    app: Flask, email: str, *, topics: Sequence[str] = ("project",), language: str = "en", confirmed: bool = True
) -> int:
    """Put an address on the newsletter's list, or have it asked only; returns its number. Nothing is mailed."""
    with app.app_context(), transaction() as session:
        subscribing.ask(Wish(email, language, topics, "1", language), by=VISITOR)
        subscriber = audience.subscriber_at(addresses.digest(email))
        assert subscriber is not None
        if confirmed:
            subscribing.confirm(subscriber, by=VISITOR)
        told = db.update(Fact).where(Fact.kind.startswith("subscriber."), Fact.subject_id == subscriber.id)
        session.execute(told.values(relayed_at=subscriber.asked_at))
        return subscriber.id


def add_guest(app: Flask, *, slug: str = "conference", parts: tuple[str, ...] = ("day-1",), **guest: Any) -> int:
    """Put a guest of the closed day on the list; returns the invitation's number."""
    with app.app_context(), transaction():
        event = queries.event_by_slug(slug, lock=True)
        assert event is not None
        who = inviting.Guest(**{"email": "guest@park.example", "language": "en", **guest})
        (made,) = inviting.invite(event, [who], parts=parts, by=OPERATOR)
        return made.id


def not_me(app: Flask, own: str) -> str:
    """Return the address that the e-mail to a registration's mailbox holds and its own page does not."""
    with app.app_context():
        signed = signing.read(links.OWN_PAGE, own.split("/registrations/")[1])
        assert isinstance(signed, list)
        return links.not_me(*signed, language="en")
