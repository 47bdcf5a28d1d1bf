"""E-mails that come back: bound to one of ours however odd they are, weighed, and what follows at the desk (C4, G6)."""

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from s3chem_events import intake, schedule
from s3chem_events.accounts.roles import Role
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, transaction
from s3chem_events.core.journal import VISITOR
from s3chem_events.mailing import addresses, bounces, returning, undelivered
from s3chem_events.mailing.models import Arrival, OutgoingEmail, Suppression, Undelivered
from s3chem_events.mailing.outbox import Claimed
from s3chem_events.mailing.results import Outcome, Result
from s3chem_events.mailing.undelivered import Counts
from s3chem_events.publishing.actions import keep_document
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.registration import resending
from s3chem_events.registration.models import Registration
from tests.conftest import Clock
from tests.factories import CONFERENCE, WORKSHOP, add_event, count, hidden, register, soup, words
from tests.support import dkim_keys
from tests.support.bounces import FAMILIES, Notice
from tests.support.desk import signed_in
from tests.support.post import enrol, enrol_several, history, kept, rows, states, work

SENT_BACK = {"From", "To", "Subject", "Auto-Submitted", "Message-ID"}
ANNA = "anna0@park.example"
PERSON = (
    b"From: zaneta@uczelnia.example\r\nTo: events@s3chem.example\r\nSubject: Lunch\r\nMessage-ID: <l@u>\r\n\r\nWhen?"
)


def receive(app: Flask, raw: bytes) -> str:
    with app.app_context():
        return intake.receive(raw, resolver=dkim_keys.unreachable).reason


def tagged(app: Flask, email_id: int = 1) -> str:
    with app.app_context():
        return returning.path("events@s3chem.example", email_id)


def send(app: Flask) -> OutgoingEmail:
    """Have one e-mail sent to Anna; returns it."""
    work(app)
    return rows(app)[-1]


def fates(app: Flask) -> tuple[list[str], int]:
    return states(app), count(app, Suppression)


@pytest.fixture
def anna(app: Flask) -> OutgoingEmail:
    add_event(app)
    enrol(app)
    return send(app)


@pytest.mark.one_database
@pytest.mark.parametrize("family", FAMILIES)
def test_address_that_it_comes_back_to_says_which_e_mail_it_was(app: Flask, anna: OutgoingEmail, family: str):
    notice = Notice(address="somebody@else.example", to=tagged(app))
    assert receive(app, notice.mail(family)) == "address_dead"
    assert fates(app) == (["bounced"], 1)
    assert rows(app)[0].last_text == "550 5.1.1 User unknown"
    assert [attempt[0] for attempt in history(app)] == ["sent", "bounced"]
    assert receive(app, replace(notice, stamp="2").mail(family)) == "bounced_before"
    assert fates(app) == (["bounced"], 1)


def test_tag_that_nobody_sealed_names_nothing(app: Flask, anna: OutgoingEmail):
    forged = re.sub(r"-[a-z2-7]{16}@", "-abcdefgh234567ab@", tagged(app))
    assert receive(app, Notice(address="x@else.example", to=forged).mail("qmail")) == "undelivered"
    assert fates(app) == (["sent"], 0)


@pytest.mark.parametrize("family", ["dsn", "exim", "qmail"])
def test_message_id_of_what_comes_back_names_the_e_mail_too_where_its_own_address_failed(
    app: Flask, anna: OutgoingEmail, family: str
):
    notice = Notice(address="box@inner.example", returned=anna.message_id)
    assert receive(app, notice.mail(family)) == "undelivered"
    object.__setattr__(app.extensions["s3chem"], "inbox_tags", True)  # then a true one would come to the signed address
    assert receive(app, replace(notice, address=ANNA, stamp="2").mail(family)) == "undelivered"
    assert fates(app) == (["sent"], 0)
    object.__setattr__(app.extensions["s3chem"], "inbox_tags", False)
    assert receive(app, replace(notice, address=ANNA.upper(), stamp="3").mail(family)) == "address_dead"
    assert fates(app) == (["bounced"], 1)


