"""Notices of mail servers in the shapes that real ones give them, written for these tests: what came back, and why."""

from dataclasses import dataclass

NOTICE = """\
Return-Path: <>
To: {to}
From: {sender}
Subject: {subject}
Message-ID: <{name}-{stamp}@mx.example>
"""
DSN = """\
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut

The e-mail below could not be handed over.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}
--cut
Content-Type: text/rfc822-headers

From: events@s3chem.example
To: {address}
Message-ID: {returned}
--cut--
"""
COPIED = """\
X-Failed-Recipients: {address}

The following address failed:

  {address}
    {said}

------ This is a copy of the message. ------

Message-ID: {returned}
From: events@s3chem.example
"""
QMAIL = """
Hi. This is the qmail-send program at mx.example.
I could not deliver your message.

<{address}>:
{said}

--- Below this line is a copy of the message.

Return-Path: <events@s3chem.example>
Message-ID: {returned}
"""
FAMILIES = {
    "dsn": ("Mail Delivery System <MAILER-DAEMON@mx.example>", "Undelivered Mail Returned to Sender", DSN),
    "exim": (
        "Mail Delivery System <Mailer-Daemon@mx.example>",
        "Mail delivery failed: returning message to sender",
        COPIED,
    ),
    "qmail": (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        QMAIL,
    ),
    "exchange": (
        "postmaster@mx.example",
        "Unzustellbar: Anmeldung",
        "\nIhre Nachricht konnte nicht zugestellt werden.\n\n{address}\n{said}\n",
    ),
    "odd": ("Poste <postmaster@mx.example>", "Avis", "\nVotre message n'a pas pu être remis.\n{said}\n"),
}
"""Sender, subject, and the rest, from the last headers on."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a server says of one e-mail of ours; `to` is where it comes back to."""

    address: str = "anna0@park.example"
    to: str = "events@s3chem.example"
    returned: str = ""
    said: str = "550 5.1.1 User unknown"
    status: str = "5.1.1"
    action: str = "failed"
    stamp: str = "1"

    def mail(self, family: str) -> bytes:
        """Write it in the manner of a server."""
        sender, subject, rest = FAMILIES[family]
        values = {name: getattr(self, name) for name in self.__slots__}
        head = NOTICE.format(sender=sender, subject=subject, name=family, **values)
        return (head + rest.format(**values)).replace("\n", "\r\n").encode()
