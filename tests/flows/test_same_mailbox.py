"""Who withdraws and comes back, and who shares a mailbox: the calendar ends with what is true."""

from dataclasses import replace

from bs4 import BeautifulSoup
from icalendar import Calendar

from s3chem_events import dispatch
from s3chem_events.core.db import db
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.registration.models import Participation, Registration
from tests.factories import PUBLIC_DAY, add_event, count, hidden, not_me, register
from tests.support.post import enrol, relay, rows, work
from tests.support.statements import rows_handled, statements

STAYS = "Someone else is still registered with this address, so nothing is removed from the calendar."
GOES = (
    "This e-mail tells your calendar to remove the date. "
    "If your e-mail program does not offer to, please delete the entry yourself."
)
ONE_GOES = (
    "Someone else is still registered with this address, so this e-mail tells your calendar to remove only the dates "
    "that nobody attends any more. If your e-mail program does not offer to, please delete those entries yourself."
)


def entries(app):
    """Return method and DTSTAMP of each e-mail's invitation, in the order in which they were written."""
    work(app)
    found = []
    with app.app_context():
        for email in db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id)):
            for calendar in email.calendars or []:
                parsed = Calendar.from_ical(calendar)
                found.append((str(parsed["METHOD"]), parsed.events[0]["DTSTAMP"].dt))
    return found


def said_of_the_calendar(app) -> list[str]:
    """Return what each withdrawal says of the calendar, in its text and in its HTML alike."""
    said = []
    for row in rows(app):
        if row.kind == "registration.withdrawn":
            text = " ".join(row.text.partition("\nCalendar\n")[2].partition("\n\n")[0].split())
            assert text in " ".join(BeautifulSoup(row.html, "html.parser").get_text(" ").split())
            said.append(text)
    return said


def withdraw(client, own: str) -> None:
    client.post(f"{own}/withdrawal", data=hidden(client, f"{own}/withdrawal"))


def test_who_withdraws_and_comes_back_keeps_the_entry_however_late_the_worker_is(app, client, clock):
    add_event(app)
    withdraw(client, register(client).headers["Location"])
    clock.advance(seconds=5)
    register(client)
    assert [method for method, _at in entries(app)] == ["REQUEST"]


def test_a_newer_invitation_outranks_the_cancellation_before_it(app, client, clock):
    add_event(app)
    own = register(client).headers["Location"]
    work(app)
    clock.advance(seconds=5)
    withdraw(client, own)
    work(app)
    clock.advance(seconds=5)
    register(client)
    invited, cancelled, again = entries(app)
    assert [invited[0], cancelled[0], again[0]] == ["REQUEST", "CANCEL", "REQUEST"]
    assert invited[1] < cancelled[1] < again[1]


def test_one_persons_withdrawal_leaves_the_others_entry_in_a_shared_mailbox(app, client, clock):
    add_event(app)
    anna = register(client, email="info@park.example", given_name="Anna").headers["Location"]
    jan = register(client, email="info@park.example", given_name="Jan").headers["Location"]
    assert [method for method, _at in entries(app)] == ["REQUEST", "REQUEST"]
    withdraw(client, anna)
    assert [method for method, _at in entries(app)] == ["REQUEST", "REQUEST"]
    assert said_of_the_calendar(app) == [STAYS]
    withdraw(client, jan)
    assert [method for method, _at in entries(app)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert said_of_the_calendar(app) == [STAYS, GOES]


def test_of_two_parts_only_the_one_goes_that_nobody_of_the_mailbox_attends_any_more(app, client, clock):
    add_event(app, parts=(replace(PUBLIC_DAY, key="day-1"), PUBLIC_DAY))
    both = {"email": "info@park.example", "parts": ["day-1", "day-2"], "mode-day-1": "online"}
    anna = register(client, **both, given_name="Anna").headers["Location"]
    register(client, email="info@park.example", given_name="Jan")
    assert [method for method, _at in entries(app)] == ["REQUEST"] * 3
    withdraw(client, anna)
    assert [method for method, _at in entries(app)] == [*["REQUEST"] * 3, "CANCEL"]
    assert said_of_the_calendar(app) == [ONE_GOES]


def test_many_withdrawals_ask_for_the_shared_mailboxes_in_one_statement(app, client):
    add_event(app)
    people = [(mailbox, name) for mailbox in ("info", "office") for name in ("Anna", "Jan", "Ewa")]
    own = [
        register(client, email=f"{box}@x.example", given_name=name, **{"mode-day-2": "online"}).headers["Location"]
        for box, name in people
    ]
    work(app)

    def asked() -> int:
        with statements(app) as seen:
            relay(app)
        return sum("FROM registration JOIN participation" in statement for statement in seen)

    withdraw(client, own.pop())
    one = asked()
    for page in own:
        withdraw(client, page)
    assert (one, asked()) == (1, 1)
    assert said_of_the_calendar(app) == [STAYS, *[GOES] * 5]


def test_who_said_not_me_while_the_worker_was_writing_is_not_written_to(app, client, monkeypatch):
    add_event(app)
    own = register(client).headers["Location"]
    write = dispatch._written

    def slowly(*args):
        letters = write(*args)
        client.post(not_me(app, own), data=hidden(client, not_me(app, own)))
        return letters

    monkeypatch.setattr(dispatch, "_written", slowly)
    assert entries(app) == []
    assert count(app, OutgoingEmail) == 0


def test_who_comes_and_goes_costs_the_same_however_many_share_the_mailbox(app, client):
    add_event(app)
    office, costs = "office@x.example", []
    for crowd in (3, 40):
        enrol(app, crowd, email=office, given_name=f"Crowd {crowd}")
        gone = str(register(client, email=office, given_name="Gone").location)
        with rows_handled(app, Registration, Participation) as seen:
            withdraw(client, gone)
            back = str(register(client, email=office, given_name="Gone").location)
        costs.append(dict(seen))
        withdraw(client, back)
    assert costs[0] == costs[1]
    with app.app_context():  # all of the mailbox share the count, however it is raised
        assert len(set(db.session.scalars(db.select(Participation.changes)))) == 1
