"""Bounces of many families, in texts of our own: kind, address and weight; and what only looks like one."""

from base64 import encodebytes
from quopri import encodestring

import pytest

from s3chem_events.mailing import arrivals, typos
from s3chem_events.mailing.kinds import Arrived
from s3chem_events.mailing.weighing import Weight, weight

pytestmark = pytest.mark.one_database

DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: events@s3chem.example\n"
PERSON = "From: Zaneta <zaneta@uczelnia.example>\nTo: events@s3chem.example\n"
ANNA = "anna@park.example"


def read(text: str) -> Arrived:
    return arrivals.read(text.encode())


def told(text: str) -> tuple[str, list[str], bool]:
    explained = arrivals.explained(read(text))
    return explained["kind"], explained["addresses"], explained["permanent"]


FAILED = {
    "Postfix, plain text": f"{DAEMON}Subject: Undelivered Mail Returned to Sender\n\nThis is the mail system at mx.\n\n"
    f"<{ANNA}>: host in.example said: 550 5.1.1 Unknown user (in reply to RCPT TO)\n",
    "Exchange in German": f"{DAEMON}Subject: Unzustellbar: Ihre Post\n\nSie konnte nicht zugestellt werden.\n\n"
    f"{ANNA}\nDas Postfach gibt es nicht.\n",
    "French": f"{DAEMON}Subject: Message non remis\n\nVotre message n'a pas pu être remis à {ANNA}.\n",
    "Polish": f"{DAEMON}Subject: Niedostarczona\n\nWiadomość nie została dostarczona do {ANNA}.\n",
    "Spanish": f"{DAEMON}Subject: Aviso\n\nEl mensaje no se ha podido entregar a <{ANNA}>: 550 usuario\n",
    "nobody's, with the headers of ours below": "Return-Path: <>\nFrom: gateway@mx.example\nTo: events@s3chem.example\n"
    f"Subject: Your message\n\nIt could not be delivered.\n\nReceived: from a\nTo: {ANNA}\nMessage-ID: <1@x>\n",
    "a program with a strange name": f"From: Mail_Service@mx.example\nSubject: Delivery failure\n\n<{ANNA}>: unknown\n",
    "no sender at all": "From: MAILER-DAEMON <>\nTo: events@s3chem.example\nSubject: Mail delivery failed\n\n"
    f"There was an error delivering your mail to <{ANNA}>.\n\n550 No such user\n\nMessage headers follow.\n\nFrom: u\n",
    "refused in the dress of a receipt": f"{DAEMON}Subject: Rejected\nMIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\n"
    f"Your message to <{ANNA}> was rejected: over quota\n--b\nContent-Type: message/disposition-notification\n\n"
    f"Final-Recipient: rfc822; {ANNA}\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
}


@pytest.mark.parametrize("family", FAILED)
def test_bounce_of_each_family_names_whom_it_is_about(family):
    assert told(FAILED[family]) == ("bounce", [ANNA], True)


def report(*blocks: str) -> str:
    status = "\n\n".join(blocks)
    return (
        f"{DAEMON}Subject: Report\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; "
        f"boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"{status}\n\n--b--\n"
    )


def block(address: str, action: str, status: str, said: str = "") -> str:
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}"


def test_report_on_several_tells_of_those_alone_who_failed():
    three = (block("a@x.example", "delivered", "2.0.0"), block("b@x.example", "failed", "5.1.1"))
    assert told(report(*three, block("c@x.example", "failed", "5.1.1"))) == (
        "bounce",
        ["b@x.example", "c@x.example"],
        True,
    )
    assert told(report(block("a@x.example", "relayed", "2.0.0")))[0] == "auto_reply"
    assert told(report(block("a@x.example", "delayed", "4.4.1"))) == ("delay", ["a@x.example"], False)


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_report_is_read_in_every_dress(encoding):
    plain = report(block("żaneta@x.example", "failed", "5.2.2", "552 5.2.2 Mailbox full"))
    head, status = plain.split("Content-Type: message/delivery-status\n\n")
    status = status.removesuffix("\n--b--\n").replace("rfc822;", "utf-8;")
    encoders = {"8bit": str.encode, "quoted-printable": lambda text: encodestring(text.encode())}
    written = encoders.get(encoding, lambda text: encodebytes(text.encode()))(status).decode()
    kind = "delivery-status" if encoding == "base64" else "global-delivery-status"
    part = f"Content-Type: message/{kind}\nContent-Transfer-Encoding: {encoding}\n\n"
    found = arrivals.explained(read(f"{head}{part}{written}\n--b--\n"))
    assert (found["kind"], found["addresses"], found["status"]) == ("bounce", ["żaneta@x.example"], "5.2.2")
    assert weight(permanent=found["permanent"], status=found["status"], reason=found["reason"]) is Weight.SOFT