@pytest.mark.parametrize("tags", ["on", "off"])
def test_who_knows_an_address_alone_cuts_nobody_off(app: Flask, anna: OutgoingEmail, clock: Clock, tags: str):
    object.__setattr__(app.extensions["s3chem"], "inbox_tags", tags == "on")
    for number in range(6):
        notice = Notice(address=ANNA, stamp=f"forged-{number}")
        assert receive(app, notice.mail("dsn" if number % 2 else "qmail")) == "undelivered"
        assert receive(app, replace(notice, action="delayed", stamp=f"late-{number}").mail("dsn")) == "undelivered"
        enrol(app, given_name=f"Anna {number}")
        clock.advance(hours=7)
        work(app)
    assert fates(app) == (["sent"] * 7, 0)
    assert (count(app, Undelivered), count(app, Arrival)) == (0, 12)
    assert {attempt[0] for attempt in history(app)} == {"sent"}
    shown = signed_in(app).get("/desk/mail/arrivals/1").text
    assert "it is not clear which e-mail of ours it was" in shown


SAID = {
    "full": ("552 5.2.2 Mailbox full, quota exceeded", "5.2.2", "address_troubled"),
    "greylisted until given up": ("451 4.4.7 Message expired", "4.4.7", "address_troubled"),
    "spam": ("550 5.7.1 Message rejected as spam", "5.7.1", "refused_contents"),
    "a list of senders": (
        "554 5.0.0 Client host blocked using a list",
        "5.0.0",
        "refused_contents",
    ),
    "DMARC": (
        "550 5.7.26 Not accepted, see the domain's DMARC",
        "5.7.26",
        "refused_contents",
    ),
    "too big": ("552 5.3.4 Message size exceeds fixed limit", "5.3.4", "refused_contents"),
    "no domain": ("550 5.4.4 Host not found", "5.4.4", "address_dead"),
    "words alone": ("550 5.0.0 No such user here", "5.0.0", "address_dead"),
    "Exchange Online": ("550 5.4.1 Recipient address rejected: Access denied", "5.4.1", "address_dead"),
}


@pytest.mark.one_database
@pytest.mark.parametrize("name", SAID)
def test_what_the_address_can_do_nothing_about_does_not_count(app: Flask, anna: OutgoingEmail, name: str):
    said, status, verdict = SAID[name]
    assert receive(app, Notice(to=tagged(app), said=said, status=status).mail("dsn")) == verdict
    assert fates(app) == (["bounced"], int(verdict == "address_dead"))


def test_five_soft_ones_in_thirty_days_are_enough_and_older_ones_forgotten(app: Flask, clock: Clock):
    add_event(app)
    full = Notice(said="552 5.2.2 Mailbox full", status="5.2.2")
    verdicts = []
    for number in range(1, 7):
        enrol(app, given_name=f"Anna {number}")
        work(app)
        verdicts.append(receive(app, replace(full, to=tagged(app, number), stamp=str(number)).mail("dsn")))
        clock.advance(days=16 if number < 3 else 1)
    assert verdicts == ["address_troubled"] * 5 + ["address_given_up"]
    assert count(app, Suppression) == 1
    with app.app_context():
        assert undelivered.counts() == Counts(hard=0, soft=5, none=0, suppressed=1)


def test_late_one_is_noted_and_nothing_follows(app: Flask, anna: OutgoingEmail):
    late = Notice(to=tagged(app), action="delayed", status="4.4.1", said="451 4.4.1 No answer")
    untagged = replace(late, to="events@s3chem.example", returned=anna.message_id, stamp="2")
    assert [receive(app, one.mail("dsn")) for one in (late, untagged)] == ["on_its_way"] * 2
    assert fates(app) == (["sent"], 0)
    assert [attempt[0] for attempt in history(app)] == ["sent", "delayed", "delayed"]
    assert count(app, Undelivered) == 0


