"""Entries as icalendar components, and those as bytes; ics.py puts the bytes together.

Every text is wrapped in vText here: icalendar writes a property that it does not know (NAME and all X- ones) unescaped.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from icalendar import Calendar as VCalendar
from icalendar import Event, Parameters, vCalAddress, vDuration, vText
from icalendar.parser import Contentline

from s3chem_events.calendar import clean, zones
from s3chem_events.calendar.entries import Calendar, Entry, Mailbox, Status

REFRESH = timedelta(hours=4)
LONGEST_LINE = 75

# What the guest's calendar shows of her time (TRANSP and X-MICROSOFT-CDO-BUSYSTATUS).
SHOWN_AS = {
    Status.TENTATIVE: ("TRANSPARENT", "TENTATIVE"),
    Status.CONFIRMED: ("OPAQUE", "BUSY"),
    Status.CANCELLED: ("TRANSPARENT", "FREE"),
}
# By registering the guest has said yes; RSVP leaves her the button to decline.
ATTENDING = {
    "REQUEST": {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "TRUE"},
    "CANCEL": {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"},
}


class _Writable(Protocol):
    """What icalendar's classes have in common; its own declarations leave the type of the answer open."""

    def to_ical(self) -> bytes: ...


def frame(method: str, language: str, about: Calendar | None = None) -> bytes:
    """Return a VCALENDAR up to its first component.

    No UID: vdirsyncer 0.21 keeps one event of a calendar that has one (pimutils/vdirsyncer#1222).
    """
    calendar = VCalendar()
    calendar.add("VERSION", "2.0")
    # The last part of a formal public identifier names the language of the text (ISO 9070).
    calendar.add("PRODID", f"-//S3Chem//S3Chem Events//{language.upper()}")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method)
    if about:
        _describe(calendar, about)
    return _bytes(calendar).removesuffix(b"END:VCALENDAR\r\n")


def event(
    entry: Entry, *, stamp: datetime, method: str = "PUBLISH", attendee: Mailbox | None = None, note: str = ""
) -> bytes:
    """Return the VEVENT of an entry; `stamp` is its DTSTAMP, `note` a last personal paragraph of its description."""
    component = Event()
    component.add("UID", vText(clean.one_line(entry.uid)))
    component.add("SEQUENCE", entry.sequence)
    component.add("DTSTAMP", stamp)
    component.add("CREATED", entry.created_at)
    component.add("LAST-MODIFIED", entry.revised_at)
    for name, moment in zip(("DTSTART", "DTEND"), _span(entry), strict=True):
        component.add(name, moment)
    component.add("STATUS", entry.status.value)
    transparency, busy = SHOWN_AS[entry.status]
    component.add("TRANSP", transparency)
    component.add("X-MICROSOFT-CDO-BUSYSTATUS", busy)
    for name, value in _texts(entry, note):
        if value:
            component.add(name, value)
    if _join_url(entry):
        component.add("CONFERENCE", _join_url(entry), parameters=_conference(entry))
    if entry.organizer:
        component.add("ORGANIZER", _address(entry.organizer))
    if attendee:
        component.add("ATTENDEE", _address(attendee, ATTENDING[method]))
    return _bytes(component)


def attendee_line(attendee: Mailbox, method: str) -> bytes:
    """Return the folded content line of one guest, as `event` would hold it."""
    address = _address(attendee, ATTENDING[method])
    return _folded(Contentline.from_parts("ATTENDEE", address.params, address))


def organizer_line(entry: Entry, answer_to: str = "") -> bytes:
    """Return the folded content line of the organizer; `answer_to` is where one guest's calendar sends its answer.

    EMAIL (RFC 7986 6.2) says it once more, for the clients that answer to it and not to the address itself.
    """
    if entry.organizer is None:
        return b""
    address = _address(replace(entry.organizer, address=answer_to or entry.organizer.address))
    if answer_to:
        address.params["EMAIL"] = clean.parameter(answer_to)
    return _folded(Contentline.from_parts("ORGANIZER", address.params, address))


def description_line(entry: Entry, note: str = "") -> bytes:
    """Return the folded content line of the description, as `event` would hold it; nothing when there is none."""
    text = _description(entry, note)
    return _folded(Contentline.from_parts("DESCRIPTION", Parameters(), vText(text))) if text else b""


