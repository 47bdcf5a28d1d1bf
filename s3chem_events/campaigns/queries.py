"""What is read of followers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select

from s3chem_events.campaigns.links import CONFIRM, LEAVE
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import queries as outbox
from s3chem_events.mailing import render
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import LISTED, POSTPONED_FOR, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration.models import Registration

TIME_TO_CONFIRM = timedelta(days=7)
TOLD = "follower.told"
"""The kind of the e-mail that brings news; the fact that it speaks of is the event's."""


@dataclass(frozen=True, slots=True)
class Following:
    """How many follow an event in one language, and how many have not confirmed yet."""

    confirmed: int
    waiting: int


def follower_to_confirm(token: str, *, lock: bool = False) -> Follower | None:
    """Return whom a link from the first e-mail names; None once its time is over."""
    follower = _signed(CONFIRM, token, lock=lock)
    if follower is None or follower.left_at is not None:
        return None
    late = follower.confirmed_at is None and follower.asked_at + TIME_TO_CONFIRM <= now()
    return None if late else follower


def follower_to_leave(token: str, *, lock: bool = False) -> Follower | None:
    """Return whom a leaving link names; None for who has left already, or for no link of ours: see `may_leave`."""
    return _signed(LEAVE, token, lock=lock)


def may_leave(token: str) -> bool:
    """Whether a leaving link is one of ours, whoever it named."""
    return isinstance(signing.read(LEAVE, token), int)


def follower_by_id(follower_id: int, *, lock: bool = False) -> Follower | None:
    """Return a follower by number; `lock` makes other writers of the row wait."""
    query = select(Follower).filter_by(id=follower_id)
    found: Follower | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def follower_at(event_id: int, address_digest: str) -> Follower | None:
    """Return what is known of an address at an event."""
    found: Follower | None = db.session.scalar(
        select(Follower).filter_by(event_id=event_id, address_digest=address_digest)
    )
    return found


def to_be_told(event_id: int, fact: Fact) -> list[Follower]:
    """Return who hears of a change: confirmed, there before it, not written to yet, and not registered.

    Participants get an e-mail of their own. In order of their numbers, in one statement.
    """
    query = select(Follower).where(
        Follower.event_id == event_id,
        Follower.confirmed_at.is_not(None),
        Follower.asked_at <= fact.happened_at,
        Follower.id.not_in(outbox.written(fact, TOLD)),
        ~_is_registered(event_id),
    )
    return list(db.session.scalars(query.order_by(Follower.id)))


def hearers(event_id: int, announced: Difference, known: Known | None = None) -> Mapping[str, int]:
    """Return how many would hear of a change as followers, by language, most first.

    `known` leaves out those to whom it is no news.
    """
    if announced.after.state not in LISTED or not public(announced):
        return {}
    query = select(Follower.id, Follower.language).where(
        Follower.event_id == event_id, Follower.confirmed_at.is_not(None), ~_is_registered(event_id)
    )
    rows = db.session.execute(query.order_by(Follower.language)).all()
    heard = last_heard([row.id for row in rows])
    counted: Counter[str] = Counter()
    for row in rows:
        news = [announced]
        if known is not None and row.id in heard:
            news.append(known.since(known.at(heard[row.id])))
        counted[row.language] += all(public(one).read_in(render.spoken(row.language)) for one in news)
    return {language: number for language, number in counted.most_common() if number}


def public(difference: Difference) -> Difference:
    """Return what of a change is everybody's business."""
    return difference.concerning({part.key for part in difference.after.parts if part.visibility is Visibility.PUBLIC})


def last_heard(ids: Sequence[int]) -> Mapping[int, int]:
    """Return the newest fact of which some followers were written."""
    return {one: max(kinds.values()) for one, kinds in outbox.last_written({TOLD, "follower.asked"}, ids).items()}


def samples(event_id: int) -> list[Follower]:
    """Return somebody for each language, so that a preview shows a real e-mail."""
    first = (
        select(func.min(Follower.id))
        .where(Follower.event_id == event_id, Follower.confirmed_at.is_not(None), ~_is_registered(event_id))
        .group_by(Follower.language)
    )
    return list(db.session.scalars(select(Follower).where(Follower.id.in_(first))))


def waiting_by_ids(ids: list[int]) -> dict[int, Follower]:
    """Return those of some followers who have neither confirmed nor left, by id."""
    query = select(Follower).where(Follower.id.in_(ids), Follower.confirmed_at.is_(None), Follower.left_at.is_(None))
    return {follower.id: follower for follower in db.session.scalars(query)}


def following(event_id: int) -> Mapping[str, Following]:
    """Return how many follow an event, by language, most first."""
    confirmed, all_of_them = func.count(Follower.confirmed_at), func.count()
    rows = db.session.execute(
        select(Follower.language, confirmed, all_of_them - confirmed)
        .where(Follower.event_id == event_id, Follower.left_at.is_(None))
        .group_by(Follower.language)
        .order_by(all_of_them.desc(), Follower.language)
    )
    return {language: Following(yes, waiting) for language, yes, waiting in rows}


def outlived(moment: datetime) -> ColumnElement[bool]:
    """Say of followers whether their time is over: never confirmed, or the day after the event has come."""
    unconfirmed = (
        Follower.confirmed_at.is_(None) & Follower.left_at.is_(None) & (Follower.asked_at <= moment - TIME_TO_CONFIRM)
    )
    today: date = moment.date()
    still = (
        select(Event.id)
        .join(Part, Part.event_id == Event.id)
        .where(
            or_(
                Part.ends_on >= today,
                (Event.state == State.POSTPONED) & (Part.ends_on >= today - POSTPONED_FOR),
            )
        )
    )
    return or_(unconfirmed, Follower.event_id.not_in(still))


def _is_registered(event_id: int) -> ColumnElement[bool]:
    registered = select(Registration.id).where(
        Registration.event_id == event_id,
        Registration.address_digest == Follower.address_digest,
        Registration.withdrawn_at.is_(None),
    )
    return registered.exists()


def _signed(purpose: str, token: str, *, lock: bool) -> Follower | None:
    follower_id = signing.read(purpose, token)
    return follower_by_id(follower_id, lock=lock) if isinstance(follower_id, int) else None
