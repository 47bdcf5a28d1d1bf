"""An event as calendar entries.

While no hours are known there is one entry for all days that follow each other; it keeps its UID when it grows up into
the public part. Days that lie apart are no one date to keep: there each part has its own entry from the beginning.
"""

from collections.abc import Set as AbstractSet

from s3chem_events.calendar.entries import Entry, Mailbox, Status
from s3chem_events.core import i18n
from s3chem_events.core.markdown import plain
from s3chem_events.publishing.lifecycle import State, Visibility
from s3chem_events.publishing.models import Event, Part, is_one_entry
from s3chem_events.publishing.places import Where, ways_of, where
from s3chem_events.publishing.times import zone_info

STATUSES = {
    State.DRAFT: Status.TENTATIVE,
    State.SAVE_THE_DATE: Status.TENTATIVE,
    State.ANNOUNCED: Status.CONFIRMED,
    State.POSTPONED: Status.TENTATIVE,
    State.CANCELLED: Status.CANCELLED,
    State.OVER: Status.CONFIRMED,
}


def public_entries(
    event: Event,
    *,
    language: str,
    base_url: str,
    organizer: Mailbox,
    funding: str,
    moved_online: AbstractSet[str] = frozenset(),
) -> list[Entry]:
    """Return what the public's calendars hold of a loaded event: never a part by invitation, never a join link.

    `moved_online` are the keys of the parts that once had a room: their titles say that they have none any more, until
    the event is closed.
    """
    public = public_parts(event)
    if not public:
        return []
    if event.state is State.OVER:
        moved_online = frozenset()
    if is_one_entry(event):
        return [_whole(event, public, moved_online, language, base_url, organizer=organizer, funding=funding)]
    return [
        part_entry(
            event,
            part,
            language=language,
            base_url=base_url,
            organizer=organizer,
            funding=funding,
            now_online=part.key in moved_online,
        )
        for part in public
    ]


def public_parts(event: Event) -> list[Part]:
    """Return the parts that stand in public calendars."""
    return [part for part in event.parts if part.visibility is Visibility.PUBLIC]


def part_entry(
    event: Event,
    part: Part,
    *,
    language: str,
    base_url: str,
    organizer: Mailbox,
    funding: str,
    closing: str = "",
    now_online: bool = False,
) -> Entry:
    """Return the entry of one part; `closing` is said at the end of its description."""
    zone = zone_info(part.zone)
    title = i18n.joined(event.title.within(language), part.title.within(language))
    cancelled = part.cancelled or event.state is State.CANCELLED
    if now_online and not cancelled:
        title = _said_online(title, [part], language)
    return Entry(
        uid=part.uid,
        sequence=event.sequence,
        status=Status.CANCELLED if cancelled else STATUSES[event.state],
        starts=part.starts_at.astimezone(zone) if part.starts_at else part.starts_on,
        ends=part.ends_at.astimezone(zone) if part.ends_at else part.ends_on,
        zone=part.zone,
        summary=_summary(event, title, language, cancelled),
        url=page_url(event, language, base_url),
        created_at=event.created_at,
        revised_at=event.revised_at,
        location=_location(event, where(event, ways_of([part]), inside=True), language),
        description=_description(event, language, base_url, closing, funding, part=part),
        organizer=organizer,
    )


def page_url(event: Event, language: str, base_url: str) -> str:
    """Return the address of an event's public page."""
    return f"{base_url}/{language}/events/{event.slug}"


def _whole(
    event: Event,
    public: list[Part],
    moved_online: AbstractSet[str],
    language: str,
    base_url: str,
    *,
    organizer: Mailbox,
    funding: str,
) -> Entry:
    """Return the one entry of an event whose hours are not known, with the days and the place of what takes place."""
    living = [part for part in public if not part.cancelled]
    cancelled, parts = not living or event.state is State.CANCELLED, living or public
    title = event.title.within(language)
    if not cancelled and any(part.key in moved_online for part in parts):
        title = _said_online(title, parts, language)
    return Entry(
        uid=event.uid,
        sequence=event.sequence,
        status=Status.CANCELLED if cancelled else STATUSES[event.state],
        starts=min(part.starts_on for part in event.live_parts),
        ends=max(part.ends_on for part in event.live_parts),
        zone=event.zone,
        summary=_summary(event, title, language, cancelled),
        url=page_url(event, language, base_url),
        created_at=event.created_at,
        revised_at=event.revised_at,
        location=_location(event, where(event, ways_of(parts)), language),
        description=_description(event, language, base_url, "", funding),
        organizer=organizer,
    )


def _said_online(title: str, parts: list[Part], language: str) -> str:
    """Say behind a title that the rooms are gone; nothing where there still is one."""
    _ = i18n.words(language)
    return title if any(part.on_site for part in parts) else _("%(title)s (now online)", title=title)


def _summary(event: Event, title: str, language: str, cancelled: bool) -> str:  # noqa: FBT001 - private
    _ = i18n.words(language)
    if cancelled:
        return _("Cancelled: %(title)s", title=title)
    if event.state is State.SAVE_THE_DATE:
        return _("Save the date: %(title)s", title=title)
    if event.state is State.POSTPONED:
        return _("Postponed: %(title)s", title=title)
    return title


def _location(event: Event, there: Where, language: str) -> str:
    """Name the place as far as it is known; nothing rather than an empty promise."""
    _ = i18n.words(language)
    if event.state is State.SAVE_THE_DATE and (city := there.town_alone):
        return _("%(city)s (venue to be announced)", city=city)
    return there.in_full(language)


def _description(
    event: Event, language: str, base_url: str, closing: str, funding: str, *, part: Part | None = None
) -> str:
    _ = i18n.words(language)
    hours_open = all(part.starts_at is None for part in event.parts) and event.state is State.SAVE_THE_DATE
    paragraphs = [
        plain(event.reason.within(language)),
        plain(part.reason.within(language)) if part else "",
        plain(event.summary.within(language)) or (_("Times and programme to follow.") if hours_open else ""),
        _("Event page: %(url)s", url=page_url(event, language, base_url)),
        closing,
        funding,
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