def test_nothing_but_digests_is_kept_and_what_is_written_next_is_held_back(app: Flask, anna: OutgoingEmail):
    notice = Notice(to=tagged(app), said=f"550 5.1.1 <{ANNA}>: User unknown")
    receive(app, notice.mail("dsn"))
    with app.app_context():
        kept_rows = [*db.session.scalars(db.select(Undelivered)), *db.session.scalars(db.select(Suppression))]
        assert "park.example" not in str([vars(row) for row in kept_rows])
    enrol(app, given_name="Jan")  # an import, say
    work(app)
    assert states(app) == ["bounced", "suppressed"]


def test_address_is_let_in_again_at_the_desk(app: Flask, anna: OutgoingEmail):
    receive(app, Notice(to=tagged(app)).mail("dsn"))
    desk = signed_in(app)
    page = desk.get("/desk/mail/1")
    assert "its mail server says that it does not exist" in words(page)
    assert "came back undelivered" in words(page)
    assert "Some e-mails came back undelivered (1)." in words(desk.get("/desk/"))
    assert "Came back for good 1" in words(desk.get("/desk/mail/arrivals/"))
    answer = desk.post("/desk/mail/1/readmission", data=hidden(desk, "/desk/mail/1"), follow_redirects=True)
    assert "sent again from now on" in words(answer)
    assert count(app, Suppression) == 0
    desk.post("/desk/mail/1/retry", data=hidden(desk, "/desk/mail/1"))
    work(app)
    assert states(app) == ["sent"]
    assert receive(app, Notice(to=tagged(app), stamp="9").mail("dsn")) == "address_dead"  # it counts anew


def test_bounce_marks_the_registration_whose_address_is_corrected_and_confirmed_anew(app: Flask, client: FlaskClient):
    add_event(app)
    old_page = register(client).location  # C4
    work(app)
    receive(app, Notice(to=tagged(app)).mail("dsn"))
    told = words(client.get(old_page))
    assert "Our e-mails do not reach you" in told
    assert "Send the confirmation again" not in told
    assert "no e-mail address to which a code could be sent" in words(client.get(f"{old_page}/code"))
    desk = signed_in(app)
    listed = desk.get("/desk/events/conference/participants")
    assert "Came back" in words(listed)
    reference = re.findall("participants/(S3C-[A-Z0-9]+)", listed.text)[0]
    person = f"/desk/events/conference/participants/{reference}"
    assert "came back undelivered (1)" in words(desk.get("/desk/"))
    assert "come back, so none is sent there any more. Correct the address" in words(desk.get(person))

    path = f"{person}/address"
    refused = desk.post(path, data=hidden(desk, path) | {"email": "anna@gmial"})
    assert (refused.status_code, "Enter one e-mail address" in words(refused)) == (422, True)
    answer = desk.post(path, data=hidden(desk, path) | {"email": "right@park.example"}, follow_redirects=True)
    assert "the confirmation is on its way there" in words(answer)
    assert "Address corrected" in words(answer)
    assert "come back" not in words(answer)
    work(app)
    assert [(row.address, row.kind, row.state) for row in rows(app)][1:] == [
        ("right@park.example", "registration.address_corrected", "sent")
    ]
    assert client.get(old_page).status_code == 404
    assert "came back undelivered" not in words(desk.get("/desk/"))
    with app.app_context():
        (registration,) = db.session.scalars(db.select(Registration))
        assert (registration.email, registration.link_version) == ("right@park.example", 2)


