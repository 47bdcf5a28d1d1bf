"""Who withdraws and comes back, and who shares a mailbox: the calendar ends with what is true."""

from icalendar import Calendar

from s3chem_events import dispatch
from s3chem_events.core.db import db
from s3chem_events.mailing.models import OutgoingEmail
from tests.factories import add_event, count, hidden, register
from tests.support.post import work


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
    withdraw(client, jan)
    assert [method for method, _at in entries(app)] == ["REQUEST", "REQUEST", "CANCEL"]


def test_who_said_not_me_while_the_worker_was_writing_is_not_written_to(app, client, monkeypatch):
    add_event(app)
    own = register(client).headers["Location"]
    write = dispatch._written

    def slowly(*args):
        letters = write(*args)
        client.post(f"{own}/not-me", data=hidden(client, f"{own}/not-me"))
        return letters

    monkeypatch.setattr(dispatch, "_written", slowly)
    assert entries(app) == []
    assert count(app, OutgoingEmail) == 0
