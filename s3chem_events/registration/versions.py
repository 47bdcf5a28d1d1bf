"""What tells an older invitation of one guest from a newer one: her own changes, counted on top of the event's.

RFC 5546 2.1.4: the organizer raises SEQUENCE when an entry changes. A change of the event raises it for all; what
becomes of one guest's place (off, back, another way to take part) raises it for her alone. Both only ever rise, and so
does their sum. People of one mailbox share the UIDs in its calendar, so they share the count (docs/decisions/0016).
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select, update

from s3chem_events.core.db import db
from s3chem_events.publishing.models import Part
from s3chem_events.registration.models import Participation, Registration


def sequence(event_sequence: int, participation: Participation) -> int:
    """Return the SEQUENCE of one guest's entry."""
    return event_sequence + participation.changes


def first(event_id: int, address_digest: str) -> Mapping[int, int]:
    """Return with which count of changes a newcomer of this mailbox begins, by part id; with none for all others."""
    return first_of(event_id, [address_digest]).get(address_digest, {})


def first_of(event_id: int, address_digests: Iterable[str]) -> dict[str, dict[int, int]]:
    """Return the same for newcomers of several mailboxes, by the digests of their addresses; one statement."""
    asked = {digest for digest in address_digests if digest}
    if not asked:
        return {}
    rows = db.session.execute(
        select(Registration.address_digest, Participation.part_id, func.max(Participation.changes))
        .select_from(Participation)
        .join(Registration)
        .where(Registration.event_id == event_id, Registration.address_digest.in_(asked))
        .group_by(Registration.address_digest, Participation.part_id)
    )
    found: dict[str, dict[int, int]] = {}
    for digest, part_id, changes in rows:
        found.setdefault(digest, {})[part_id] = changes + 1
    heirs = _heirs(event_id) if found else {}
    for counts in found.values():
        for part_id, heir_id in heirs.items():
            if part_id in counts:
                counts.setdefault(heir_id, counts[part_id])
    return found


def _heirs(event_id: int) -> dict[int, int]:
    """Return which part has the UID now that another had: the calendars of its people know it with their changes."""
    parts = db.session.execute(select(Part.id, Part.uid, Part.former_uids).where(Part.event_id == event_id)).all()
    holders = {part.uid: part.id for part in parts}
    former = [(part.id, uid) for part in parts for _last, uid in part.former_uids]
    return {number: holders[uid] for number, uid in former if holders.get(uid, number) != number}


def rise(registration: Registration, changed: Iterable[Participation]) -> None:
    """Count a change of some of a person's places in a locked event, for all of her mailbox, however many share it."""
    digest = registration.address_digest
    whose = Registration.address_digest == digest if digest else Registration.id == registration.id
    in_mailbox = Participation.registration_id.in_(select(Registration.id).where(whose))
    for part_id in {participation.part_id for participation in changed}:
        here = Participation.part_id == part_id, in_mailbox
        newest = db.session.scalar(select(func.max(Participation.changes)).where(*here)) or 0
        db.session.execute(update(Participation).where(*here).values(changes=newest + 1))
