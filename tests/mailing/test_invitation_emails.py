"""The invitation and its reminder in every language, with a name and without one."""

import pytest
from flask import Flask

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import OPERATOR, record
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing.maildir import KeptMail
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.actions import keep_document
from s3chem_events.registration import inviting
from tests.conftest import Clock
from tests.factories import add_event
from tests.mailing.test_emails import PROJECT, holds_together
from tests.support.post import kept, work


def invited(app: Flask, language: str, kind: str) -> KeptMail:
    with app.app_context(), transaction():
        event = publishing.event_by_slug("conference", lock=True)
        assert event is not None
        named = {"given_name": "Anna", "family_name": "Nowak"} if kind == "invitation.sent" else {}
        guest = inviting.Guest(email=f"{language}@{kind}.example", language=language, **named)
        (one,) = inviting.invite(event, [guest], parts=["day-1"], by=OPERATOR)
        record(kind, one.id, by=OPERATOR, event=event.id)
    work(app)
    return kept(app)[-1]


@pytest.mark.one_database
@pytest.mark.parametrize("kind", ["invitation.sent", "invitation.reminded"])
def test_each_e_mail_of_an_invitation_is_whole_in_each_language(app: Flask, clock: Clock, kind: str):
    with app.app_context(), transaction():
        keep_document("project", PROJECT)
    add_event(app)
    for language in LANGUAGES:
        clock.advance(days=2)
        holds_together(invited(app, language, kind), language)