def test_page_after_the_form_says_the_same_of_an_address_that_is_dead_and_of_one_that_nobody_knows(app: Flask):
    add_event(app)
    dead, new = "known@park.example", "unknown@park.example"
    with app.app_context(), transaction():
        row = {"address_digest": addresses.digest(dead), "reason": "dead", "since": now()}
        db.session.add(Suppression(**row))
    owns = {email: str(register(app.test_client(), email=email).location) for email in (dead, new)}

    def said(path: str) -> list[str]:
        pages = {email: app.test_client().get(own + path) for email, own in owns.items()}
        assert {page.status_code for page in pages.values()} == {200}
        return [re.sub(r"S3C-\w+", "", words(page).replace(email, "")) for email, page in pages.items()]

    told = said("")
    assert told[0] == told[1]
    assert "An e-mail with the details is on its way" in told[0]
    work(app)
    assert states(app) == ["suppressed", "sent"]
    assert said("") == told
    for path in ("/confirmation", "/code", "/change", "/withdrawal"):
        first, second = said(path)
        assert first == second
    assert ["do not reach you" in one or "Send the confirmation again" not in one for one in said("")] == [False] * 2
    for own in owns.values():
        client, path = app.test_client(), f"{own}/confirmation"
        assert client.post(path, data=hidden(client, path)).location == f"{own}?done=confirmation"


def test_refusal_in_the_conversation_counts_at_once(app: Flask, anna: OutgoingEmail):
    with app.app_context(), transaction():
        claimed = Claimed(1, 1, anna.address_digest, None)
        never = Outcome.NEVER
        bounces.refused([(claimed, Result(never, 550, "5.7.1 Relay access denied"))])
        assert db.session.scalar(db.select(Suppression)) is None
        bounces.refused([(claimed, Result(never, 550, "5.1.1 No such mailbox"))])
    assert count(app, Suppression) == 1


@pytest.fixture
def contact(app: Flask) -> str:
    with app.app_context(), transaction():
        keep_document("project", {"name": "S3Chem", "contact": {"address": "contact@s3chem.example"}})
    return "contact@s3chem.example"


def test_who_was_answered_cannot_cut_the_contact_off(app: Flask, contact: str):
    receive(app, PERSON)
    assert forwarded(app) == [(contact, "zaneta@uczelnia.example")]
    known = f"In-Reply-To: {rows(app)[-1].message_id}\r\nReferences: {rows(app)[-1].message_id}\r\n".encode()
    for number, sender in enumerate((b"zaneta@uczelnia.example", b"MAILER-DAEMON@uczelnia.example")):
        head = b"X-Failed-Recipients: contact@s3chem.example\r\n" + known
        forged = PERSON.replace(b"zaneta@uczelnia.example", sender).replace(b"<l@u>", b"<f%d@u>" % number)
        assert receive(app, head + forged) == ("undelivered" if number else "somebody_wrote")
    assert (count(app, Suppression), count(app, Undelivered)) == (0, 0)


def test_what_only_seems_automatic_is_read_by_a_person(app: Flask, contact: str):
    subjects = ("Afwezig", "Nieobecność - proszę o zmianę", "Absence du bureau", "Vacation message")
    for number, subject in enumerate(subjects):
        raw = PERSON.replace(b"Lunch", subject.encode()).replace(b"<l@u>", b"<s%d@u>" % number)
        assert receive(app, raw) == "somebody_wrote"
    postmaster = PERSON.replace(b"zaneta@", b"postmaster@").replace(b"<l@u>", b"<p@u>")
    assert receive(app, postmaster) == "somebody_wrote"
    assert len(forwarded(app)) == len(subjects)  # not what may be a mail server's: that could come back without end
    listed = words(signed_in(app).get("/desk/mail/arrivals/"))
    assert all(subject in listed for subject in (*subjects, "postmaster@uczelnia.example"))


def forwarded(app: Flask) -> list[tuple[str, str]]:
    work(app)
    return [(row.address, row.reply_to) for row in rows(app) if row.kind == "arrival.came"]


