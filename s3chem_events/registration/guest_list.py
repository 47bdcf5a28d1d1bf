"""What is read of invitations: one by its link or code, the desk's list with what has become of each, who is silent."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select, true
from sqlalchemy.orm import joinedload

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.values import frozen
from s3chem_events.mailing import suppression
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.publishing.models import Part
from s3chem_events.registration import names
from s3chem_events.registration.invitation import SILENT, Invitation, InvitationUse, Reply, number_in
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED

EMAILS = "invitation."
"""The beginning of the kinds of e-mails about invitations."""
PAGE = 50
BATCH = 500
PAUSE = timedelta(days=3)
"""Between two e-mails to somebody who is silent."""
COLUMNS = (
    *("given_name", "family_name", "email", "organisation", "language", "parts", "code", "uses", "state"),
    *("invited_at", "reminded_at", "opened_at", "declined_at", "message", "accepted_by"),
)
"""The ids of the columns of a list that is taken along; they stay, and new ones are added at the end."""
LOST = (State.FAILED, State.BOUNCED, State.SUPPRESSED)

_living = and_(
    InvitationUse.invitation_id == Invitation.id,
    InvitationUse.registration_id == Registration.id,
    Registration.withdrawn_at.is_(None),
)
IS_ACCEPTED: ColumnElement[bool] = select(InvitationUse.id).where(_living).correlate(Invitation).exists()
"""Whether somebody who came by it is registered still; the query names Invitation."""
USED: ColumnElement[int] = select(func.count(InvitationUse.id)).where(_living).correlate(Invitation).scalar_subquery()
_gave_up = select(InvitationUse.id).where(InvitationUse.invitation_id == Invitation.id).correlate(Invitation).exists()
"""Whether somebody registered by it; asked only where nobody is registered still, so that it is a no, too."""
_newest = (
    select(OutgoingEmail.state)
    .where(
        OutgoingEmail.subject_id == Invitation.id,
        OutgoingEmail.kind.startswith(EMAILS),
        OutgoingEmail.address_digest == Invitation.address_digest,
    )
    .order_by(OutgoingEmail.id.desc())
    .limit(1)
    .correlate(Invitation)
    .scalar_subquery()
)
IS_LOST: ColumnElement[bool] = or_(func.coalesce(_newest, "").in_(LOST), suppression.is_dead(Invitation.address_digest))
"""Whether what was written last did not arrive, or the address gets nothing any more."""
STATE: ColumnElement[str] = case(
    (Invitation.withdrawn_at.is_not(None), literal(Reply.WITHDRAWN.value)),
    (IS_ACCEPTED, literal(Reply.ACCEPTED.value)),
    (or_(Invitation.declined_at.is_not(None), _gave_up), literal(Reply.DECLINED.value)),
    (IS_LOST, literal(Reply.UNDELIVERED.value)),
    (Invitation.opened_at.is_not(None), literal(Reply.OPENED.value)),
    (Invitation.invited_at.is_not(None), literal(Reply.INVITED.value)),
    else_=literal(Reply.PREPARED.value),
)
"""What has become of an invitation."""


@frozen
class Line:
    """One line of the list: an invitation, what has become of it, how often its code was used, and by whom."""

    invitation: Invitation
    state: Reply
    used: int
    guests: tuple[tuple[str, str], ...]
    """(reference, name) of those who came by it."""


@frozen
class Page:
    """Some lines, how many there are in all, and which page it is."""

    lines: tuple[Line, ...]
    total: int
    number: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE))


def by_token(token: str) -> Invitation | None:
    """Return the invitation that a link opens; a withdrawn one is none any more."""
    number = number_in(token)
    return _one(Invitation.id == number) if number is not None else None


def by_code(code: str) -> Invitation | None:
    """Return the invitation of a code that was typed, in small letters or capitals, with spaces or hyphens."""
    typed = "".join(c for c in code.upper() if c.isalnum())
    return _one(Invitation.code == typed)


def by_number(event_id: int, number: int) -> Invitation | None:
    """Return one of an event's invitations, withdrawn or not."""
    return db.session.scalar(select(Invitation).filter_by(id=number, event_id=event_id))


def _one(which: ColumnElement[bool]) -> Invitation | None:
    query = select(Invitation).where(which, Invitation.withdrawn_at.is_(None))
    return db.session.scalar(query.options(joinedload(Invitation.event)))


def has_room(invitation: Invitation) -> bool:
    """Whether somebody more may come by an invitation; who has withdrawn leaves room for herself."""
    return room(invitation) > 0


def room(invitation: Invitation) -> int:
    """Return how many more may come by an invitation."""
    used = db.session.scalar(select(USED).select_from(Invitation).where(Invitation.id == invitation.id)) or 0
    return max(invitation.uses - int(used), 0)


def invitations_of(registration_id: int) -> list[Invitation]:
    """Return the invitations that a registration came by."""
    query = select(Invitation).join(InvitationUse, InvitationUse.invitation_id == Invitation.id)
    return list(db.session.scalars(query.where(InvitationUse.registration_id == registration_id)))


def counts(event_id: int) -> dict[Reply, int]:
    """Return how many invitations of an event stand how."""
    state = STATE.label("state")
    query = select(state).where(Invitation.event_id == event_id).subquery()
    rows = db.session.execute(select(query.c.state, func.count()).group_by(query.c.state))
    return {Reply(found): int(number) for found, number in rows}


