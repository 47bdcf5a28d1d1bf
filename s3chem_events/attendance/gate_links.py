"""The list for the entrance, for whoever stands there: locked, by a link, for ten minutes, until the event is over.

The list is put together when it is opened, so that it is as new as it can be, and lies nowhere before or after.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from s3chem_events.attendance.models import GateLink
from s3chem_events.core import journal, signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event

LINK, PASSPHRASE = "gate-link", "gate-passphrase"
OPENED = "gate_link.opened"
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
GROUPS = 4
"""Four groups of four letters: 79 bits, read out by telephone."""
AGAIN = timedelta(minutes=10)
"""So long after its first opening a list can be taken again: a download that broke off helps nobody at the gate."""
KEPT = timedelta(days=3)
"""After the event, as what is in the list."""


class LinkOver(Refused):
    """The link was opened long enough ago, taken back, or its event is over."""

    code = "link_over"
    status = 410


class WrongPassphrase(Refused):
    """It is not the passphrase of this link."""

    code = "wrong_passphrase"
    status = 422


def hand_out(event: Event, *, by: Actor) -> tuple[GateLink, str]:
    """Make a link, and its passphrase, which is told now and never again.

    Raises:
        LinkOver: the event is over.

    """
    if is_over(event):
        raise LinkOver
    passphrase = "-".join("".join(secrets.choice(LETTERS) for _letter in range(4)) for _group in range(GROUPS))
    link = GateLink(event_id=event.id, made_at=now(), made_by=str(by))
    db.session.add(link)
    db.session.flush()
    link.seal = signing.tag(PASSPHRASE, f"{link.id} {passphrase}")
    journal.record("gate_link.handed_out", link.id, by=by, event=event.id)
    return link, passphrase


def take_back(link: GateLink, *, by: Actor) -> None:
    """Let a link open nothing any more."""
    if link.revoked_at is None:
        link.revoked_at = now()
        journal.record("gate_link.taken_back", link.id, by=by, event=link.event_id)


def use(link: GateLink, event: Event, typed: str, *, by: Actor) -> str:
    """Open the list by its passphrase, in whatever way it was typed; returns it as it was told.

    Raises:
        LinkOver, WrongPassphrase.

    """
    if not is_good(link, event):
        raise LinkOver
    letters = re.sub(r"[\s-]", "", typed.lower())
    passphrase = "-".join(re.findall("....", letters)) if len(letters) == 4 * GROUPS else ""
    if not signing.is_tag(PASSPHRASE, f"{link.id} {passphrase}", link.seal):
        raise WrongPassphrase
    if link.opened_at is None:
        link.opened_at = now()
    journal.record("gate_link.opened", link.id, by=by, event=event.id)
    return passphrase


def erase_outlived(*, by: Actor) -> None:
    """Delete the links of events that are long over; nothing of a person was in them."""
    links = list(db.session.scalars(db.select(GateLink)))
    events = {event.id: event for event in publishing.events_by_ids({link.event_id for link in links})}
    for link in links:
        if publishing.ends_at(events[link.event_id]) + KEPT <= now():
            db.session.delete(link)
            journal.record("gate_link.erased", link.id, by=by, event=link.event_id)


def is_over(event: Event) -> bool:
    """Whether nobody comes to an event any more."""
    return event.state is State.CANCELLED or publishing.ends_at(event) <= now()


def is_good(link: GateLink, event: Event) -> bool:
    """Whether a link still opens the list."""
    was_opened = link.opened_at is not None and link.opened_at + AGAIN <= now()
    return link.revoked_at is None and not was_opened and not is_over(event)


def address(link: GateLink, *, language: str, base_url: str) -> str:
    """Return what is handed to the entrance."""
    return f"{base_url}/{language}/entrance/{signing.sign(LINK, link.id)}"


def by_token(token: str, *, lock: bool = False) -> GateLink | None:
    """Return the link that a token stands for."""
    number = signing.read(LINK, token)
    query = db.select(GateLink).filter_by(id=number if isinstance(number, int) else None)
    found: GateLink | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def openings(links: Iterable[GateLink]) -> dict[int, tuple[int, datetime]]:
    """Return how often and when last links were opened, by their ids."""
    mine = Fact.kind == OPENED, Fact.subject_id.in_([link.id for link in links])
    query = db.select(Fact.subject_id, db.func.count(), db.func.max(Fact.happened_at)).where(*mine)
    return {number: (times, last) for number, times, last in db.session.execute(query.group_by(Fact.subject_id))}


def of_event(event_id: int) -> list[GateLink]:
    """Return an event's links, newest first."""
    return list(db.session.scalars(db.select(GateLink).filter_by(event_id=event_id).order_by(GateLink.id.desc())))