def test_what_a_person_writes_is_forwarded_once_to_the_contact_who_answers_the_writer(app: Flask, contact: str):
    for _ in range(2):
        receive(app, PERSON)
    receive(app, PERSON.replace(b"Subject", b"Auto-Submitted: auto-replied\r\nSubject").replace(b"<l@u>", b"<m@u>"))
    receive(app, PERSON.replace(b"zaneta@uczelnia.example", contact.encode()))
    receive(app, PERSON.replace(b"zaneta@uczelnia.example", b"events+x@s3chem.example"))
    assert forwarded(app) == [(contact, "zaneta@uczelnia.example")]
    letter = kept(app)[-1]
    assert letter.envelope.subject == "Someone wrote to us: Lunch"
    assert "> When?" in letter.text
    assert ("Auto-Submitted", "auto-generated") in letter.headers
    back = "".join(f"{name}: {value}\r\n" for name, value in letter.headers if name in SENT_BACK)
    receive(app, back.encode() + b"\r\n> When?")  # the contact's mailbox passes it on to us again
    assert forwarded(app) == [(contact, "zaneta@uczelnia.example")]


def test_answer_to_a_summary_of_a_delegation_goes_to_the_organisers_of_its_event(app: Flask, contact: str):
    add_event(app)
    enrol_several(app, "Ben", "Carla")
    summary = send(app).message_id
    signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))
    receive(app, f"In-Reply-To: {summary}\r\n".encode() + PERSON)
    assert forwarded(app) == [("partner_organiser0@s3chem.example", "zaneta@uczelnia.example")]
    assert "It answers an e-mail about “Final conference”" in " ".join(kept(app)[-1].text.split())


def test_answer_to_a_confirmation_goes_to_the_organisers_of_its_event_and_names_it(app: Flask, contact: str):
    add_event(app)
    enrol(app)
    sent = send(app)
    link = re.findall(r"http://localhost/en/registrations/\S+", sent.text)[0]
    answers = f"In-Reply-To: <another@x.example>\r\nReferences: <first@x.example> {sent.message_id}\r\n"
    quoted = answers.encode() + PERSON
    receive(app, quoted + f"\r\n> {link}\r\n".encode())
    assert forwarded(app) == [(contact, "zaneta@uczelnia.example")]  # nobody else answers for the event
    partner = signed_in(app, Role.PARTNER_ORGANISER, events=("conference",), language="de")
    signed_in(app, Role.DESK_HELPER, events=("conference",))
    desk = signed_in(app)
    safe = f"https://eur03.safelinks.example/?url={quote(link, safe='')}&data=05"  # as Outlook writes it anew
    wrapped = link.replace("registrations/", "registrations/\r\n> ")
    receive(app, quoted.replace(b"<l@u>", b"<m@u>") + f"\r\n> {link}<{safe}>\r\n> {wrapped}\r\n".encode())
    assert forwarded(app)[1:] == [("partner_organiser0@s3chem.example", "zaneta@uczelnia.example")]

    listed = desk.get("/desk/events/conference/participants").text
    reference = re.findall("participants/(S3C-[A-Z0-9]+)", listed)[0]
    page = f"/desk/events/conference/participants/{reference}"
    first, second = (" ".join(mail.text.split()) for mail in kept(app)[-2:])
    assert f"It answers an e-mail about “Final conference”, registration {reference}." in first
    assert "/desk/mail/arrivals/1" in first
    assert f"zu „Abschlusskonferenz“, Anmeldung {reference}" in second
    assert f"http://localhost{page} " in second
    shown, token = soup(desk.get("/desk/mail/arrivals/2")), link.rpartition("/")[2]
    assert [token in told for told in (first, second, shown.text)] == [False] * 3  # nobody acts as somebody else
    assert [a["href"] for a in shown.select("dl a")] == ["/desk/events/conference/", page]
    assert words(partner.get(page)).count("Hat auf eine unserer E-Mails geantwortet") == 2


