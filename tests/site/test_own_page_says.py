"""The own page offers what there is to do, and says of an e-mail and of a place given up no more than is so."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import schedule
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.text import Text
from s3chem_events.mailing import addresses
from s3chem_events.mailing.models import Suppression
from s3chem_events.publishing.facts import VenueFacts
from s3chem_events.publishing.lifecycle import Mode, State, WaitingList
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import FILLED, PUBLIC_DAY, add_event, count, hidden, register, revise_event, soup, words
from tests.site.test_own_parts import DINNER, press
from tests.support.post import enrol, kept, work

ON_ITS_WAY = f"An e-mail with the details is on its way to {FILLED['email']}."
SENT = f"An e-mail with the details was sent to {FILLED['email']} on 23 November 2026"
ELSE = "someone else"
MODES = ("on_site", "online")
PROMISES = (
    "Saved.",
    "An e-mail that lists the changes is on its way.",
    "The confirmation is on its way again.",
    "Both of you receive an e-mail.",
    "Your colleague receives an e-mail.",
)
HOURS_FOLLOW = "Times, venue and programme will be published on the event page"


@pytest.fixture(autouse=True)
def event(app: Flask) -> None:
    add_event(app)


def said(client: FlaskClient, own: str) -> tuple[bool, bool]:
    """Return whether the page says that the e-mail is on its way, and that it was sent."""
    page = words(client.get(own))
    return ON_ITS_WAY in page, SENT in page


def test_who_reads_the_mailbox_is_told_when_the_email_was_sent_and_who_typed_it_only_that_it_is_on_its_way(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    shown = str(register(client).location)
    assert said(client, shown) == (True, False)
    work(app)
    mailed = re.findall(r"http://localhost(/en/registrations/[^/\s]+)\n", kept(app)[-1].text)[0]
    assert (said(client, shown), said(client, mailed)) == ((True, False), (False, True))
    clock.advance(days=90)  # and never for months
    assert (said(client, shown), said(client, mailed)) == ((False, False), (False, True))
    revise_event(app, parts=(replace(PUBLIC_DAY, cancelled=True),))
    assert said(client, mailed) == (False, False)


def test_what_was_done_promises_an_email_to_nobody_who_gets_none_and_says_when_it_comes(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    own = str(register(client).location)
    work(app)

    def promised() -> dict[str, list[bool]]:
        pages = {at: words(client.get(f"{own}{at}")) for at in ("?done=change", "?done=confirmation", "/substitution")}
        return {
            at: [one in page for one in (*PROMISES, "E-mails usually arrive at once.")] for at, page in pages.items()
        }

    assert promised() == {
        "?done=change": [True, True, False, False, False, True],
        "?done=confirmation": [False, False, True, False, False, True],
        "/substitution": [False, False, False, True, False, True],
    }
    with app.app_context(), transaction():
        row = {"address_digest": addresses.digest(FILLED["email"]), "reason": "dead", "since": now()}
        db.session.add(Suppression(**row))
    assert promised() == {
        "?done=change": [True, False, False, False, False, False],
        "?done=confirmation": [False, False, False, False, False, False],
        "/substitution": [False, False, False, False, True, True],
    }


def test_whose_only_part_is_cancelled_is_offered_no_calendar_and_no_withdrawal(app: Flask, client: FlaskClient):
    own = str(register(client).location)
    offers = ("Add it to your calendar", "Withdraw…", "Send the confirmation again", "What happens next")
    before = words(client.get(own))
    assert [offer in before for offer in offers] == [True] * 4
    asked = hidden(client, f"{own}/withdrawal")
    revise_event(app, parts=(replace(PUBLIC_DAY, cancelled=True),))
    page = words(client.get(own))
    assert "What you registered for has been cancelled." in page
    assert [offer in page for offer in offers] == [False] * 4
    shown = words(client.get(f"{own}/withdrawal"))
    assert "There is nothing to withdraw from" in shown
    assert [word in shown for word in ("Yes, withdraw", "calendar", "someone else")] == [False] * 3
    assert client.post(f"{own}/withdrawal", data=asked).status_code == 303
    assert count(app, Registration, withdrawn_at=None) == 1
    revise_event(app, parts=(PUBLIC_DAY,))
    assert [offer in words(client.get(own)) for offer in offers] == [True] * 4


@pytest.mark.one_database
def test_why_it_is_off_is_said_in_its_own_language_and_not_to_whom_it_is_no_reason(app: Flask, client: FlaskClient):
    ill, storm = Text(en="The speaker is ill."), Text(en="A storm is coming.")
    both = (replace(PUBLIC_DAY, key="day-1"), PUBLIC_DAY)
    revise_event(app, parts=both)
    in_room = {"mode-day-1": "on_site"}
    gave_up, own = (
        str(register(client, parts=["day-1"], email=f"{who}@park.example", **in_room).location) for who in "ab"
    )
    client.post(f"{gave_up}/withdrawal", data=hidden(client, f"{gave_up}/withdrawal"))
    revise_event(app, parts=(replace(PUBLIC_DAY, key="day-1", cancelled=True, reason=ill), PUBLIC_DAY))
    said = soup(client.get(own.replace("/en/", "/pl/"))).select_one(".as-typed span[lang=en]")
    assert said is not None
    assert said.get_text() == "The speaker is ill."
    assert "The speaker is ill." not in words(client.get(gave_up))
    revise_event(app, parts=both, state=State.POSTPONED, reason=storm)
    assert "The organisers write: A storm is coming." in words(client.get(own))
    assert "A storm is coming." not in words(client.get(gave_up))


@pytest.mark.one_database
def test_a_link_that_is_not_known_the_day_before_is_promised_by_page_and_reminder(
    app: Flask, client: FlaskClient, clock: Clock
):
    day = {"starts": datetime(2027, 6, 18, 9), "ends": datetime(2027, 6, 18, 16)}  # noqa: DTZ001
    hall = VenueFacts(name="Vrijthof Hall", city="Maastricht", country="NL")
    part = replace(PUBLIC_DAY, **day, capacity={Mode.ON_SITE: None, Mode.ONLINE: None})
    revise_event(app, state=State.ANNOUNCED, venue=hall, parts=(part,))
    own = [str(register(client, **{"mode-day-2": mode, "email": f"{mode}@park.example"}).location) for mode in MODES]
    work(app)
    late = "The organisers have not given the link to join yet."
    assert [late in words(client.get(page)) for page in own] == [False, False]
    clock.set(datetime(2027, 6, 17, 7, 30, tzinfo=UTC))
    with app.app_context():
        schedule.tick()
    assert work(app) == 2
    assert [late in words(client.get(page)) for page in own] == [False, True]
    there, online = (" ".join(mail.text.split()) for mail in kept(app)[-2:])
    known = "The link to join online is not known yet."
    assert [(known in text, "18 June 2027, Vrijthof Hall, Maastricht" in text) for text in (there, online)] == [
        (False, True),
        (True, False),
    ]


@pytest.mark.one_database
def test_no_hours_are_promised_for_a_part_that_is_cancelled(app: Flask, client: FlaskClient):
    visit = replace(PUBLIC_DAY, key="day-1", capacity={Mode.ON_SITE: 3})
    timed = replace(PUBLIC_DAY, starts=datetime(2027, 6, 18, 9), ends=datetime(2027, 6, 18, 16))  # noqa: DTZ001
    revise_event(app, parts=(visit, timed))
    own = str(register(client, parts=["day-1", "day-2"]).location)
    assert HOURS_FOLLOW in words(client.get(own))
    revise_event(app, parts=(replace(visit, cancelled=True), timed))
    assert HOURS_FOLLOW not in words(client.get(own))


@pytest.mark.one_database
def test_somebody_else_gets_a_place_only_where_places_are_limited(app: Flask, client: FlaskClient):
    for mode, limited in (("on_site", True), ("online", False)):
        own = str(register(client, email=f"{mode}@park.example", **{"mode-day-2": mode}).location)
        pages = [client.get(own), client.get(f"{own}/withdrawal")]
        assert client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal")).status_code == 303
        pages.append(client.get(own))
        assert [ELSE in words(page) for page in pages] == [limited] * 3, mode
        assert "Your registration was withdrawn on" in words(pages[2])


@pytest.mark.one_database
@pytest.mark.parametrize("seats", [5, None])
def test_a_seat_that_is_left_for_the_screen_goes_to_somebody_else_only_where_seats_are_counted(
    app: Flask, client: FlaskClient, seats: int | None
):
    revise_event(app, parts=(replace(PUBLIC_DAY, capacity={Mode.ON_SITE: seats, Mode.ONLINE: None}),))
    own = str(register(client).location)
    asked = words(client.get(f"{own}/mode/day-2"))
    assert ("Your seat in the room goes to someone else." in asked) == (seats is not None)
    assert "The link to join will stand on your page" in asked


def test_who_waits_for_two_parts_reads_that_in_each_language_and_off_one_list_she_is_sent_to_her_own_page(
    app: Flask, client: FlaskClient
) -> None:
    parts = (PUBLIC_DAY, DINNER, replace(DINNER, key="visit"))
    revise_event(app, parts=parts, waiting_list=WaitingList.AUTOMATIC)
    enrol(app, choices=dict.fromkeys(("dinner", "visit"), Mode.ON_SITE))
    own = str(register(client, parts=["day-2", "dinner", "visit"], waiting="dinner:on_site visit:on_site").location)
    said = {
        "en": "You are registered, and on the waiting list for 2 parts: see below.",
        "de": "Sie sind angemeldet und stehen für 2 Teile auf der Warteliste: siehe unten.",
        "fr": "Votre inscription est faite, avec 2 parties en liste d’attente : voir ci-dessous.",
        "nl": "U bent aangemeld en staat voor 2 onderdelen op de wachtlijst: zie hieronder.",
        "it": "L’iscrizione è registrata; per 2 parti è nella lista d’attesa: vedere sotto.",
        "ca": "Teniu la inscripció feta i, per a 2 parts, sou a la llista d’espera: vegeu més avall.",
        "es": "Su inscripción está hecha y, para 2 partes, está en la lista de espera: vea más abajo.",
        "pl": "Zgłoszenie jest przyjęte, a na 2 części są Państwo na liście rezerwowej: patrz niżej.",
    }
    for language, sentence in said.items():
        page = " ".join(words(client.get(own.replace("/en/", f"/{language}/"))).split())
        assert sentence in page
    work(app)
    assert press(client, f"{own}/place/visit", press="leave").status_code == 303
    assert "on the waiting list for one part" in words(client.get(own))
    work(app)
    told = kept(app)[-1].text
    links = ("/en/registrations/" in told, "/en/events/conference\n" in told, "like to come?" in told)
    assert ("taken off the waiting list" in told, *links) == (True, True, False, False)
