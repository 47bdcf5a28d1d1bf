"""Who a newsletter goes to: topics, languages, objections; and what is looked at once more before it leaves."""

from typing import Any

import pytest
from flask import Flask

from s3chem_events.campaigns import audience, subscribing, topics
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscribing import Wish
from s3chem_events.campaigns.subscriptions import State, masked
from s3chem_events.core.db import db, transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.journal import VISITOR, record
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import addresses, outbox, relaying, suppression
from s3chem_events.mailing.letters import Letter
from s3chem_events.mailing.models import OutgoingEmail, Suppression
from s3chem_events.publishing.lifecycle import Kind
from tests.conftest import Clock
from tests.factories import add_subscriber
from tests.support.post import rows, work


def chosen(app: Flask, about: tuple[str, ...], languages: tuple[str, ...] = ()) -> list[str]:
    with app.app_context():
        found = db.session.execute(audience.audience(about, languages)).all()
        ids = [number for number, _language, why in found if not why]
        assert ids == sorted(ids)
        people = audience.subscribers_by_ids(ids)
        return [people[one].email.partition("@")[0] for one in ids]


def test_an_audience_is_who_reads_about_one_of_the_topics_in_one_of_the_languages(app: Flask):
    add_subscriber(app, "project@x.example")
    add_subscriber(app, "limburg@x.example", topics=["region-limburg"], language="nl")
    add_subscriber(app, "both@x.example", topics=["kind-workshop", "region-limburg"], language="nl")
    add_subscriber(app, "workshop@x.example", topics=["kind-workshop"], language="de")
    add_subscriber(app, "waiting@x.example", confirmed=False)
    about = topics.of_event(region="Limburg", kind=Kind.WORKSHOP)
    assert about == ("region-limburg", "kind-workshop")
    assert topics.of_event(region="Bavaria", kind=Kind.WEBINAR) == ("region-elsewhere", "kind-webinar")
    assert chosen(app, about) == ["limburg", "both", "workshop"]
    assert chosen(app, about, ("de", "fr")) == ["workshop"]
    assert chosen(app, ("project",)) == ["project"]
    assert chosen(app, ()) == ["project", "limburg", "both", "workshop"]


def test_whose_mails_come_back_or_who_objects_is_named_with_the_reason(app: Flask, clock: Clock):
    add_subscriber(app, "well@x.example")
    add_subscriber(app, "dead@x.example")
    add_subscriber(app, "objects@x.example")
    with app.app_context(), transaction() as session:
        digest = addresses.digest("dead@x.example")
        session.add(Suppression(address_digest=digest, reason="dead", since=subscriber(digest).asked_at))
        suppression.object_to(addresses.digest("objects@x.example"), reason="left")
    assert chosen(app, ("project",)) == ["well"]
    with app.app_context():
        found = db.session.execute(audience.audience(("project",))).all()
        assert [why for _number, _language, why in found] == ["", "address_dead", "objecting"]
        assert db.session.execute(audience.audience(("region-limburg",))).all() == []


def subscriber(digest: str) -> Subscriber:
    found = audience.subscriber_at(digest)
    assert found is not None
    return found


def newsletter(fact_id: int, one: Subscriber, clock_at: Any, kind: str = "subscriber.newsletter") -> Letter:
    written = {"kind": kind, "fact_id": fact_id, "subject_id": one.id, "address": one.email, "language": "en"}
    parts = {"subject": "News", "text": "News", "html": "<p>News</p>", "calendars": (), "method": "", "name": ""}
    frame = {"sender": "events@s3chem.example", "sender_name": "S3Chem", "reply_to": "", "created_at": clock_at}
    return Letter(**written, **parts, **frame, message_id=f"<{kind}-{one.id}@s3chem.example>")


def test_who_leaves_while_a_newsletter_waits_gets_none_but_still_hears_of_her_own_event(app: Flask, clock: Clock):
    add_subscriber(app, "anna@x.example")
    add_subscriber(app, "jan@x.example")
    with app.app_context(), transaction():  # F8
        told = record("event.retold", 1, by=VISITOR)
        db.session.flush()
        for name in ("anna", "jan"):
            one = subscriber(addresses.digest(f"{name}@x.example"))
            kinds = ("subscriber.newsletter", "registration.confirmed")
            outbox.post([newsletter(told.id, one, one.asked_at, kind) for kind in kinds])
    with app.app_context(), transaction():
        suppression.object_to(addresses.digest("anna@x.example"), reason="left")
    work(app)
    assert [(row.address, row.kind, row.state) for row in rows(app)] == [
        ("anna@x.example", "subscriber.newsletter", "suppressed"),
        ("anna@x.example", "registration.confirmed", "sent"),
        ("jan@x.example", "subscriber.newsletter", "sent"),
        ("jan@x.example", "registration.confirmed", "sent"),
    ]


def test_what_was_written_before_somebody_left_is_emptied_and_what_she_asks_for_later_is_sent(app: Flask, clock: Clock):
    add_subscriber(app, "anna@x.example")
    with app.app_context(), transaction():
        told = record("event.retold", 1, by=VISITOR)
        db.session.flush()
        one = subscriber(addresses.digest("anna@x.example"))
        late = newsletter(told.id, one, one.asked_at)
        outbox.post([late])
        subscribing.leave(one, by=VISITOR)
    with app.app_context(), transaction():  # both before the worker comes round
        one = audience.subscriber_by_id(late.subject_id, lock=True) or pytest.fail("her row is gone")
        assert (one.state, one.email, one.topics) == (State.LEFT, "", [])
        subscribing.ask(Wish("anna@x.example", "en", ["project"], "1", "en"), by=VISITOR)
        forgetting = {"subscriber.left": ("subscriber.",)}
        assert relaying.still_wanted([late], forgetting) == []  # a worker that had read her before she left
        again = newsletter(told.id + 100, one, one.asked_at)
        assert relaying.still_wanted([again], forgetting) == [again]
    work(app)
    with app.app_context():
        found = db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id))
        assert [(row.kind, row.address) for row in found][:1] == [("subscriber.newsletter", "")]


@pytest.mark.one_database
def test_topics_are_one_table_with_words_in_every_language():
    for language in LANGUAGES:
        labels = topics.labels(language)
        assert list(labels) == list(topics.TOPICS)
        assert all(labels.values())
    assert topics.chosen(["kind-workshop", "project", "project"]) == ["project", "kind-workshop"]
    for wrong in ([], ["project", "weather"]):
        with pytest.raises(Invalid):
            topics.chosen(wrong)


@pytest.mark.one_database
def test_an_address_is_known_again_by_its_owner_alone():
    assert masked("anna.kowalska@park.example") == "a•••@p•••.example"
    assert masked("o@localhost") == "o•••@•••"
