"""What a guest's calendar answers (METHOD:REPLY, RFC 5546 3.2.3), read out of what real clients write; pure.

icalendar is not used: it refuses a whole file for one wrong line, and what comes here was written by strangers. This
reads each line once, looks at the nine properties it needs and passes over everything else, VTIMEZONEs included.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import unquote

from s3chem_events.core.errors import Refused
from s3chem_events.core.values import frozen

LARGEST = 64 * 1024
MOST_EVENTS = 20
LONGEST_COMMENT = 500
LONGEST_UID = 300
LONGEST_ADDRESS = 320
HIGHEST_SEQUENCE = 2**31 - 1
DEEPEST = 8
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FOLD = re.compile(r"\n[ \t]")
RAW_FOLD = re.compile(rb"(?<!\r)\r*\n[ \t]")
"""Begins where a run of returns begins: from within it each would be tried anew."""
STAMP = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d))?")
CHARSETS = re.compile(r"iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|latin-?\d|utf-16(?:[bl]e)?", re.IGNORECASE)
"""What clients write in. Python knows more, and takes long over some of them."""
ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class PartStat(StrEnum):
    """What a guest says (RFC 5545 3.2.12); of the other values none is an answer to us."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@frozen
class Answer:
    """One guest's answer to one invitation. Addresses may be missing: Outlook leaves the organizer out."""

    uid: str
    sequence: int
    stamped_at: datetime | None
    attendee: str
    says: PartStat
    organizer: str
    comment: str


class NotAnAnswer(Refused):
    """The calendar is none that answers an invitation."""

    code = "not_an_answer"
    status = 422


@frozen
class _Line:
    name: str
    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class _Event:
    lines: dict[str, list[_Line]] = field(default_factory=dict)

    def first(self, name: str) -> _Line | None:
        return next(iter(self.lines.get(name, ())), None)

    def text(self, name: str) -> str:
        line = self.first(name)
        return "" if line is None else _clean(line.value)


WANTED = frozenset({"UID", "SEQUENCE", "DTSTAMP", "ATTENDEE", "ORGANIZER", "COMMENT", "RECURRENCE-ID"})


def answers(content: bytes, *, charset: str = "") -> tuple[Answer, ...]:
    """Return the answers in a calendar part, one for each UID.

    `charset` is what the e-mail says; UTF-8 is tried before it, since clients say one thing and write another.

    Raises:
        NotAnAnswer: another method, no event, no single guest, or nothing that is yes, no or perhaps.

    """
    if len(content) > LARGEST:
        raise NotAnAnswer("too large")
    method, events = _read(_decoded(content, charset))
    if method != "REPLY":
        raise NotAnAnswer(f"METHOD:{method[:20]}" if method else "no METHOD")
    if len(events) > MOST_EVENTS:
        raise NotAnAnswer("too many events")
    found: dict[str, tuple[bool, Answer]] = {}
    for event in events:
        answer, whole = _answer(event), event.first("RECURRENCE-ID") is None
        # Several of one UID answer for single days of a series; we have none, so the one for the whole counts.
        if answer.uid not in found or (whole and not found[answer.uid][0]):
            found[answer.uid] = (whole, answer)
    if not found:
        raise NotAnAnswer("no VEVENT")
    return tuple(answer for _, answer in found.values())


def invitation(content: bytes) -> tuple[str, str, int]:
    """Return the METHOD of a calendar of ours, and the UID and the SEQUENCE of its event."""
    method, events = _read(_decoded(content, ""))
    return method, events[0].text("UID"), _number(events[0].text("SEQUENCE"))


def _answer(event: _Event) -> Answer:
    uid = event.text("UID")[:LONGEST_UID]
    if not uid:
        raise NotAnAnswer("no UID")
    attendee, says = _guest(event)
    stamp = event.first("DTSTAMP")
    return Answer(
        uid=uid,
        sequence=_number(event.text("SEQUENCE")),
        stamped_at=_moment(stamp.value) if stamp else None,
        attendee=attendee,
        says=says,
        organizer=_address(event.first("ORGANIZER")),
        comment=_comment(event),
    )