def test_answer_to_an_e_mail_about_several_events_goes_to_no_organisers_of_one(app: Flask, contact: str):
    for event in (CONFERENCE, WORKSHOP):
        add_event(app, event)
    signed_in(app, Role.PARTNER_ORGANISER, events=("workshop",))
    quoted = []
    for number, (slug, part) in enumerate({"conference": "day-2", "workshop": "day"}.items()):
        enrol(app, slug=slug, choices={part: Mode.ON_SITE})
        work(app)
        with app.app_context(), transaction():
            resending.request_link(ANNA, by=VISITOR)
            for one in db.session.scalars(db.select(Registration)):
                one.link_sent_at = None  # as a quarter of an hour later
        sent = send(app)
        assert (sent.kind, sent.text.count("http://localhost/en/registrations/")) == (
            "registration.link_requested",
            number + 1,
        )
        quoted.append(f"In-Reply-To: {sent.message_id}\r\n".encode() + PERSON.replace(b"<l@u>", b"<q%d@u>" % number))
    signed_in(app, Role.PARTNER_ORGANISER, events=("conference",))
    for raw in quoted:
        receive(app, raw)
    ours = [address for address, _reply_to in forwarded(app)]
    assert ours == ["partner_organiser1@s3chem.example", contact]
    assert "workshop" not in kept(app)[-1].text.lower()


@pytest.mark.parametrize("writer", ['"anna nowak"@park.example', "jürgen@bücher.example"])
def test_who_cannot_stand_in_a_header_is_named_in_the_text_of_what_is_forwarded(app: Flask, contact: str, writer: str):
    receive(app, PERSON.replace(b"zaneta@uczelnia.example", writer.encode()))
    assert forwarded(app) == [(contact, "events@s3chem.example")]
    letter = kept(app)[-1]
    assert "Reply-To" not in dict(letter.headers)
    assert f"{writer} wrote to the address" in " ".join(letter.text.split())
    assert "does not reach the writer" in " ".join(letter.text.split())


def test_put_away_nothing_of_it_is_left_here(app: Flask, contact: str):
    receive(app, PERSON)
    forwarded(app)
    desk = signed_in(app)
    desk.post("/desk/mail/arrivals/1/completion", data=hidden(desk, "/desk/mail/arrivals/1"))
    work(app)
    assert [(row.text, row.subject, row.reply_to) for row in rows(app)] == [("", "", "")]


def test_after_ninety_days_nobody_can_read_it_any_more(app: Flask, clock: Clock, contact: str):
    receive(app, PERSON)
    forwarded(app)
    clock.advance(days=89)
    with app.app_context():
        schedule.tick()
    assert [bool(arrival) for arrival in raws(app)] == [True]
    clock.advance(days=2)
    with app.app_context():
        schedule.tick()
    assert raws(app) == [None]
    work(app)
    assert [row.text for row in rows(app)] == [""]


def raws(app: Flask) -> list[bytes | None]:
    with app.app_context():
        return list(db.session.scalars(db.select(Arrival.raw)))


def test_mistyped_domain_is_a_hint_and_never_stops_anybody(app: Flask, client: FlaskClient):
    add_event(app)
    add_event(app, slug="later", opens=None)
    refused = register(client, email="anna@gmial.com", given_name="", family_name="")
    assert (refused.status_code, "Did you mean anna@gmail.com?" in words(refused)) == (422, True)
    answer = register(client, email="anna@gmial.com")
    assert answer.status_code == 303
    assert "Did you mean anna@gmail.com?" in words(client.get(answer.location))
    work(app)
    reached = re.search(r"http://localhost(/en/registrations/[\w.-]+)\n", kept(app)[-1].text)
    assert reached is not None
    assert "Did you mean" not in words(client.get(reached[1]))  # whoever opens this reads that mailbox
    other = register(client, email="anna@park.example", given_name="Jan")
    assert "Did you mean" not in words(client.get(other.location))
    for path in ("/en/newsletter", "/en/events/later/updates"):
        form = hidden(client, path) | {"email": "anna@gmial.com", "language": "en", "topics": "project"}
        asked = client.post(path, data=form)
        assert (asked.status_code, "Did you mean anna@gmail.com?" in words(asked)) == (200, True)
