"""Entries as iCalendar files (RFC 5545, 5546, 7986): the same entries give the same bytes, in any process.

What is expensive, an event's serialisation by icalendar (half a millisecond), is done once for each entry of a feed as
it stands and kept; a feed writes anew only what changed, and an invitation only what differs from guest to guest.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from types import ModuleType

from s3chem_events.calendar import zones
from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status
from s3chem_events.core.values import frozen

END = b"END:VCALENDAR\r\n"
# The lines of a VEVENT that differ between two guests, with their folded continuations.
PERSONAL = re.compile(rb"^(?:DTSTAMP|ATTENDEE|DESCRIPTION|ORGANIZER)[:;].*\n(?: .*\n)*", re.MULTILINE)
_WRITTEN: dict[tuple[str, str], tuple[Entry, bytes]] = {}
"""What the feeds last said of each entry, by language and UID: as many as are published, and nobody's own."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def feed(calendar: Calendar, entries: Iterable[Entry]) -> bytes:
    """Return a subscription (METHOD:PUBLISH) of all entries, whatever their order; never with an attendee."""
    return _file(_library().frame("PUBLISH", calendar.language, calendar), entries, partial(_kept, calendar.language))


def download(entries: Iterable[Entry], *, language: str) -> bytes:
    """Return a file (METHOD:PUBLISH) to be opened once, usually with the entries of one event."""
    return _file(_library().frame("PUBLISH", language), entries, _published)


def invitation(
    entry: Entry, *, attendee: Mailbox, sent_at: datetime, language: str, note: str = "", answer_to: str = ""
) -> bytes:
    """Return the calendar part (METHOD:REQUEST) of an e-mail to one guest, who has registered already.

    `sent_at` belongs to the message: a second try must send the same bytes. `note` ends the description with what only
    this guest may read, such as the link to her registration; the entry stays the same for all, and so stays cached.
    `answer_to` is this guest's own address of the organizer, to which her calendar sends its answer.
    """
    return _letter(entry, "REQUEST", language).to(attendee, sent_at=sent_at, note=note, answer_to=answer_to)


def cancellation(
    entry: Entry, *, attendee: Mailbox, sent_at: datetime, language: str, note: str = "", answer_to: str = ""
) -> bytes:
    """Return the calendar part (METHOD:CANCEL) that takes the entry out of one guest's calendar.

    For a running event only this guest's copy is cancelled. The entry's `sequence` must not lie below the one that the
    guest was invited with.
    """
    cancelled = replace(entry, status=Status.CANCELLED)
    return _letter(cancelled, "CANCEL", language).to(attendee, sent_at=sent_at, note=note, answer_to=answer_to)


@frozen
class _Letter:
    """A message to many guests, cut open at the four lines that differ."""

    entry: Entry
    method: str
    parts: tuple[bytes, bytes, bytes, bytes, bytes]
    description: bytes
    organizer: bytes

    def to(self, attendee: Mailbox, *, sent_at: datetime, note: str, answer_to: str) -> bytes:
        before, between, after, onward, end = self.parts
        stamp = f"DTSTAMP:{sent_at.astimezone(UTC):%Y%m%dT%H%M%SZ}\r\n".encode()
        guest = _library().attendee_line(attendee, self.method)
        description = _library().description_line(self.entry, note) if note else self.description
        organizer = _library().organizer_line(self.entry, answer_to) if answer_to else self.organizer
        return b"".join((before, stamp, between, guest, after, description, onward, organizer, end))


@lru_cache(maxsize=256)
def _letter(entry: Entry, method: str, language: str) -> _Letter:
    if entry.organizer is None:
        message = f"METHOD:{method} needs an organizer (RFC 5546 3.2)"
        raise ValueError(message)
    library = _library()
    anybody = Mailbox(name="", address="guest@example.org")
    # The note makes sure that there is a description to cut out.
    block = library.event(entry, stamp=EPOCH, method=method, attendee=anybody, note="note")
    head, between, after, onward, tail = PERSONAL.split(block)
    start = library.frame(method, language) + b"".join(map(zones.vtimezone, _zones([entry])))
    parts = (start + head, between, after, onward, tail + END)
    return _Letter(entry, method, parts, library.description_line(entry), library.organizer_line(entry))


def _file(start: bytes, entries: Iterable[Entry], write: Callable[[Entry], bytes]) -> bytes:
    ordered = sorted(entries, key=lambda entry: (f"{entry.starts:%Y%m%dT%H%M%S}", entry.uid))
    # RFC 5545 3.6 wants a component in every calendar, strict readers refuse one without: a zone does no harm.
    used = _zones(ordered) if ordered else ["Europe/Brussels"]
    return b"".join((start, *map(zones.vtimezone, used), *map(write, ordered), END))


def _kept(language: str, entry: Entry) -> bytes:
    """Return the VEVENT as it was written before, unless the entry has changed."""
    known, block = _WRITTEN.get((language, entry.uid), (None, b""))
    if known != entry:
        block = _published(entry)
        _WRITTEN[language, entry.uid] = entry, block
    return block


def _published(entry: Entry) -> bytes:
    """Return the VEVENT as the public reads it: DTSTAMP is the last revision (RFC 5545 3.8.7.2), never now."""
    block: bytes = _library().event(entry, stamp=entry.revised_at)
    return block


def _zones(entries: Iterable[Entry]) -> list[str]:
    return sorted({zone for entry in entries if (zone := _library().zone(entry))})


def _library() -> ModuleType:
    """Return `components`, imported at the first use: icalendar costs each start of the program 60 ms."""
    from s3chem_events.calendar import components  # noqa: PLC0415

    return components
