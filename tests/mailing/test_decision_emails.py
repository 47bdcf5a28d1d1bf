"""The e-mails about a decision, in every language: whole, and without a calendar until it is a yes."""

from dataclasses import replace

import pytest
from flask import Flask

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import PARTICIPANT, Actor
from s3chem_events.core.text import LANGUAGES
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import actions, approval, queries
from tests.conftest import Clock
from tests.factories import WORKSHOP, add_event
from tests.mailing.test_emails import holds_together
from tests.mailing.test_waiting_emails import newest, published  # noqa: F401 - a fixture
from tests.support.post import enrol

OLGA = Actor("organiser", 1)
REASON = "Only experts.\nPlease come in spring."


@pytest.mark.one_database
def test_each_email_about_a_decision_in_each_language_is_whole(app: Flask, clock: Clock):
    for language in LANGUAGES:
        clock.advance(days=2)
        add_event(app, WORKSHOP, slug=f"workshop-{language}", parts=(replace(WORKSHOP.parts[0], approval=True),))
        (number,) = enrol(app, slug=f"workshop-{language}", language=language, choices={"day": Mode.ON_SITE})
        mails = [newest(app)]
        for decide in (
            lambda one: approval.reject([one], reason=REASON, by=OLGA),
            lambda one: approval.approve(one, by=OLGA),
            lambda one: actions.withdraw(one, by=PARTICIPANT),
        ):
            with app.app_context(), transaction():
                registration = queries.registration_by_id(number, lock=True)
                assert registration is not None
                assert decide(registration)
            clock.advance(minutes=11)
            mails.append(newest(app))
        for mail in mails:
            holds_together(mail, language)
        assert [mail.method for mail in mails] == ["", "", "REQUEST", "CANCEL"]
        assert [REASON in mail.text for mail in mails] == [False, True, False, False]
