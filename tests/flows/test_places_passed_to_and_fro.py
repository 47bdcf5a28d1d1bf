"""Who has the links of two people passes one place to and fro between them: the mailbox of neither fills by it."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events.core.db import transaction
from s3chem_events.core.journal import PARTICIPANT
from s3chem_events.mailing import confirming
from s3chem_events.mailing.letters import State as MailState
from s3chem_events.publishing.lifecycle import State, WaitingList
from tests.conftest import Clock
from tests.factories import add_event, register
from tests.site.test_own_parts import DINNER, PARTS, press
from tests.support.post import rows, work

pytestmark = pytest.mark.settings(LIMITS="on")
VICTIM, OTHER = "victim@park.example", "x@park.example"


def sent(app: Flask) -> list[Any]:
    mine = [row for row in rows(app) if row.address == VICTIM and row.state == MailState.SENT]
    return sorted(mine, key=lambda row: row.sent_at)


def two_pages(app: Flask) -> tuple[str, str, FlaskClient]:
    victim, other = (str(register(app.test_client(), email=one, family_name=one).location) for one in (VICTIM, OTHER))
    return victim, other, app.test_client()


def pass_to_and_fro(app: Flask, *, rounds: int) -> None:
    victim, other, client = two_pages(app)
    assert press(client, f"{other}/parts/dinner", how="on_site").status_code == 303
    work(app)
    for _ in range(rounds):
        assert press(client, f"{victim}/parts/dinner", how="on_site wait").status_code == 303
        assert press(client, f"{other}/parts/dinner/withdrawal").status_code == 303
        work(app)
        press(client, f"{victim}/parts/dinner/withdrawal")
        press(client, f"{victim}/place/dinner", press="leave")
        assert press(client, f"{other}/parts/dinner", how="on_site").status_code == 303
        work(app)


@pytest.mark.parametrize("kind", [WaitingList.AUTOMATIC, WaitingList.OFFER])
@pytest.mark.parametrize("approval", [False, pytest.param(True, marks=pytest.mark.one_database)])
def test_to_a_mailbox_that_nobody_has_confirmed_one_email_goes_in_a_quarter_of_an_hour_and_five_in_a_day(
    app: Flask, clock: Clock, kind: WaitingList, approval: bool
) -> None:
    add_event(app, state=State.ANNOUNCED, parts=(*PARTS[:2], replace(DINNER, approval=approval)), waiting_list=kind)
    pass_to_and_fro(app, rounds=8)
    assert len(sent(app)) == 1
    for quarter in range(1, 9):
        clock.advance(minutes=15)
        work(app)
        assert len(sent(app)) == min(1 + quarter, 5)


@pytest.mark.one_database
@pytest.mark.counted_elsewhere
def test_a_confirmed_mailbox_hears_of_its_places_at_once_but_not_without_end(app: Flask, clock: Clock) -> None:
    add_event(app, state=State.ANNOUNCED, parts=PARTS, waiting_list=WaitingList.AUTOMATIC)
    with app.app_context(), transaction():
        confirming.confirm(VICTIM, by=PARTICIPANT)
    pass_to_and_fro(app, rounds=23)
    assert [row.kind for row in sent(app)].count("registration.promoted") == 20


def test_who_waits_hears_of_her_place_at_once_and_an_offer_that_had_to_wait_beyond_its_end_is_not_made(
    app: Flask, clock: Clock
) -> None:
    add_event(app, state=State.ANNOUNCED, parts=PARTS, waiting_list=WaitingList.OFFER)
    victim, other, client = two_pages(app)
    press(client, f"{other}/parts/dinner", how="on_site")
    work(app)
    for _ in range(3):  # two e-mails each: five, with the confirmation, before the last offer
        clock.advance(minutes=16)
        press(client, f"{victim}/parts/dinner", how="on_site wait")
        work(app)
        clock.advance(minutes=16)
        press(client, f"{other}/parts/dinner/withdrawal")
        work(app)
        offers = [row.state for row in rows(app) if row.kind == "registration.place_offered"]
        if len(offers) < 3:
            press(client, f"{victim}/parts/dinner/withdrawal")
            press(client, f"{victim}/place/dinner", press="leave")
            press(client, f"{other}/parts/dinner", how="on_site")
    assert offers == [MailState.SENT, MailState.SENT, MailState.DEFERRED]
    clock.advance(days=3)
    work(app)  # what was written before it goes first
    clock.advance(minutes=15)
    work(app)
    offers = [row.state for row in rows(app) if row.kind == "registration.place_offered"]
    assert offers == [MailState.SENT, MailState.SENT, MailState.CANCELLED]
