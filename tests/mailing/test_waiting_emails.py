"""The e-mails of the waiting list, in every language: whole, and without a calendar until there is a place."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import CLOCK, PARTICIPANT
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import addresses
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing.actions import keep_document
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions, offers, queries, waiting
from tests.conftest import Clock
from tests.factories import WORKSHOP, add_event
from tests.mailing.test_emails import PROJECT, holds_together
from tests.support.post import enrol, kept, work

SEAT = {"day": Mode.ON_SITE}


@pytest.fixture(autouse=True)
def published(app: Flask, clock: Clock) -> None:
    with app.app_context(), transaction():
        keep_document("project", PROJECT)


def on_the_list(app: Flask, language: str) -> tuple[int, int]:
    """Let one person take the only place and another wait for it; returns their registrations."""
    slug = f"workshop-{language}"
    add_event(app, WORKSHOP, slug=slug, parts=(replace(WORKSHOP.parts[0], capacity={Mode.ON_SITE: 1}),))
    first = enrol(app, slug=slug, language=language, choices=SEAT, given_name="Jan")
    second = enrol(app, slug=slug, language=language, choices=SEAT, may_wait=frozenset({("day", "on_site")}))
    work(app)
    return first[0], second[0]


def newest(app: Flask) -> KeptMail:
    work(app)
    return kept(app)[-1]


def on_waiting(app: Flask, language: str, _clock: Clock) -> KeptMail:
    on_the_list(app, language)
    return newest(app)


def on_offer(app: Flask, language: str, _clock: Clock) -> KeptMail:
    first, _second = on_the_list(app, language)
    with app.app_context(), transaction():
        registration = queries.registration_by_id(first, lock=True)
        assert registration is not None
        actions.withdraw(registration, by=PARTICIPANT)
    return newest(app)


def on_acceptance(app: Flask, language: str, clock: Clock) -> KeptMail:
    on_offer(app, language, clock)
    return _answered(app, waiting.accept)


def on_leaving(app: Flask, language: str, clock: Clock) -> KeptMail:
    on_offer(app, language, clock)
    return _answered(app, waiting.leave)


def on_silence(app: Flask, language: str, clock: Clock) -> KeptMail:
    on_offer(app, language, clock)
    clock.advance(hours=49)
    with app.app_context(), transaction():
        offers.look_after(offers.with_a_line()[0], by=CLOCK)
    return newest(app)


def _answered(app: Flask, answer: Callable[..., bool]) -> KeptMail:
    with app.app_context(), transaction():
        last = max(r.id for r in queries.active_by_address(addresses.digest("anna0@park.example")))
        registration = queries.registration_by_id(last, lock=True)
        assert registration is not None
        assert answer(registration, part_key="day", by=PARTICIPANT)
    return newest(app)


@pytest.mark.parametrize(
    "make, method",
    [(on_waiting, ""), (on_offer, ""), (on_acceptance, "REQUEST"), (on_leaving, ""), (on_silence, "")],
)
@pytest.mark.one_database
def test_each_email_in_each_language_is_whole(
    app: Flask, clock: Clock, make: Callable[[Flask, str, Clock], KeptMail], method: str
):
    for language in LANGUAGES:
        clock.advance(days=2)
        mail = make(app, language, clock)
        holds_together(mail, language)
        assert (mail.method, bool(mail.calendar), "%(" in mail.envelope.subject) == (method, bool(method), False)


def test_the_offer_reads_as_written(app: Flask, clock: Clock):
    mail = on_offer(app, "en", clock)
    assert mail.envelope.subject.startswith("A place is free for you until ")
    assert "A place has become free, and you are next on the waiting list." in " ".join(mail.text.split())
    assert "/place/day" in mail.text
