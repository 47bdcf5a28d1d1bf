"""A guest's calendar answers the invitation: what follows for the place, the page, the desk and the mailbox."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from s3chem_events import intake
from s3chem_events.accounts.roles import Role
from s3chem_events.calendar import itip
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import arrivals, reading, received
from s3chem_events.mailing.models import Arrival, ConfirmedMailbox, OutgoingEmail
from s3chem_events.mailing.received import KEPT
from s3chem_events.publishing.lifecycle import State, Visibility
from s3chem_events.registration.models import Change, Participation, Registration
from tests.conftest import Clock
from tests.factories import CLOSED_DAY, PUBLIC_DAY, add_event, count, hidden, register, revise_event, soup, words
from tests.support import dkim_keys
from tests.support.desk import signed_in
from tests.support.patience import ends
from tests.support.post import enrol, kept, relay, rows, work
from tests.support.replies import CALENDARS, Reply

GUEST = "zaneta@uczelnia.example"
PEOPLE = "/desk/events/conference/participants"
pytestmark = pytest.mark.settings(INBOX="push")


@pytest.fixture(autouse=True)
def published(app: Flask) -> None:
    add_event(app)


def invitation(app: Flask, newest: int = -1) -> Reply:
    """Return the answer that a calendar would give to the newest invitation, as it stands in the outbox."""
    calendars = [calendar for row in rows(app) if row.method == "REQUEST" for calendar in row.calendars]
    lines = re.sub(r"\r\n ", "", calendars[newest]).split("\r\n")
    found = {line.partition(":")[0].partition(";")[0]: line for line in lines}
    organizer = found["ORGANIZER"].rpartition("mailto:")[2]
    assert f"EMAIL={organizer}" in found["ORGANIZER"] or "+" not in organizer
    return Reply(
        uid=found["UID"].partition(":")[2],
        organizer=organizer,
        attendee=found["ATTENDEE"].rpartition("mailto:")[2],
        sequence=int(found["SEQUENCE"].partition(":")[2]),
        stamp=datetime(2026, 11, 23, 12, 5, tzinfo=UTC),
    )


def bring(app: Flask, raw: bytes, **details: Any) -> str:
    """Bring an e-mail as a mail server does; returns what became of it."""
    with app.app_context():
        verdict = intake.receive(raw, resolver=details.pop("resolver", dkim_keys.unreachable), **details)
    return f"{verdict.fate}: {verdict.reason}"


def standing(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        found = db.session.scalars(db.select(Participation).order_by(Participation.id))
        return [(str(p.standing), str(p.answer)) for p in found]


def facts(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(f.kind, f.by) for f in db.session.scalars(db.select(Fact).order_by(Fact.id))]


@pytest.fixture
def invited(app: Flask, client: FlaskClient, clock: Clock) -> Reply:
    assert register(client).status_code == 303
    assert work(app) == 1
    clock.advance(hours=1)
    return invitation(app)


@pytest.mark.parametrize("client_program", CALENDARS)
def test_declined_by_any_client_the_place_is_free_and_one_mail_offers_the_way_back(
    app: Flask, client: FlaskClient, invited: Reply, client_program: str
):
    # Outlook names no organizer, but sends to it.
    words_come_with_it = client_program == "exchange"
    verdict = "for_a_person: wrote_besides" if words_come_with_it else "done: declined"
    assert bring(app, invited.mail(client_program)) == verdict
    assert standing(app) == [("withdrawn", "declined")]
    assert count(app, Registration, withdrawn_at=None) == 0
    assert work(app) == 1
    mail = kept(app)[-1]
    assert mail.envelope.subject == "You declined in your calendar: Final conference, 18 June 2027 (Żaneta Źdźbło)"
    assert (mail.method, mail.attachments, f"<{GUEST}>" in str(mail.headers)) == ("", (), True)
    assert facts(app)[-1] == ("registration.declined_by_calendar", "calendar")
    for _ in range(3):
        assert bring(app, invited.mail(client_program)) == "ignored: brought_before"
    assert (work(app), count(app, Arrival)) == (0, 1)


def test_after_the_event_neither_a_calendar_nor_the_own_link_takes_anybody_off_the_list(
    app: Flask, client: FlaskClient, clock: Clock, invited: Reply
):
    own = re.findall(r"http://localhost(/en/registrations/[\w.-]+)\s", kept(app)[-1].text)[0]
    clock.set(datetime(2027, 6, 19, 9, tzinfo=UTC))
    assert bring(app, invited.mail("gmail")) == "ignored: over"
    assert "There is nothing to withdraw from" in words(client.get(f"{own}/withdrawal"))
    answer = client.post(f"{own}/withdrawal", data=hidden(client, "/en/registrations/lost-link"))
    assert (answer.status_code, "This event is over. You were registered." in words(answer)) == (403, True)
    assert standing(app) == [("confirmed", "nothing")]
    assert work(app) == 0


def test_cancelled_event_hears_no_calendar_any_more(app: Flask, invited: Reply):
    revise_event(app, state=State.CANCELLED)
    assert bring(app, invited.mail("gmail")) == "ignored: over"
    assert standing(app) == [("confirmed", "nothing")]


def test_words_that_come_with_an_answer_are_read_by_a_person_kept_at_the_registration_and_gone_with_it(
    app: Flask, client: FlaskClient, clock: Clock, invited: Reply, caplog: pytest.LogCaptureFixture
):
    own = re.findall(r"http://localhost(/en/registrations/[\w.-]+)\s", kept(app)[-1].text)[0]
    written = r"<b>Ill</b> since\, alas\; Sunday\nPlease ask Piotr " + "o" * 900
    shown = ("<b>Ill</b> since, alas; Sunday\nPlease ask Piotr " + "o" * 900)[: itip.LONGEST_COMMENT]
    perhaps = replace(invited, partstat="TENTATIVE").mail("exchange")
    assert "Show what is hidden" not in words(client.get(own))
    assert bring(app, perhaps) == "for_a_person: wrote_besides"
    assert "Show what is hidden" in words(client.get(own))
    later = replace(invited, comment=written, stamp=invited.stamp + timedelta(minutes=1)).mail("exchange")
    assert bring(app, later) == "for_a_person: wrote_besides"
    assert (standing(app), work(app)) == ([("withdrawn", "declined")], 1)
    assert "Ill" not in kept(app)[-1].text
    assert bring(app, later.replace(b"Message-ID: <", b"Message-ID: <x")) == "ignored: said_before"

    desk = signed_in(app)
    waiting = desk.get("/desk/mail/arrivals/2")
    assert "Somebody wrote words with it." in words(waiting)
    assert f"Declined in the calendar · {GUEST} · <b>Ill</b> since, alas; Sunday" in words(waiting)
    assert desk.post("/desk/mail/arrivals/2/completion", data=hidden(desk, "/desk/mail/arrivals/2")).status_code == 303
    reference = re.findall("participants/(S3C-[A-Z0-9]+)", desk.get(f"{PEOPLE}?state=all").text)[0]
    page = desk.get(f"{PEOPLE}/{reference}")
    said = [str(one.get_text()) for one in soup(page).select(".history-list .as-typed")]
    assert said == [shown, "Je suis désolée, à bientôt"]
    assert "Ill" not in words(signed_in(app, Role.DESK_HELPER).get(f"{PEOPLE}/{reference}"))
    assert "Written in your calendar Kept, but not shown here" in words(client.get(own))
    (link,) = soup(client.get(own)).find_all("a", string="Show what is hidden")  # also for who is withdrawn
    assert client.post(str(link["href"]), data=hidden(client, str(link["href"])) | {"press": "send"}).status_code == 303
    assert work(app) == 1
    (code,) = re.findall(r"\b\d{4} \d{4}\b", kept(app)[-1].text)
    entered = hidden(client, str(link["href"])) | {"press": "enter", "code": code}
    assert client.post(str(link["href"]), data=entered).location == own
    whole = words(client.get(own))
    assert ("<b>Ill</b> since, alas; Sunday" in whole, "Show what is hidden" in whole) == (True, False)

    with app.app_context():
        assert "Ill" not in str([fact.data for fact in db.session.scalars(db.select(Fact))])
        assert "Ill" not in caplog.text
        db.session.execute(db.delete(Registration))
        assert list(db.session.scalars(db.select(Change))) == []


def undo_link(app: Flask) -> str:
    (path,) = re.findall(r"http://localhost(/\S+/restoration/\S+)", kept(app)[-1].text)
    return str(path)


def press(client: FlaskClient, path: str) -> int:
    return client.post(path, data=hidden(client, path)).status_code


def test_undone_within_two_days_the_place_is_hers_again_with_a_new_invitation(
    app: Flask, client: FlaskClient, clock: Clock, invited: Reply
):
    bring(app, invited.mail("gmail"))
    work(app)
    path = undo_link(app)
    clock.advance(hours=47)
    for _ in range(3):  # as mail scanners do
        assert "Take my place back" in words(client.get(path))
    assert standing(app) == [("withdrawn", "declined")]
    back = client.post(path, data=hidden(client, path))
    assert back.status_code == 303
    assert words(client.get(back.location)).startswith("Your registration Your place is yours again. What you")
    assert standing(app) == [("confirmed", "nothing")]
    assert count(app, Registration, withdrawn_at=None) == 1
    assert client.get(path).location == back.location.partition("?")[0]
    assert work(app) == 1
    assert (kept(app)[-1].method, facts(app)[-1]) == ("REQUEST", ("registration.restored", "participant"))
    # What the calendar sends once more for the answer of old changes nothing.
    again = invited.mail("gmail", extra="X-Resent: 1\n").replace(b"Message-ID: <g", b"Message-ID: <h")
    assert bring(app, again) == "ignored: old_invitation"
    assert standing(app) == [("confirmed", "nothing")]


def test_after_two_days_and_when_the_place_is_taken_there_is_no_way_back(
    app: Flask, client: FlaskClient, clock: Clock, invited: Reply
):
    bring(app, invited.mail("apple"))
    work(app)
    path = undo_link(app)
    clock.advance(hours=47, minutes=58)
    token = hidden(client, path)
    enrol(app, 3, choices={"day-2": "on_site"})
    full = client.post(path, data=token)
    assert (full.status_code, "No places left: Public conference (On site)." in words(full)) == (409, True)
    clock.advance(minutes=3)
    late = client.post(path, data=token)
    assert (late.status_code, "is over" in words(late)) == (410, True)
    assert "There is nothing to take back" in words(client.get(path))
    assert standing(app)[0] == ("withdrawn", "declined")


def test_who_registered_anew_meanwhile_is_not_registered_twice(app: Flask, client: FlaskClient, invited: Reply):
    bring(app, invited.mail("apple"))
    work(app)
    path = undo_link(app)
    token = hidden(client, path)
    assert register(client).status_code == 303
    assert client.post(path, data=token).status_code == 409
    assert count(app, Registration, withdrawn_at=None) == 1


def test_perhaps_is_flagged_yes_confirms_and_each_later_answer_holds(app: Flask, invited: Reply):
    for minutes, partstat, says in [
        (0, "TENTATIVE", "tentative"),
        (9, "ACCEPTED", "accepted"),
        (20, "TENTATIVE", "tentative"),
    ]:
        answer = replace(invited, partstat=partstat, stamp=invited.stamp + timedelta(minutes=minutes))
        assert bring(app, answer.mail("thunderbird")) == f"done: {says}"
        assert standing(app) == [("confirmed", says)]
    earlier = replace(invited, stamp=invited.stamp + timedelta(minutes=15))
    assert bring(app, earlier.mail("gmail")) == "ignored: said_before"
    assert (standing(app), work(app)) == ([("confirmed", "tentative")], 0)
    assert count(app, ConfirmedMailbox) == 1  # whoever answers reads the mailbox


def test_yes_after_no_takes_the_place_back_while_that_is_possible(app: Flask, clock: Clock, invited: Reply):
    bring(app, invited.mail("gmail"))
    yes = replace(invited, partstat="ACCEPTED", stamp=invited.stamp + timedelta(minutes=5))
    assert bring(app, yes.mail("gmail")) == "done: accepted"
    assert (standing(app), count(app, Registration, withdrawn_at=None)) == ([("confirmed", "accepted")], 1)
    assert count(app, Registration, coming=True) == 1  # who is asked after a move has answered so
    no = replace(invited, stamp=invited.stamp + timedelta(minutes=6))
    assert bring(app, no.mail("gmail")) == "done: declined"
    clock.advance(days=3)
    late = replace(yes, stamp=invited.stamp + timedelta(days=3))
    assert bring(app, late.mail("gmail")) == "for_a_person: comes_again"
    assert standing(app) == [("withdrawn", "declined")]


@pytest.mark.settings(INBOX="push", LIMITS="on")
def test_calendars_that_decline_and_accept_in_turn_are_left_to_a_person_before_they_fill_a_mailbox(
    app: Flask, client: FlaskClient, clock: Clock, invited: Reply
):
    def says(partstat: str, *head: str) -> str:
        clock.advance(seconds=30)
        answer = replace(invitation(app), partstat=partstat, stamp=datetime.now(UTC))
        extra = "".join(f"{line}\n" for line in head)
        return bring(app, answer.mail("gmail", extra=extra))

    # A machine that replies changes nothing of which an e-mail would tell, nor does it read the mailbox.
    machine = "Auto-Submitted: auto-replied (vacation)"
    assert says("DECLINED", machine) == "for_a_person: answers_itself"
    assert says("ACCEPTED", "X-Autoreply: yes") == "done: accepted"
    assert (standing(app), work(app), count(app, ConfirmedMailbox)) == ([("confirmed", "accepted")], 0, 0)
    said, sent = list[tuple[str, str]](), 0
    for turn in range(10):
        no = says("DECLINED")
        sent += work(app)
        yes = says("ACCEPTED", *[machine] * (turn % 2 == 0), *["Auto-Submitted: auto-generated"] * (turn % 2))
        said.append((no, yes))
        sent += work(app)
    assert (said, sent) == (
        [
            ("done: declined", "for_a_person: answers_itself"),
            ("ignored: not_coming", "done: accepted"),
            ("done: declined", "for_a_person: answers_itself"),
            *[
                ("ignored: not_coming", "for_a_person: to_and_fro"),
                ("ignored: not_coming", "for_a_person: answers_itself"),
            ]
            * 3,
            ("ignored: not_coming", "for_a_person: to_and_fro"),
        ],
        3,
    )
    assert standing(app) == [("withdrawn", "declined")]  # as her last word says
    with app.app_context():
        waits = {one.reason: one.id for one in db.session.scalars(db.select(Arrival).filter_by(settled_at=None))}
    desk = signed_in(app)
    shown = {reason: words(desk.get(f"/desk/mail/arrivals/{number}")) for reason, number in waits.items()}
    assert "declined and accepted once before: please ask the person what holds." in shown.pop("to_and_fro")
    assert "A machine answers the invitation, and an e-mail would follow" in shown.pop("answers_itself")
    assert shown == {}
    with app.app_context():  # what calendars cause is counted
        found = db.session.execute(db.select(OutgoingEmail.kind, OutgoingEmail.mailbox_digest.is_not(None)))
        assert {kind for kind, is_counted in found if is_counted} >= {
            "registration.declined_by_calendar",
            "registration.restored",
        }


@pytest.mark.parametrize("fast", [0, 10])
def test_answers_of_a_clock_that_is_fast_follow_one_another_as_they_are_stamped(
    app: Flask, clock: Clock, invited: Reply, fast: int
):
    ahead = datetime.now(UTC) + timedelta(minutes=fast)
    yes = replace(invited, partstat="ACCEPTED", stamp=ahead)
    no = replace(invited, stamp=ahead + timedelta(minutes=1))
    clock.advance(minutes=2)
    assert bring(app, no.mail("gmail")) == "done: declined"
    for again in (yes, no):  # the older one comes later, and the same one once more
        clock.advance(minutes=1)
        raw = again.mail("gmail").replace(b"Message-ID: <", b"Message-ID: <again-")
        assert bring(app, raw) == "ignored: said_before"
    assert (standing(app), work(app)) == ([("withdrawn", "declined")], 1)
    lost = replace(yes, stamp=ahead + timedelta(days=400))  # it would outrank all that she says from now on
    assert bring(app, lost.mail("gmail")) == "for_a_person: wrong_clock"
    assert bring(app, replace(yes, stamp=no.stamp + timedelta(minutes=1)).mail("gmail")) == "done: accepted"


def test_number_that_was_never_sent_is_made_up_and_a_notice_that_holds_no_more_is_not_sent(
    app: Flask, clock: Clock, invited: Reply
):
    def says(partstat: str, minutes: int, sequence: int) -> str:
        clock.advance(seconds=30)
        stamp = invited.stamp + timedelta(minutes=minutes)
        return bring(app, replace(invited, partstat=partstat, sequence=sequence, stamp=stamp).mail("gmail"))

    made_up = [says(word, turn, 999_999) for turn in range(3) for word in ("DECLINED", "ACCEPTED")]
    assert (set(made_up), standing(app)) == ({"for_a_person: another_event"}, [("confirmed", "nothing")])
    assert (says("DECLINED", 3, 0), says("ACCEPTED", 4, 1)) == ("done: declined", "for_a_person: another_event")
    relay(app)  # the mail server takes nothing for a while
    assert says("ACCEPTED", 5, 0) == "done: accepted"
    relay(app)
    # She has not been sent yet what she answers here, though it could be guessed.
    assert [says("DECLINED", 6 + number, number) for number in range(3)] == [
        "ignored: old_invitation",
        *["for_a_person: another_event"] * 2,
    ]
    assert (work(app), standing(app)) == (1, [("confirmed", "accepted")])
    assert (kept(app)[-1].method, invitation(app).sequence) == ("REQUEST", 2)
    assert says("DECLINED", 10, 2) == "done: declined"
    assert (work(app), kept(app)[-1].envelope.subject.startswith("You declined in your calendar")) == (1, True)


def test_no_to_the_old_date_is_not_no_to_the_new_one(app: Flask, invited: Reply):
    week = timedelta(days=7)
    moved = replace(PUBLIC_DAY, starts=PUBLIC_DAY.starts + week, ends=PUBLIC_DAY.ends + week)
    revise_event(app, parts=(CLOSED_DAY, moved))
    # Nobody was told of it: she answers what she knows.
    tentative = replace(invited, partstat="TENTATIVE")
    assert bring(app, tentative.mail("gmail")) == "done: tentative"
    with app.app_context():
        newest = db.session.scalars(db.select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()
        newest.calendars = [calendar.replace("SEQUENCE:0", "SEQUENCE:1") for calendar in newest.calendars]
        db.session.commit()
    old = replace(invited, stamp=invited.stamp + timedelta(minutes=9))
    assert bring(app, old.mail("gmail")) == "ignored: old_invitation"
    assert standing(app) == [("confirmed", "tentative")]
    assert bring(app, replace(old, sequence=1).mail("outlook")) == "done: declined"


def test_one_part_of_two_is_given_back_and_the_other_stays(app: Flask, clock: Clock):
    add_event(app, slug="two", parts=(replace(CLOSED_DAY, visibility=PUBLIC_DAY.visibility), PUBLIC_DAY))
    enrol(app, slug="two", email=GUEST, choices={"day-1": "on_site", "day-2": "online"})
    work(app)
    clock.advance(hours=1)
    first = invitation(app, newest=-2)
    assert bring(app, first.mail("thunderbird")) == "done: declined"
    assert standing(app) == [("withdrawn", "declined"), ("confirmed", "nothing")]
    assert count(app, Registration, withdrawn_at=None) == 1
    second = invitation(app)
    assert second.uid != first.uid
    # The tag of one part with the UID of the other is nobody's answer.
    assert bring(app, replace(second, organizer=first.organizer).mail("gmail")) == "for_a_person: another_event"


def test_calendar_that_holds_a_part_by_a_uid_handed_on_in_silence_answers_for_that_part(app: Flask, invited: Reply):
    enrol(app, 1, email="piotr@uczelnia.example", given_name="Piotr")
    work(app)
    old = replace(invitation(app), organizer="events@s3chem.example").mail("gmail")
    heir = replace(PUBLIC_DAY, key="day-3")
    revise_event(app, parts=(CLOSED_DAY, replace(PUBLIC_DAY, visibility=Visibility.INVITED), heir))
    enrol(app, 1, email="piotr@uczelnia.example", given_name="Jan", choices={"day-3": "on_site"})
    work(app)
    new = invitation(app)
    assert new.uid == invited.uid
    # The tag of the new part with an answer to it, and the old entry by its tag and without one.
    assert bring(app, replace(new, partstat="TENTATIVE").mail("outlook")) == "done: tentative"
    assert bring(app, invited.mail("gmail")) == "done: declined"
    proven = dkim_keys.names("uczelnia.example")
    assert bring(app, dkim_keys.signed(old, "uczelnia.example"), resolver=proven) == "for_a_person: several_people"
    with app.app_context(), transaction():
        db.session.execute(db.delete(Registration).where(Registration.given_name == "Jan"))
    again = dkim_keys.signed(old.replace(b"Message-ID: <g", b"Message-ID: <h"), "uczelnia.example")
    assert bring(app, again, resolver=proven) == "done: declined"
    assert standing(app) == [("withdrawn", "declined")] * 2


FORGED = {
    "seal of another": lambda r: replace(r, organizer=r.organizer.replace("+r1-", "+r2-")),
    "seal cut": lambda r: replace(r, organizer=re.sub("-[a-z2-7]{16}@", f"-{'a' * 16}@", r.organizer)),
    "another guest": lambda r: replace(r, attendee="colleague@uczelnia.example"),
    "another event": lambda r: replace(r, uid="other@localhost"),
    "no tag, no proof": lambda r: replace(r, organizer="events@s3chem.example"),
    "no such guest": lambda r: replace(r, organizer="events@s3chem.example", attendee="x@uczelnia.example"),
}


@pytest.mark.one_database
@pytest.mark.parametrize("how", FORGED)
def test_what_is_not_certain_changes_nothing_and_waits_for_a_person(app: Flask, invited: Reply, how: str):
    verdict = bring(app, FORGED[how](invited).mail("gmail"), resolver=dkim_keys.names())
    assert verdict.startswith("for_a_person: ")
    assert (standing(app), work(app)) == ([("confirmed", "nothing")], 0)
    with app.app_context():
        (arrival,) = db.session.scalars(db.select(Arrival))
        assert b"METHOD:REPLY" in arrival.raw
    assert bring(app, invited.mail("gmail")) == "done: declined"  # the true one still counts


@pytest.mark.parametrize(
    "before, after",
    [
        (b"From: Zaneta <zaneta@", b"From: Colleague <colleague@"),
        (b"PARTSTAT=DECLINED:mailto:zaneta@", b"PARTSTAT=DECLINED:mailto:colleague@"),
    ],
)
def test_tag_is_the_guests_own_only_where_guest_and_sender_are_hers(
    app: Flask, invited: Reply, before: bytes, after: bytes
):
    raw = invited.mail("outlook")
    assert raw.replace(before, after) != raw
    assert bring(app, raw.replace(before, after)) == "for_a_person: another_guest"
    assert standing(app) == [("confirmed", "nothing")]
    nameless = raw.replace(b"mailto:zaneta@uczelnia.example", b"invalid:nomail")
    assert bring(app, nameless.replace(b"From: Zaneta <zaneta@", b"From: C <c@")) == "for_a_person: another_guest"
    assert bring(app, nameless) == "done: declined"


def test_answer_is_read_once_and_never_while_others_wait(app: Flask, invited: Reply, monkeypatch: pytest.MonkeyPatch):
    calls, within = list[tuple[str, bool]](), [False]

    def counted(name: str, real: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            calls.append((name, within[0]))
            return real(*args, **more)

        return call

    @contextmanager
    def noted() -> Iterator[None]:
        with transaction():
            within[0] = True
            yield
        within[0] = False

    monkeypatch.setattr(itip, "answers", counted("answers", itip.answers))
    monkeypatch.setattr(reading, "parsed", counted("parsed", reading.parsed))
    monkeypatch.setattr(intake, "transaction", noted)
    assert bring(app, invited.mail("gmail")) == "done: declined"
    assert calls == [("parsed", False), ("parsed", False), ("answers", False)]


def test_case_of_the_tag_is_lost_on_the_way(app: Flask, invited: Reply):
    assert bring(app, replace(invited, organizer=invited.organizer.upper()).mail("apple")) == "done: declined"


def test_tag_in_the_envelope_is_enough(app: Flask, invited: Reply):
    bare = replace(invited, organizer="events@s3chem.example").mail("outlook")
    assert bring(app, bare, recipients=(invited.organizer,)) == "done: declined"


def test_tag_of_a_link_that_was_replaced_is_worth_nothing(app: Flask, invited: Reply):
    with app.app_context():
        db.session.execute(db.update(Registration).values(link_version=2))
        db.session.commit()
    assert bring(app, invited.mail("gmail")) == "for_a_person: unknown_tag"


def test_without_a_tag_a_good_signature_of_the_guests_domain_counts(app: Flask, invited: Reply):
    bare = replace(invited, organizer="events@s3chem.example").mail("gmail")
    at_home = dkim_keys.names("uczelnia.example", "evil.example")
    for wrong in (
        dkim_keys.signed(bare, "evil.example"),
        dkim_keys.signed(bare, "uczelnia.example").replace(b"declined", b"declined!"),
        dkim_keys.signed(bare, "uczelnia.example", length=True) + b"more",
    ):
        unlike = wrong.replace(b"Message-ID: <g", f"Message-ID: <{len(wrong)}".encode())
        assert bring(app, wrong, resolver=at_home) in {"for_a_person: not_proven", "ignored: brought_before"}
        assert unlike != wrong
    assert standing(app) == [("confirmed", "nothing")]
    true = bare.replace(b"Message-ID: <g", b"Message-ID: <t")
    assert bring(app, dkim_keys.signed(true, "uczelnia.example"), resolver=at_home) == "done: declined"


def test_two_people_of_one_mailbox_are_told_apart_by_the_tag_alone(app: Flask, clock: Clock):
    enrol(app, 1, email=GUEST)
    enrol(app, 1, email=GUEST, given_name="Piotr")
    work(app)
    clock.advance(hours=1)
    hers = invitation(app, newest=0)
    bare = replace(hers, organizer="events@s3chem.example").mail("gmail")
    proven = dkim_keys.signed(bare, "uczelnia.example")
    assert bring(app, proven, resolver=dkim_keys.names("uczelnia.example")) == "for_a_person: several_people"
    assert bring(app, hers.mail("gmail")) == "done: declined"
    assert standing(app) == [("withdrawn", "declined"), ("confirmed", "nothing")]


SERVER, FOUND = "mx.s3chem.example", "dkim=pass header.d=uczelnia.example"
NOT_SAID = {
    "another server": f"mx.evil.example; {FOUND}",
    "failed": f"{SERVER}; spf=pass; dkim=fail (good \r\n key) header.d=uczelnia.example",
    "another domain": f"{SERVER}; dkim=pass header.d=evil.example header.from=uczelnia.example",
    "top level": f"{SERVER}; dkim=pass header.d=example",
    "quoted sender": f'{SERVER}; dkim=none; spf=pass smtp.mailfrom="x;{FOUND}"@evil.example',
    "quoted reason": f'{SERVER}; dkim=fail reason="bad\\";{FOUND}"',
    "quoted identity": f'{SERVER}; dkim=pass header.i="a header.d=uczelnia.example "@evil.example',
    "identity of others": f"{SERVER}; dkim=pass header.i=@uczelnia.example header.d=evil.example",
    "parenthesis quoted": f'{SERVER} (a; spf=pass smtp.mailfrom=")"; {FOUND}',
    "comment in a quotation": f'{SERVER}; spf=pass smtp.mailfrom="("@evil.example;dkim=none (";{FOUND}',
    "never closed": f'{SERVER}; {FOUND} reason="',
    "word that is none": f"{SERVER}; {FOUND} (or) .evil.example",
}


@pytest.mark.settings(INBOX="push", AUTHSERV_ID=SERVER)
def test_word_of_our_own_mail_server_counts_as_it_is_written_and_of_no_other(app: Flask, invited: Reply):
    bare = replace(invited, organizer="events@s3chem.example")

    def said(word: str, number: str = "g", **how: Any) -> str:
        mail = bare.mail("gmail").replace(b"Message-ID: <g", f"Message-ID: <{number.replace(' ', '')}".encode())
        return bring(app, f"Authentication-Results: {word}\r\n".encode() + dkim_keys.signed(mail, **how))

    hers = {"domain": "uczelnia.example"}
    assert {how: said(word, how, **hers) for how, word in NOT_SAID.items()} == dict.fromkeys(
        NOT_SAID, "for_a_person: not_proven"
    )
    true = (
        f'"{SERVER.upper()}" 1; spf=pass smtp.mailfrom="a;b"@uczelnia.example; dkim = pass (2048 (RSA\\)) key;)\r\n'
        ' reason="good; key" header.d = "Uczelnia.example" header.b="Ab+/"; dmarc=fail'
    )
    # What it found good is no answer to us: a signature of another domain, or one that leaves open what it is.
    for number, how in enumerate(
        ({"domain": "evil.example"}, hers | {"over": [b"from", b"to"]}, hers | {"length": True})
    ):
        assert said(true, f"x{number}", **how) == "for_a_person: not_proven"
    assert standing(app) == [("confirmed", "nothing")]
    assert said(true, **hers) == "done: declined"


def test_what_a_guest_signed_to_somebody_else_or_as_words_is_made_no_answer(app: Flask, invited: Reply):
    at_home = dkim_keys.names("uczelnia.example")
    calendar = replace(invited, organizer="events@s3chem.example").calendar("gmail")
    ours, theirs = b"To: <events@s3chem.example>\r\n", b"To: <mallory@evil.example>\r\n"
    words, answer = b"Content-Type: text/plain\r\n", b"Content-Type: text/calendar; method=REPLY\r\n"
    file = b"Content-Disposition: attachment; filename=a.ics\r\n"

    def signed(head: bytes, *over: bytes) -> bytes:
        whole = b"From: <zaneta@uczelnia.example>\r\nMessage-ID: <%d@x>\r\n%s\r\n" % (len(seen), head) + calendar
        seen.append(head)
        return dkim_keys.signed(whole, "uczelnia.example", over=over or None)

    seen = list[bytes]()
    from_her = (
        signed(ours + words, b"from", b"to").replace(words, answer),
        signed(theirs + answer, b"from", b"content-type").replace(theirs, ours),
        signed(theirs + answer),
        ours + signed(theirs + answer),
        answer + signed(ours + words),
        b"X-A: a\r" + answer + signed(ours, b"from", b"to", b"content-type"),
        file + signed(ours + words),
    )
    verdicts = [bring(app, raw, resolver=at_home) for raw in from_her]
    assert verdicts == ["for_a_person: not_proven"] * len(from_her)
    assert standing(app) == [("confirmed", "nothing")]
    assert bring(app, signed(ours + answer), resolver=at_home) == "done: declined"


@pytest.mark.one_database
@pytest.mark.settings(INBOX="push", AUTHSERV_ID="mx.s3chem.example")
@pytest.mark.parametrize("flood", ["(" * 9_000, "(" * 200_000 + ")" * 200_000, "; dkim=pass header.i=" + "a" * 300_000])
def test_floods_in_the_word_of_a_server_are_read_to_an_end(app: Flask, invited: Reply, flood: str):
    bare = replace(invited, organizer="events@s3chem.example")
    said = f"Authentication-Results: mx.s3chem.example (a (b) c){flood}\r\n"
    with ends():
        assert bring(app, bare.mail("gmail", extra=said)) == "for_a_person: not_proven"


@pytest.mark.one_database
@pytest.mark.parametrize("flood", [b" \t" * 100_000, b"x" * 300_000])
def test_signature_over_a_flood_is_not_checked(app: Flask, invited: Reply, flood: bytes):
    bare = replace(invited, organizer="events@s3chem.example").mail("gmail")
    signed = dkim_keys.signed(bare, "uczelnia.example")
    with ends():
        verdict = bring(app, signed + flood, resolver=dkim_keys.names("uczelnia.example"))
    assert verdict == "for_a_person: not_proven"


def test_mail_that_killed_who_read_it_is_left_to_a_person_unread(
    app: Flask, clock: Clock, invited: Reply, monkeypatch: pytest.MonkeyPatch
):
    raw = invited.mail("gmail") + b"x" * 20_000

    def killed(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "read", killed)
        with pytest.raises(SystemExit):
            bring(app, raw)
    # Another who brings it at once is asked to come again; the desk shows nothing yet.
    with pytest.raises(received.BeingRead):
        bring(app, raw)
    with app.app_context():
        assert (received.settled(), received.waiting_count(), received.by_id(1)) == ([], 0, None)
    clock.advance(minutes=3)
    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "read", killed)
        assert bring(app, raw) == "for_a_person: failed"
        assert bring(app, raw) == "ignored: brought_before"
    with app.app_context():
        (arrival,) = db.session.scalars(db.select(Arrival))
        assert (arrival.state, arrival.raw) == ("for_a_person", raw[: intake.MOST_OF_UNREAD])
    assert standing(app) == [("confirmed", "nothing")]


def test_mail_is_read_again_after_the_database_was_away(app: Flask, invited: Reply, monkeypatch: pytest.MonkeyPatch):
    def away(*_: Any) -> None:
        raise OperationalError("", {}, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(received, "enter", away)
        with pytest.raises(OperationalError):
            bring(app, invited.mail("gmail"))
    assert (bring(app, invited.mail("gmail")), count(app, Arrival)) == ("done: declined", 1)


def test_google_declines_by_itself_while_somebody_is_away_and_that_is_an_answer(app: Flask, invited: Reply):
    automatic = "Auto-Submitted: auto-generated\nPrecedence: bulk\n"
    assert bring(app, invited.mail("gmail", extra=automatic)) == "done: declined"
    assert work(app) == 1
    assert ("Auto-Submitted", "auto-generated") in kept(app)[-1].headers


def test_flood_of_a_mail_is_kept_in_part_and_reads_as_what_it_is(app: Flask, invited: Reply):
    huge = replace(invited, uid="x" * 100).mail("gmail") + b"a" * 3_000_000
    assert bring(app, huge) == "for_a_person: another_event"
    with app.app_context():
        (arrival,) = db.session.scalars(db.select(Arrival))
        assert len(arrival.raw) == KEPT


@pytest.mark.settings(INBOX="pull")
def test_without_an_inbox_calendars_answer_to_the_plain_sender(app: Flask, invited: Reply):
    assert invited.organizer == "events@s3chem.example"


def test_tagged_address_has_room_before_the_at_and_only_safe_signs(app: Flask, invited: Reply):
    local = invited.organizer.partition("@")[0]
    assert re.fullmatch(r"events\+r[0-9a-f]+-[0-9a-f]+-[a-z2-7]{16}", local)
    assert itip.LONGEST_ADDRESS > len(local) <= 64
