"""Whom a campaign reaches: subscribers by topic, or the people of one event by what they are there for.

One query says who it is; it counts, it shows samples, and it writes the readers down when the campaign begins.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from s3chem_events.campaigns import audience as subscribers
from s3chem_events.campaigns import texts
from s3chem_events.campaigns.models import Campaign, Subscriber
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS, Audience
from s3chem_events.core.db import db
from s3chem_events.core.text import LANGUAGES
from s3chem_events.mailing import suppression
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Part
from s3chem_events.registration import inquiries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

PRESENCE: dict[str, ColumnElement[bool]] = {
    "yes": Participation.present.is_(True),
    "no": Participation.present.is_(False),
    "silent": Participation.present.is_(None),
    "absent": Participation.present.is_not(True),
}
UNLESS: dict[str, ColumnElement[bool]] = {
    "no": Participation.present.is_not(False),
    "silent": PRESENCE["yes"],
    "absent": PRESENCE["yes"],
}
"""What in any other of the chosen parts says that somebody does not belong to these."""
THERE = frozenset({Standing.CONFIRMED})
"""Without another choice a message goes to whoever has a place."""


def query(campaign: Campaign, *, after: int = 0) -> Select[int, str]:
    """Return a query for the readers of a campaign as they are now, number and language, in order of their numbers."""
    wanted = Audience.read(campaign.audience)
    if campaign.kind in TO_SUBSCRIBERS:
        ids = subscribers.audience(wanted.topics, wanted.languages)
        return ids.add_columns(Subscriber.language).where(Subscriber.id > after)
    return (
        select(Registration.id, Registration.language)
        .where(Registration.event_id == campaign.event_id, Registration.id > after, *_people(campaign, wanted))
        .order_by(Registration.id)
    )


def counts(campaign: Campaign) -> Mapping[str, int]:
    """Return how many readers a campaign would have now, by their language, most first."""
    found = query(campaign).order_by(None).subquery()
    counted = func.count()
    rows = db.session.execute(
        select(found.c.language, counted).group_by(found.c.language).order_by(counted.desc(), found.c.language)
    )
    return {str(language): int(number) for language, number in rows}


def held_back(campaign: Campaign) -> int:
    """Return how many would be readers if their address took e-mails, and had one."""
    wanted = Audience.read(campaign.audience)
    if campaign.kind in TO_SUBSCRIBERS:
        return subscribers.unreachable(wanted.topics, wanted.languages)
    there = (Registration.event_id == campaign.event_id, *_people(campaign, wanted, reachable=False))
    return db.session.scalar(select(func.count(Registration.id)).where(*there, ~_is_reachable())) or 0


def unnoted(campaign: Campaign) -> int:
    """Return of how many people nobody has written down whether they were there, if that decides who reads it."""
    wanted = Audience.read(campaign.audience)
    if not wanted.presence:
        return 0
    silent = _people(campaign, replace(wanted, presence="silent"), reachable=False)
    there = (Registration.event_id == campaign.event_id, *silent)
    return db.session.scalar(select(func.count(Registration.id)).where(*there)) or 0


def sample(campaign: Campaign, *, told: str, most: int = 20) -> list[int]:
    """Return some of the readers that a campaign would have now: those who would get it in a language."""
    written = campaign.languages
    reading = [language for language in LANGUAGES if texts.language_for(language, written) == told]
    person = Subscriber if campaign.kind in TO_SUBSCRIBERS else Registration
    return list(db.session.scalars(query(campaign).where(person.language.in_(reading)).limit(most)))


def _people(campaign: Campaign, wanted: Audience, *, reachable: bool = True) -> list[ColumnElement[bool]]:
    standings = [Standing(one) for one in wanted.standings] or list(THERE)
    taking_part: list[Any] = [
        Participation.registration_id == Registration.id,
        Participation.standing.in_(standings),
        Participation.part_id == Part.id,
    ]
    if wanted.parts:
        taking_part.append(Part.key.in_(wanted.parts))
    if wanted.modes:
        taking_part.append(Participation.mode.in_(wanted.modes))
    if wanted.presence:
        taking_part.append(~Part.cancelled)
    there = [PRESENCE[wanted.presence]] if wanted.presence else []
    conditions: list[ColumnElement[bool]] = [exists().where(*taking_part, *there)]
    if wanted.presence in UNLESS:
        conditions.append(~exists().where(*taking_part, UNLESS[wanted.presence]))
    if wanted.coming:
        conditions.append(_answered(campaign, wanted.coming))
    if wanted.languages:
        conditions.append(Registration.language.in_(wanted.languages))
    if reachable:
        conditions.append(_is_reachable())
    return conditions


def _answered(campaign: Campaign, coming: str) -> ColumnElement[bool]:
    """Say of people whether they answered so to what was asked last; an answer to an older question is none."""
    event = publishing.event_by_id(campaign.event_id or 0)
    inquiry = inquiries.current(event) if event is not None else None
    is_silent: ColumnElement[bool] = Registration.coming.is_(None)
    if inquiry is not None:
        is_silent = or_(is_silent, Registration.coming_at < inquiry.asked_at)
    said = {"yes": Registration.coming.is_(True), "no": Registration.coming.is_(False)}
    return and_(~is_silent, said[coming]) if coming in said else is_silent


def _is_reachable() -> ColumnElement[bool]:
    return and_(Registration.email != "", ~suppression.is_dead(Registration.address_digest))