def test_code_that_says_nothing_gives_way_to_the_one_in_the_words():
    found = arrivals.explained(read(report(block(ANNA, "failed", "5.0.0", "550 5.7.1 This looks like spam"))))
    assert (found["status"], found["permanent"]) == ("5.7.1", True)


NO_BOUNCE = {
    "forwarded by a person": (
        PERSON + "Subject: Fwd: Undelivered Mail Returned to Sender\n\n<a@x.example>: unknown user\n",
        "human",
    ),
    "told by a person": (
        PERSON + "Subject: Delivery failure\n\nYour mail to a@x.example could not be delivered.\n",
        "human",
    ),
    "a newsletter about mail": (
        PERSON + "List-Id: <news.example>\nPrecedence: bulk\nSubject: Why mail fails\n\nUser unknown: a@x.example\n",
        "auto_reply",
    ),
    "a challenge": (PERSON + "Subject: Please confirm your message\n\nClick here.\n", "human"),
    "a complaint": (
        (
            f"{DAEMON}Subject: Abuse\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; "
            "boundary=b\n\n--b\n\nNot delivered to me again, please.\n--b\nContent-Type: message/feedback-report\n\n"
            "Feedback-Type: abuse\n--b--\n"
        ),
        "complaint",
    ),
    "away, from nobody": (
        "Return-Path: <>\n" + PERSON + "Subject: Vacation reply\n\nNot delivered to me.\n",
        "auto_reply",
    ),
    "away by its words": (PERSON + "Subject: I am out of office\n\nBack on Monday.\n", "human"),
    "a mail service, in person": ("From: mailservice@firma.example\nSubject: Your invoice\n\nHello\n", "human"),
}


@pytest.mark.parametrize("name", NO_BOUNCE)
def test_what_only_looks_like_a_bounce_is_none(name):
    text, kind = NO_BOUNCE[name]
    assert told(text)[0] == kind


def test_late_notice_in_plain_text_is_no_bounce():
    late = f"{DAEMON}Subject: Delivery delayed\n\nYour message to {ANNA} could not be delivered.\nIt will be retried.\n"
    assert told(late) == ("delay", [ANNA], False)


@pytest.mark.parametrize(
    "status,reason,expected",
    [
        ("5.1.1", "", Weight.HARD),
        ("", "no such user", Weight.HARD),
        ("5.2.2", "", Weight.SOFT),
        ("", "over quota", Weight.SOFT),
        ("5.7.1", "", Weight.NONE),
        ("5.7.1", "recipient unknown", Weight.HARD),
        ("5.3.0", "", Weight.SOFT),
        ("5.3.4", "", Weight.NONE),
        ("", "", Weight.SOFT),
        ("5.1.1", "spamtrap@x.example: unknown", Weight.HARD),
    ],
)
def test_weight_follows_the_code_then_the_words(status, reason, expected):
    assert weight(permanent=True, status=status, reason=reason) is expected


@pytest.mark.parametrize(
    "said", ["This user doesn't have a x.example account [0]", "This account has been disabled or discontinued."]
)
def test_of_a_notice_without_a_code_the_line_counts_that_says_that_nobody_is_there(said):
    found = arrivals.explained(read(f"{DAEMON}Subject: Failure notice\n\nUnable to deliver to:\n\n<{ANNA}>:\n{said}\n"))
    assert (found["addresses"], found["reason"]) == ([ANNA], said)
    assert weight(permanent=found["permanent"], status=found["status"], reason=found["reason"]) is Weight.HARD


TYPED = {
    "gmial.com": "gmail.com",
    "gmail.co": "gmail.com",
    "hotmial.com": "hotmail.com",
    "t-onlin.de": "t-online.de",
    "libreo.it": "libero.it",
    "wbe.de": "web.de",
    **dict.fromkeys(("gmail.com", "park.example", "yahoo.pl", "gmx.li", "we.com", "company.com", "firma", ""), ""),
}


@pytest.mark.parametrize("domain", TYPED)
def test_domain_that_is_nearly_a_known_one_was_probably_meant(domain):
    assert typos.meant(f"anna@{domain}") == (f"anna@{TYPED[domain]}" if TYPED[domain] else "")


def test_distance_counts_two_swapped_letters_once():
    assert [typos.distance(a, b) for a, b in (("ab", "ba"), ("abc", "ac"), ("", "ab"), ("abc", "axd"))] == [1, 1, 2, 2]