def zone(entry: Entry) -> str:
    """Return the zone whose local time the entry is written in; nothing for dates and for UTC."""
    if not isinstance(entry.starts, datetime) or not isinstance(entry.ends, datetime):
        return ""
    # Both or none: an entry that starts in local time and ends in UTC would be right and look wrong.
    return entry.zone if zones.holds(entry.zone, entry.starts) and zones.holds(entry.zone, entry.ends) else ""


def _describe(calendar: VCalendar, about: Calendar) -> None:
    name, description = vText(clean.one_line(about.name)), vText(clean.paragraphs(about.description))
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("DESCRIPTION", description)
    calendar.add("X-WR-CALDESC", description)
    # Apple and Nextcloud read the first, Outlook the second; RFC 7986 5.7 wants the VALUE, icalendar forgets it.
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    calendar.add("SOURCE", clean.uri(about.source_url), parameters={"VALUE": "URI"})
    calendar.add("URL", clean.uri(about.page_url))
    calendar.add("COLOR", "royalblue")


def _span(entry: Entry) -> tuple[date | datetime, date | datetime]:
    if not isinstance(entry.starts, datetime) or not isinstance(entry.ends, datetime):
        # DTEND is exclusive (RFC 5545 3.6.1).
        return entry.starts, entry.ends + timedelta(days=1)
    if zone(entry):
        return zones.local(entry.starts, entry.zone), zones.local(entry.ends, entry.zone)
    return entry.starts, entry.ends


def _texts(entry: Entry, note: str) -> list[tuple[str, Any]]:
    """Return the texts of an entry; the place of one that is only online is the address to click on."""
    location = "" if entry.status is Status.CANCELLED else clean.one_line(entry.location) or _join_url(entry)
    return [
        ("SUMMARY", vText(clean.one_line(entry.summary))),
        ("LOCATION", vText(location)),
        ("DESCRIPTION", vText(_description(entry, note))),
        ("URL", clean.uri(entry.url)),
        ("CATEGORIES", [text for category in entry.categories if (text := clean.one_line(category))]),
    ]


def _description(entry: Entry, note: str) -> str:
    """Return the description with the links repeated: Outlook hides URL, and hardly a client reads CONFERENCE."""
    text = clean.paragraphs(entry.description)
    extras = [_local_times(entry)]
    if (join := _join_url(entry)) and join not in text:
        extras.append(f"{clean.one_line(entry.conference_lead)} {join}".strip())
    if (url := clean.uri(entry.url)) and url not in text:
        extras.append(url)
    return "\n\n".join(part for part in (text, *extras, clean.paragraphs(note)) if part)


def _local_times(entry: Entry) -> str:
    """Return the times by the clocks of the place, where the entry itself has to be written in UTC."""
    if zone(entry) or not isinstance(entry.starts, datetime) or not isinstance(entry.ends, datetime):
        return ""
    starts, ends = zones.local(entry.starts, entry.zone), zones.local(entry.ends, entry.zone)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{starts:%Y-%m-%d %H:%M} - {until} ({entry.zone})"


def _join_url(entry: Entry) -> str:
    """Return the address of the room; nobody shall join what is cancelled."""
    return "" if entry.status is Status.CANCELLED else clean.uri(entry.conference_url)


def _conference(entry: Entry) -> Parameters:
    parameters = Parameters({"VALUE": "URI", "FEATURE": ["AUDIO", "VIDEO"]})
    if label := clean.parameter(entry.conference_label):
        parameters["LABEL"] = label
    return parameters


def _address(mailbox: Mailbox, parameters: dict[str, str] | None = None) -> vCalAddress:
    address = vCalAddress(clean.mailto(mailbox.address))
    if name := clean.parameter(mailbox.name):
        address.params["CN"] = name
    address.params.update(parameters or {})
    return address


CONTINUATION = 0x80
"""How the second and later bytes of a character begin in UTF-8 (RFC 3629 3)."""


def _folded(line: str) -> bytes:
    """Fold a content line as icalendar does, ten times as fast: these lines are written anew for each guest."""
    whole, start, rows = line.encode(), 0, []
    while len(whole) - start >= LONGEST_LINE:
        end = start + LONGEST_LINE - 1
        while whole[end] & 0xC0 == CONTINUATION:  # within a character
            end -= 1
        if whole[end - 1] in b"\\^":  # within an escaped one
            end -= 1
        rows.append(whole[start:end])
        start = end
    return b"\r\n ".join([*rows, whole[start:]]) + b"\r\n"


def _bytes(part: _Writable) -> bytes:
    return part.to_ical()
