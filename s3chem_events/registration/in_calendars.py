"""What a guest's calendar holds: by which UID it knows a part, and with which SEQUENCE, as she was written.

The UID of a part may be handed on (publishing.values) without a word to its people: their calendars keep the entry
under the old one until an e-mail takes it out.
"""

from collections.abc import Collection, Iterator

from s3chem_events.calendar import itip
from s3chem_events.mailing import queries as mailing
from s3chem_events.publishing.models import Part
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Registration


def uids(registration: Registration, part: Part, *, told: Collection[Part] = ()) -> list[str]:
    """Return by which UIDs a calendar knows a part of a loaded registration: mostly by its own alone, without a look.

    One that another part of hers has now is that part's; so are those of the parts that she is `told` of with it.
    """
    if not part.former_uids:
        return [part.uid]
    confirmed = {place.part_id for place in registration.participations if place.standing is Standing.CONFIRMED}
    theirs = {one.uid for one in registration.event.parts if one.id in confirmed} | {one.uid for one in told}
    newest = dict[str, str]()
    for method, uid, *_ in _written(registration):
        newest.setdefault(uid, method)
    known = {uid for _last, uid in part.former_uids} - theirs | {part.uid}
    return [uid for uid in newest if newest[uid] == "REQUEST" and uid in known] or [part.uid]


def sequences(registration: Registration, uid: str) -> tuple[int, int]:
    """Return the SEQUENCE of the newest invitation to an entry, and the highest that was sent for it; else 0.

    Not the event's own: a change of which nobody was told must not make everybody's answers old ones.
    """
    about = [(method, number, sent) for method, one, number, sent in _written(registration) if one == uid]
    newest = next((number for method, number, _ in about if method == "REQUEST"), 0)
    return newest, max((number for _, number, sent in about if sent), default=0)


def _written(registration: Registration) -> Iterator[tuple[str, str, int, bool]]:
    """Yield what her calendar was told, newest first: METHOD, UID, SEQUENCE, and whether it can have arrived."""
    for calendar, sent in mailing.invitations(registration.id, digest=registration.address_digest):
        yield *itip.invitation(calendar.encode()), sent
