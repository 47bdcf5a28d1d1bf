"""Who reads the newsletter: one subscriber, an audience, and how many they are."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, case, cast, or_, select

from s3chem_events.campaigns.links import CONFIRM_SUBSCRIPTION, LEAVE_NEWSLETTER, PREFERENCES
from s3chem_events.campaigns.models import Subscriber
from s3chem_events.campaigns.subscriptions import TIME_TO_CONFIRM, State
from s3chem_events.core import signing
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import suppression

ADDRESS_DEAD, OBJECTING = "address_dead", "objecting"
"""Why somebody on the list is sent nothing: her e-mails come back, or she objects."""


def audience(topics: Collection[str], languages: Collection[str] = ()) -> Select[int, str, str]:
    """Return a query for everybody who reads about one of these topics: number, language, why she is sent nothing.

    Without topics it is everybody on the list, without languages every language; in order of their numbers.
    """
    why = case(
        (suppression.is_dead(Subscriber.address_digest), ADDRESS_DEAD),
        (suppression.is_objecting(Subscriber.address_digest), OBJECTING),
        else_="",
    )
    people = select(Subscriber.id, Subscriber.language, why.label("left_out"))
    return people.where(*_wanted(topics, languages)).order_by(Subscriber.id)


def subscribers_by_ids(ids: Collection[int]) -> dict[int, Subscriber]:
    """Return those of some subscribers who are on the list, by id."""
    query = select(Subscriber).where(Subscriber.id.in_(ids), Subscriber.state == State.CONFIRMED)
    return {one.id: one for one in db.session.scalars(query)}


def waiting_by_ids(ids: Collection[int]) -> dict[int, Subscriber]:
    """Return those of some subscribers who have not confirmed yet, by id."""
    query = select(Subscriber).where(Subscriber.id.in_(ids), Subscriber.state == State.ASKED)
    return {one.id: one for one in db.session.scalars(query)}


def subscriber_by_id(subscriber_id: int, *, lock: bool = False) -> Subscriber | None:
    """Return a subscriber by number; `lock` makes other writers of the row wait."""
    query = select(Subscriber).filter_by(id=subscriber_id).execution_options(populate_existing=lock)
    found: Subscriber | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def subscriber_at(address_digest: str, *, lock: bool = False) -> Subscriber | None:
    """Return what is known of an address."""
    query = select(Subscriber).filter_by(address_digest=address_digest)
    found: Subscriber | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def subscriber_to_confirm(token: str, *, lock: bool = False) -> Subscriber | None:
    """Return whom an e-mail asked that this link comes from; None once its time is over, or she has left since."""
    number = signing.read(CONFIRM_SUBSCRIPTION, token)
    asked = db.session.get(Fact, number) if isinstance(number, int) else None
    found = subscriber_by_id(asked.subject_id, lock=lock) if asked is not None else None
    if asked is None or found is None or found.state is State.LEFT or _has_left_since(asked):
        return None
    return None if found.state is State.ASKED and asked.happened_at + TIME_TO_CONFIRM <= now() else found


def subscriber_of(token: str, *, lock: bool = False) -> Subscriber | None:
    """Return whom a link to her preferences names, as long as she is on the list."""
    found = _signed(PREFERENCES, token, lock=lock)
    return found if found is not None and found.state is State.CONFIRMED else None


def subscriber_to_leave(token: str, *, lock: bool = False) -> Subscriber | None:
    """Return whom a leaving link names and who has not left; None also for no link of ours: see `may_leave`."""
    found = _signed(LEAVE_NEWSLETTER, token, lock=lock)
    return found if found is not None and found.state is not State.LEFT else None


def may_leave(token: str) -> bool:
    """Whether a leaving link is one of ours, whoever it named."""
    return isinstance(signing.read(LEAVE_NEWSLETTER, token), int)


def said_not_me(token: str) -> bool:
    """Whether the owner of a leaving link said that it was not she who asked: nobody enters her address any more."""
    query = select(Fact).filter_by(kind="subscriber.left", subject_id=signing.read(LEAVE_NEWSLETTER, token))
    return any(fact.data.get("not_me") for fact in db.session.scalars(query))


def outlived(moment: datetime) -> ColumnElement[bool]:
    """Say of subscribers whether their time to confirm is over."""
    return (Subscriber.state == State.ASKED) & (Subscriber.asked_at <= moment - TIME_TO_CONFIRM)


def about(topic: str) -> ColumnElement[bool]:
    """Say of subscribers whether they read about a topic; the list is JSON, its keys are plain words."""
    return cast(Subscriber.topics, String).contains(f'"{topic}"', autoescape=True)


def _wanted(topics: Collection[str], languages: Collection[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Subscriber.state == State.CONFIRMED]
    if topics:
        conditions.append(or_(*(about(topic) for topic in sorted(topics))))
    if languages:
        conditions.append(Subscriber.language.in_(sorted(languages)))
    return conditions


def _has_left_since(fact: Fact) -> bool:
    later = select(Fact.id).where(Fact.kind == "subscriber.left", Fact.subject_id == fact.subject_id, Fact.id > fact.id)
    return db.session.scalar(later.limit(1)) is not None


def _signed(purpose: str, token: str, *, lock: bool) -> Subscriber | None:
    subscriber_id = signing.read(purpose, token)
    return subscriber_by_id(subscriber_id, lock=lock) if isinstance(subscriber_id, int) else None