def _guest(event: _Event) -> tuple[str, PartStat]:
    """Return who answers what. A list of guests with one who says something is read as that one's answer."""
    said = {
        (_address(line), value)
        for line in event.lines.get("ATTENDEE", ())
        if (value := line.parameters.get("PARTSTAT", "").strip().lower()) not in {"", "needs-action"}
    }
    if not said:
        raise NotAnAnswer("no ATTENDEE with a PARTSTAT")
    if len(said) > 1:
        raise NotAnAnswer("several guests")
    address, value = next(iter(said))
    try:
        return address, PartStat(value)
    except ValueError as error:
        raise NotAnAnswer(f"PARTSTAT={value[:20]}") from error


def _comment(event: _Event) -> str:
    """Return what the guest wrote with it; Outlook and Google put it into COMMENT."""
    words = ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], event.text("COMMENT"))
    return words.strip()[:LONGEST_COMMENT]


def _address(line: _Line | None) -> str:
    """Return the bare address of a guest or organizer, as it is written; nothing where there is none."""
    if line is None:
        return ""
    value = _clean(line.value).strip("<> ")
    scheme, colon, rest = value.partition(":")
    if colon and scheme.lower() == "mailto":
        value = unquote(rest).strip("<> ")
    elif colon or "@" not in value:  # Exchange writes `invalid:nomail` for a guest of its own directory
        value = line.parameters.get("EMAIL", "")
    value = value.partition("?")[0].strip()
    return value if "@" in value and value.isprintable() and len(value) <= LONGEST_ADDRESS else ""


def _number(text: str) -> int:
    return min(int(text), HIGHEST_SEQUENCE) if text.isascii() and text.isdigit() and len(text) <= len("9" * 18) else 0


def _moment(text: str) -> datetime | None:
    """Return a moment in UTC, in which a DTSTAMP has to be (RFC 5545 3.8.7.2), also where its Z is missing."""
    match = STAMP.match(text.strip()) if text.isascii() else None
    if match is None:
        return None
    with suppress(ValueError):
        year, month, day, hour, minute, second = (int(number or 0) for number in match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return None


def _read(text: str) -> tuple[str, list[_Event]]:
    """Return the METHOD and the events, with the properties that matter; unknown and broken lines are passed over."""
    method, events, path = "", list[_Event](), list[str]()
    for line in _lines(text):
        if line.name == "BEGIN":
            path.append(line.value.strip().upper())
            if len(path) > DEEPEST:
                raise NotAnAnswer("too deep")
            if path[-1] == "VEVENT":
                events.append(_Event())
        elif line.name == "END":
            closed = line.value.strip().upper()
            while closed in path and path.pop() != closed:
                pass
        elif line.name == "METHOD" and path in ([], ["VCALENDAR"]):
            method = method or line.value.strip().upper()
        elif path[-1:] == ["VEVENT"] and line.name in WANTED:
            events[-1].lines.setdefault(line.name, []).append(line)
    return method, events


def _lines(text: str) -> Iterator[_Line]:
    for row in text.split("\n"):
        line = _line(row) if row else None
        if line is not None:
            yield line


def _line(row: str) -> _Line | None:
    """Cut a content line at the first colon that stands in no quotation marks, its head at such semicolons."""
    pieces, start, quoted = list[str](), 0, False
    for at, character in enumerate(row):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in ";:":
            pieces.append(row[start:at])
            start = at + 1
            if character == ":":
                return _Line(pieces[0].strip().upper(), _parameters(pieces[1:]), row[start:])
    head, colon, value = row.partition(":")  # a quotation mark that is never closed
    name, *parameters = head.split(";")
    return _Line(name.strip().upper(), _parameters(parameters), value) if colon else None


def _parameters(pieces: list[str]) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in pieces)
    return {name.strip().upper(): value.strip().strip('"') for name, _, value in pairs}


def _decoded(content: bytes, charset: str) -> str:
    """Return the text with lines ended by LF and unfolded; bytes that are none of the charset cost a character each."""
    # Unfolded before it is decoded: a fold may cut a character of UTF-8 in two.
    joined = RAW_FOLD.sub(b"", content)
    encodings = [name for bom, name in BOMS if content.startswith(bom)] + ["utf-8"]
    for encoding in (*encodings, *CHARSETS.findall(charset), "cp1252"):
        with suppress(LookupError, ValueError):
            raw = content if encoding.startswith("utf-16") else joined
            return _unfolded(raw.decode(encoding))
    return _unfolded(joined.decode("latin-1"))


def _unfolded(text: str) -> str:
    return FOLD.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _clean(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