def page(event_id: int, *, state: Reply | None = None, words: str = "", number: int = 1) -> Page:
    """Return one page of an event's invitations, in three statements; past the end it is the last page."""
    wanted = _wanted(event_id, state, words)
    total = db.session.scalar(select(func.count()).select_from(select(Invitation.id).where(wanted).subquery())) or 0
    number = max(1, min(number, -(-total // PAGE)))
    return Page(tuple(_lines(wanted, limit=PAGE, offset=(number - 1) * PAGE)), total, number)


def line(invitation: Invitation) -> Line:
    """Return one invitation with what has become of it."""
    return _lines(Invitation.id == invitation.id)[0]


def exported(event_id: int, *, state: Reply | None = None) -> Iterator[list[tuple[str, ...]]]:
    """Yield the rows of a list that is taken along, in batches."""
    after = 0
    while lines := _lines(and_(_wanted(event_id, state, ""), Invitation.id > after), limit=BATCH, by_id=True):
        after = lines[-1].invitation.id
        yield [_row(one) for one in lines]


def unsent(event_id: int) -> list[Invitation]:
    """Return those who are on the list with an address, and have not been written to."""
    return _listed(event_id, Invitation.invited_at.is_(None), STATE.in_([Reply.PREPARED.value]))


def silent(event_id: int) -> list[Invitation]:
    """Return the silent who have an address and were not written to within the pause."""
    before = now() - PAUSE
    written = func.coalesce(Invitation.reminded_at, Invitation.invited_at)
    return _listed(event_id, STATE.in_([one.value for one in SILENT]), written <= before)


def by_ids(ids: Iterable[int]) -> dict[int, Invitation]:
    """Return some invitations, by id."""
    found = db.session.scalars(select(Invitation).where(Invitation.id.in_(list(ids))))
    return {one.id: one for one in found}


def answered(ids: Iterable[int]) -> set[int]:
    """Return which of some invitations need no e-mail any more: accepted, declined or withdrawn."""
    done = [one.value for one in (Reply.ACCEPTED, Reply.DECLINED, Reply.WITHDRAWN)]
    return set(db.session.scalars(select(Invitation.id).where(Invitation.id.in_(list(ids)), STATE.in_(done))))


def invited_to(event_id: int) -> dict[str, set[str]]:
    """Return whose addresses are invited to which parts of an event, by their keys."""
    query = select(Invitation.address_digest, Invitation.parts).filter_by(event_id=event_id, withdrawn_at=None)
    found: dict[str, set[str]] = {}
    for digest, parts in db.session.execute(query.where(Invitation.address_digest != "")):
        found.setdefault(digest, set()).update(parts)
    return found


def registered_digests(event_id: int, parts: Collection[str]) -> set[str]:
    """Return whose addresses are registered for all of some parts of an event."""
    query = (
        select(Registration.address_digest)
        .join(Participation, Participation.registration_id == Registration.id)
        .join(Part, Part.id == Participation.part_id)
        .where(Registration.event_id == event_id, Participation.standing.in_(INTERESTED), Part.key.in_(parts))
        .group_by(Registration.id, Registration.address_digest)
        .having(func.count() == len(parts))
    )
    return set(db.session.scalars(query))


def _listed(event_id: int, *conditions: ColumnElement[bool]) -> list[Invitation]:
    query = select(Invitation).where(Invitation.event_id == event_id, Invitation.email != "", not_(IS_LOST))
    return list(db.session.scalars(query.where(*conditions).order_by(Invitation.sort_name, Invitation.id)))


def _wanted(event_id: int, state: Reply | None, words: str) -> ColumnElement[bool]:
    pieces = names.sought(words).split()
    return and_(
        Invitation.event_id == event_id,
        true() if state is None else STATE.in_([state.value]),
        *(Invitation.search.contains(piece, autoescape=True) for piece in pieces),
    )


def _lines(
    wanted: ColumnElement[bool], *, limit: int | None = None, offset: int = 0, by_id: bool = False
) -> list[Line]:
    order: tuple[Any, ...] = (Invitation.id,) if by_id else (Invitation.sort_name, Invitation.id)
    query = select(Invitation, STATE.label("state"), USED.label("used")).where(wanted)
    rows = db.session.execute(query.order_by(*order).limit(limit).offset(offset)).all()
    guests = _guests([row[0].id for row in rows])
    return [Line(one, Reply(state), int(used), guests.get(one.id, ())) for one, state, used in rows]


def _guests(ids: list[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    rows = db.session.execute(
        select(InvitationUse.invitation_id, Registration)
        .join(Registration, Registration.id == InvitationUse.registration_id)
        .where(InvitationUse.invitation_id.in_(ids), Registration.withdrawn_at.is_(None))
        .order_by(InvitationUse.id)
    )
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for number, guest in rows:
        found[number] = (*found.get(number, ()), (guest.reference, guest.full_name))
    return found


def _row(one: Line) -> tuple[str, ...]:
    there = one.invitation
    moments = (there.invited_at, there.reminded_at, there.opened_at, there.declined_at)
    return (
        *(there.given_name, there.family_name, there.email, there.organisation, there.language),
        " ".join(there.parts),
        *(there.code, str(there.uses), one.state.value),
        *(_stamp(moment) for moment in moments),
        there.message,
        ", ".join(name for _reference, name in one.guests),
    )


def _stamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
