"""What is read of followers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement, func, or_, select, true

from s3chem_events.campaigns.links import CONFIRM, LEAVE
from s3chem_events.campaigns.models import Follower
from s3chem_events.core import signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing import queries as outbox
from s3chem_events.mailing import render
from s3chem_events.mailing.samples import Alike
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.handing_on import in_public
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import LISTED, POSTPONED_FOR, State, Visibility
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.places import INTERESTED

TIME_TO_CONFIRM = timedelta(days=7)
KEPT_FOR, CLOSED_FOR = timedelta(days=14), timedelta(days=1)
"""So long after an event its followers are kept: until they can read its report, if there is one."""
TOLD = "follower.told"
"""The kind of the e-mail that brings news; the fact that it speaks of is the event's."""


@frozen
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
    """Return who may hear of a change: confirmed, there before it, and not written to yet.

    Of the parts that they take part in they hear in an e-mail of its own: see `attended`. In order of their numbers.
    Of what has been undone hears who was told of it.
    """
    query = select(Follower).where(
        Follower.event_id == event_id,
        Follower.confirmed_at.is_not(None),
        Follower.asked_at <= fact.happened_at,
        Follower.id.not_in(outbox.written(fact, TOLD)),
        _misled(fact.data["misled"]) if "misled" in fact.data else true(),
    )
    return list(db.session.scalars(query.order_by(Follower.id)))


def misled(announced: Difference, event_id: int, undone: Fact) -> int:
    """Return how many were told, as followers, of what has just been undone; `announced` leads back from it."""
    if not public(announced):
        return 0
    query = select(func.count()).where(Follower.event_id == event_id, Follower.confirmed_at.is_not(None))
    return db.session.scalar(query.where(_misled(undone.data.get("first", undone.id)))) or 0


def _misled(first: int) -> ColumnElement[bool]:
    """Say of followers whether their e-mails may carry what was held back since a fact, and has been undone."""
    return Follower.id.in_(outbox.written_since(first, TOLD, "follower.asked"))


@frozen
class News:
    """What a follower is told in her language, who knows an event as a revision left it."""

    language: str
    since: int | None
    difference: Difference


def hearers(event_id: int, announced: Difference, known: Known | None = None) -> Mapping[int, News]:
    """Return what followers would be told of a change, by their numbers; nobody whom it does not concern.

    With what is `known` each is told what is news to her, be it announced or not.
    """
    if announced.after.state not in LISTED or (known is None and not public(announced)):
        return {}
    query = select(Follower.id, Follower.language).where(
        Follower.event_id == event_id, Follower.confirmed_at.is_not(None)
    )
    rows = db.session.execute(query.order_by(Follower.id)).all()
    heard, there = last_heard([row.id for row in rows]), attended(event_id)

    @cache
    def tells(since: int | None, parts: frozenset[str], language: str) -> Difference:
        difference = announced if since is None or known is None else known.since(since)
        return public(difference, but=parts).read_in(render.spoken(language))

    def news(number: int, language: str) -> News:
        since = known.at(heard[number]) if known is not None and number in heard else None
        return News(language, since, tells(since, there.get(number, frozenset()), language))

    found = {row.id: news(row.id, row.language) for row in rows}
    return {number: one for number, one in found.items() if one.difference}


def by_language(languages: Iterable[str]) -> Mapping[str, int]:
    """Count by language, most first."""
    return dict(Counter(sorted(languages)).most_common())


def attended(event_id: int) -> Mapping[int, frozenset[str]]:
    """Return the keys of the parts that followers take part in themselves, by the followers' numbers."""
    rows = db.session.execute(
        select(Follower.id, Part.key)
        .join(Registration, Registration.address_digest == Follower.address_digest)
        .join(Participation, Participation.registration_id == Registration.id)
        .join(Part, Part.id == Participation.part_id)
        .where(
            Follower.event_id == event_id,
            Registration.event_id == event_id,
            Registration.withdrawn_at.is_(None),
            Participation.standing.in_(INTERESTED),
        )
    )
    found: defaultdict[int, set[str]] = defaultdict(set)
    for number, key in rows:
        found[number].add(key)
    return {number: frozenset(keys) for number, keys in found.items()}


def public(difference: Difference, *, but: AbstractSet[str] = frozenset()) -> Difference:
    """Return what of a change is everybody's business; nothing of the parts of which somebody hears as a participant.

    Nor what became of the event as a whole, where such a part is left to her: she hears of that, too.
    """
    difference = in_public(difference)
    open_to_all = {part.key for part in difference.after.parts if part.visibility is Visibility.PUBLIC}
    found = difference.concerning(open_to_all - but)
    is_told = bool(but - difference.lost)
    return replace(found, changes=tuple(change for change in found.changes if change.part or not is_told))


def last_heard(ids: Sequence[int]) -> Mapping[int, int]:
    """Return the newest fact of which some followers were written."""
    written = outbox.written_from_to({TOLD, "follower.asked"}, ids)
    return {one: max(last for _first, last in kinds.values()) for one, kinds in written.items()}


def alike(hearers: Mapping[int, News]) -> list[Alike]:
    """Return those together who are told the same in one language."""
    found = defaultdict[tuple[object, ...], list[int]](list)
    for number, one in sorted(hearers.items()):
        found[one.language, one.since, one.difference.changes].append(number)
    return [Alike(hearers[ids[0]].language, ids[0], len(ids)) for ids in found.values()]


def followers_by_ids(ids: Iterable[int]) -> list[Follower]:
    """Return some followers."""
    return list(db.session.scalars(select(Follower).where(Follower.id.in_(list(ids)))))


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
    """Say of followers whether their time is over: never confirmed, or their event has been over for long enough.

    That is a day after it was closed with its report, which they are still told of, or two weeks after it ended.
    """
    unconfirmed = (
        Follower.confirmed_at.is_(None) & Follower.left_at.is_(None) & (Follower.asked_at <= moment - TIME_TO_CONFIRM)
    )
    today: date = moment.date()
    is_closed = (Event.state == State.OVER) & (Event.revised_at <= moment - CLOSED_FOR)
    still = (
        select(Event.id)
        .join(Part, Part.event_id == Event.id)
        .where(
            or_(
                (Part.ends_on >= today - KEPT_FOR) & ~is_closed,
                (Event.state == State.POSTPONED) & (Part.ends_on >= today - POSTPONED_FOR),
            )
        )
    )
    return or_(unconfirmed, Follower.event_id.not_in(still))


def _signed(purpose: str, token: str, *, lock: bool) -> Follower | None:
    follower_id = signing.read(purpose, token)
    return follower_by_id(follower_id, lock=lock) if isinstance(follower_id, int) else None
