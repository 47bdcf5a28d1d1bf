"""Answers of calendars as whole e-mails, in the shapes that real clients give them."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

OUTLOOK_CALENDAR = """\
BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:REPLY
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat}:mailto:{attendee}
CLASS:PUBLIC
CREATED:{stamp}
DTEND;TZID="W. Europe Standard Time":20270618T160000
DTSTAMP:{stamp}
DTSTART;TZID="W. Europe Standard Time":20270618T093000
LAST-MODIFIED:{stamp}
PRIORITY:5
SEQUENCE:{sequence}
SUMMARY;LANGUAGE=de:Abgelehnt: Final conference
TRANSP:OPAQUE
UID:{uid}
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""
EXCHANGE_CALENDAR = """\
BEGIN:VCALENDAR
METHOD:REPLY
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat};CN="Dupont, Zoé (DG)":MAILTO:{attendee}
COMMENT;LANGUAGE=fr-FR:{comment}
ORGANIZER;CN=S3Chem:MAILTO:{organizer}
UID:{uid}
SUMMARY;LANGUAGE=fr-FR:Refusé : Final conference
DTSTART;TZID=Romance Standard Time:20270618T093000
DTEND;TZID=Romance Standard Time:20270618T160000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:{stamp}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{sequence}
LOCATION;LANGUAGE=fr-FR:
X-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}
END:VEVENT
END:VCALENDAR
"""
GMAIL_CALENDAR = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REPLY
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270618
DTEND;VALUE=DATE:20270619
DTSTAMP:{stamp}
ORGANIZER;CN=S3Chem:mailto:{organizer}
UID:{uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN=zane
 ta;X-NUM-GUESTS=0:mailto:{attendee}
CREATED:{stamp}
DESCRIPTION:
LAST-MODIFIED:{stamp}
LOCATION:Maastricht
SEQUENCE:{sequence}
STATUS:CONFIRMED
SUMMARY:Final conference
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
APPLE_CALENDAR = """\
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
VERSION:2.0
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 15.1//EN
BEGIN:VEVENT
ATTENDEE;CUTYPE=INDIVIDUAL;CN="Żaneta Źdźbło";EMAIL="{attendee}";PARTSTAT={partstat};
 ROLE=REQ-PARTICIPANT:mailto:{attendee}
CREATED:{stamp}
DTEND;VALUE=DATE:20270619
DTSTAMP:{stamp}
DTSTART;VALUE=DATE:20270618
ORGANIZER;CN="S3Chem";EMAIL="{organizer}":mailto:{organizer}
SEQUENCE:{sequence}
SUMMARY:Final conference
UID:{uid}
END:VEVENT
END:VCALENDAR
"""
THUNDERBIRD_CALENDAR = """\
BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
CREATED:{stamp}
LAST-MODIFIED:{stamp}
DTSTAMP:{stamp}
UID:{uid}
SUMMARY:Final conference
STATUS:CONFIRMED
ORGANIZER;CN=S3Chem:mailto:{organizer}
ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT={partstat};ROLE=REQ-PARTICIPANT:mailto:{attend}
 {ee}
DTSTART;VALUE=DATE:20270618
DTEND;VALUE=DATE:20270619
SEQUENCE:{sequence}
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
CALENDARS = {
    "outlook": OUTLOOK_CALENDAR,
    "exchange": EXCHANGE_CALENDAR,
    "gmail": GMAIL_CALENDAR,
    "apple": APPLE_CALENDAR,
    "thunderbird": THUNDERBIRD_CALENDAR,
}
SUBJECTS = {"DECLINED": "Declined", "ACCEPTED": "Accepted", "TENTATIVE": "Tentative"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a guest answers, whatever she answers with."""

    uid: str
    organizer: str = "events@s3chem.example"
    attendee: str = "zaneta@uczelnia.example"
    partstat: str = "DECLINED"
    sequence: int = 0
    stamp: datetime = datetime(2026, 11, 23, 12, 5, tzinfo=UTC)
    comment: str = r"Je suis désolée\, à bientôt\n"

    def calendar(self, client: str) -> bytes:
        """Return the calendar part alone, with the line ends of the wire."""
        values = {
            "uid": self.uid,
            "organizer": self.organizer,
            "attendee": self.attendee,
            "attend": self.attendee[:5],
            "ee": self.attendee[5:],
            "partstat": self.partstat,
            "sequence": self.sequence,
            "comment": self.comment,
            "stamp": f"{self.stamp:%Y%m%dT%H%M%SZ}",
        }
        return CALENDARS[client].format(**values).replace("\n", "\r\n").encode()

    def mail(self, client: str, *, extra: str = "") -> bytes:
        """Return the whole e-mail; `extra` are header lines of the way it came."""
        written = {"outlook": _outlook, "exchange": _alternative, "gmail": _gmail, "apple": _apple}
        body = written.get(client, _alternative)(self.calendar(client))
        head = (
            f"{extra}From: Zaneta <{self.attendee}>\nTo: <{self.organizer}>\n"
            f"Subject: {SUBJECTS.get(self.partstat, 'Answer')}: Final conference\n"
            f"Date: {self.stamp:%a, %d %b %Y %H:%M:%S} +0000\n"
            f"Message-ID: <{client}-{self.partstat}-{self.stamp:%H%M%S}@uczelnia.example>\nMIME-Version: 1.0\n"
        )
        return (head + body).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def _text(words: str) -> str:
    return f"Content-Type: text/plain; charset=utf-8\n\n{words}\n"


def _calendar(content: bytes, *, encoding: str, name: str = "") -> str:
    kind = f"Content-Type: text/calendar; charset=UTF-8; method=REPLY{name}\nContent-Transfer-Encoding: {encoding}\n\n"
    return kind + (base64.encodebytes(content).decode() if encoding == "base64" else content.decode())


def _outlook(content: bytes) -> str:
    """Outlook for Windows: mixed, the calendar in the middle with its name."""
    parts = (_text("Sorry"), _calendar(content, encoding="8bit", name='; name="meeting.ics"'))
    return _multipart("mixed", "----=_NextPart_000_0001", *parts)


def _alternative(content: bytes) -> str:
    """Exchange, and Thunderbird: alternative, base64."""
    return _multipart("alternative", "_000_alt_", _text(""), _calendar(content, encoding="base64"))


def _gmail(content: bytes) -> str:
    """Gmail: text, HTML and calendar as alternatives, and the same once more as a file."""
    html = "Content-Type: text/html; charset=utf-8\n\n<p>Zaneta has declined this invitation.</p>\n"
    inner = _multipart("alternative", "000a", _text("declined"), html, _calendar(content, encoding="7bit"))
    file = (
        'Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment; filename="invite.ics"\n'
        "Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content).decode()
    )
    return _multipart("mixed", "000m", inner, file)


def _apple(content: bytes) -> str:
    """Apple's Mail: the calendar as an attached file in a mixed e-mail."""
    name = '; name="iCal-1.ics"\nContent-Disposition: attachment; filename="iCal-1.ics"'
    kind = f"Content-Type: text/calendar; charset=utf-8; method=REPLY{name}\nContent-Transfer-Encoding: base64\n\n"
    return _multipart("mixed", "Apple-Mail=_1", _text(""), kind + base64.encodebytes(content).decode())


def _multipart(subtype: str, boundary: str, *parts: str) -> str:
    joined = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{joined}--{boundary}--\n'
