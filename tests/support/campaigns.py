"""What tests of campaigns have in common: readers, a newsletter, and the steps that organisers take with it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from s3chem_events.campaigns import releases, sending
from s3chem_events.campaigns.models import Campaign, CampaignReader, Subscriber
from s3chem_events.campaigns.releases import Content
from s3chem_events.campaigns.stages import Audience, Kind
from s3chem_events.campaigns.subscriptions import Source, State
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Actor
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses
from s3chem_events.publishing import queries
from tests.factories import soup

CAMPAIGNS = "/desk/newsletter/campaigns/"
ONE = f"{CAMPAIGNS}1"
CLARA, DIEGO = Actor("organiser", 1), Actor("organiser", 2)
WORDS = {
    "subject": Text(en="News of February", fr="Nouvelles de février", de="Neues im Februar"),
    "intro": Text(en="Good news from **Limburg**.", fr="De bonnes nouvelles.", de="Gute Nachrichten."),
}


def readers(app: Flask, *, topics: tuple[str, ...] = ("project",), **by_language: int) -> None:
    """Put so many people of each language onto the list, as if they had confirmed."""
    moment = now()
    with app.app_context(), transaction():
        for language, number in by_language.items():
            for n in range(number):
                email = f"{language}{n}@readers.example"
                row = Subscriber(
                    email=email,
                    address_digest=addresses.digest(email),
                    search=email,
                    language=language,
                    topics=list(topics),
                    state=State.CONFIRMED,
                    source=Source.FORM,
                    asked_at=moment,
                    confirmed_at=moment,
                )
                db.session.add(row)


def newsletter(app: Flask, *, events: tuple[str, ...] = (), **changes: Any) -> int:
    """Write a newsletter with the blocks of some events; returns its number."""
    return campaign(app, Kind.NEWSLETTER, events=events, **changes)


def campaign(app: Flask, kind: Kind, *, about: str = "", events: tuple[str, ...] = (), **changes: Any) -> int:
    """Write a campaign; `about` is the slug of its event."""
    with app.app_context(), transaction():
        ids = [queries.event_id(slug) for slug in events]
        event = queries.event_by_slug(about) if about else None
        made = releases.create(kind, event=event, audience=Audience(), by=CLARA)
        content: Mapping[str, Any] = {
            **WORDS,
            "closing": Text(),
            "blocks": [{"kind": "event", "id": number} for number in ids],
            "audience": Audience(),
            **changes,
        }
        releases.save(made, Content(**content), version=1, by=CLARA)
        return made.id


@contextmanager
def locked(app: Flask, number: int) -> Iterator[Campaign]:
    """Take a step with a campaign."""
    with app.app_context(), transaction():
        found = sending.campaign_by_id(number, lock=True)
        assert found is not None
        yield found


def release(app: Flask, number: int) -> None:
    """Have one organiser ask, and another one release."""
    with locked(app, number) as found:
        releases.ask_for_a_second_look(found, by=CLARA)
    with locked(app, number) as found:
        releases.release(found, version=found.version, by=DIEGO)


def stage(app: Flask, number: int) -> tuple[str, str]:
    """Return where a campaign stands, and why it is paused."""
    with app.app_context():
        found = db.session.get(Campaign, number)
        assert found is not None
        return found.stage, found.why


def written(app: Flask, number: int) -> tuple[int, int]:
    """Return how many readers a campaign has, and for how many the e-mail is in the outbox."""
    with app.app_context():
        query = db.select(db.func.count(), db.func.count(CampaignReader.written_at)).filter_by(campaign_id=number)
        total, done = db.session.execute(query).one()
        return total, done


def press(client: FlaskClient, action: str, **values: str) -> TestResponse:
    """Press the button that posts to this address, as it stands on the campaign's page."""
    return client.post(f"{ONE}/{action}", data=sent_by(client.get(ONE), action) | values, follow_redirects=True)


def sent_by(page: TestResponse, action: str) -> dict[str, str]:
    """Return what the button that posts to this address would send."""
    form = soup(page).select_one(f'form[action$="/{action}"]')
    assert form is not None, f"there is no button for {action}"
    return {str(one["name"]): str(one.get("value", "")) for one in form.select("input")}
