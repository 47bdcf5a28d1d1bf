"""Whom a campaign reaches: subscribers by topic, or the people of one event by what they are there for.

One query says who it is; it counts, it shows samples, and it writes the readers down when the campaign begins.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, select

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
NO_ADDRESS = "no_address"
"""Why somebody is sent nothing who has a place: she has no e-mail address."""
THERE = frozenset({Standing.CONFIRMED})
"""Without another choice a message goes to whoever has a place."""


def query(campaign: Campaign, *, after: int = 0) -> Select[int, str, str]:
    """Return a query for whom a campaign is for as it is now: number, language, and why somebody is sent nothing.

    They are in order of their numbers; readers are those without a reason.
    """
    wanted = Audience.read(campaign.audience)
    if campaign.kind in TO_SUBSCRIBERS:
        return subscribers.audience(wanted.topics, wanted.languages).where(Subscriber.id > after)
    why = case(
        (Registration.email == "", NO_ADDRESS),
        (suppression.is_dead(Registration.address_digest), subscribers.ADDRESS_DEAD),
        else_="",
    )
    people = select(Registration.id, Registration.language, why.label("left_out"))
    return people.where(*_people(campaign, wanted), Registration.id > after).order_by(Registration.id)


def counts(campaign: Campaign) -> Mapping[str, int]:
    """Return how many readers a campaign would have now, by their language, most first."""
    found = query(campaign).order_by(None).subquery()
    counted = func.count()
    rows = db.session.execute(
        select(found.c.language, counted)
        .where(found.c.left_out == "")
        .group_by(found.c.language)
        .order_by(counted.desc(), found.c.language)
    )
    return {str(language): int(number) for language, number in rows}


def left_out(campaign: Campaign, *, most: int) -> tuple[int, list[tuple[str, str]]]:
    """Return how many would be readers if anything could be sent to them, and who some of them are, and why it cannot.

    Subscribers are named by their address.
    """
    found, person = query(campaign).order_by(None).subquery(), _person(campaign)
    query_of = select(person, found.c.left_out).join(found, found.c.id == person.id).where(found.c.left_out != "")
    count = db.session.scalar(select(func.count()).select_from(found).where(found.c.left_out != "")) or 0
    rows = db.session.execute(query_of.order_by(person.id).limit(most)) if count else ()
    return count, [(one.email if isinstance(one, Subscriber) else one.full_name, why) for one, why in rows]


def standings(campaign: Campaign) -> list[Standing]:
    """Return how somebody stands whom a message goes to.

    Without a choice she has a place; who said that she does not come mostly has none any more.
    """
    wanted = Audience.read(campaign.audience)
    return [Standing(one) for one in wanted.standings] or list(Standing if wanted.coming == "no" else THERE)


def unnoted(campaign: Campaign) -> int:
    """Return of how many people nobody has written down whether they were there, if that decides who reads it."""
    wanted = Audience.read(campaign.audience)
    if not wanted.presence:
        return 0
    silent = _people(campaign, replace(wanted, presence="silent"))
    return db.session.scalar(select(func.count(Registration.id)).where(*silent)) or 0


def sample(campaign: Campaign, *, told: str, most: int = 20) -> list[int]:
    """Return some of the readers that a campaign would have now: those who would get it in a language."""
    written = campaign.languages
    reading = [language for language in LANGUAGES if texts.language_for(language, written) == told]
    found = query(campaign).order_by(None).subquery()
    readers = select(found.c.id).where(found.c.left_out == "", found.c.language.in_(reading))
    return list(db.session.scalars(readers.order_by(found.c.id).limit(most)))


def _person(campaign: Campaign) -> type[Subscriber] | type[Registration]:
    return Subscriber if campaign.kind in TO_SUBSCRIBERS else Registration


def _people(campaign: Campaign, wanted: Audience) -> list[ColumnElement[bool]]:
    taking_part: list[Any] = [
        Participation.registration_id == Registration.id,
        Participation.standing.in_(standings(campaign)),
        Participation.part_id == Part.id,
    ]
    if wanted.parts:
        taking_part.append(Part.key.in_(wanted.parts))
    if wanted.modes:
        taking_part.append(Participation.mode.in_(wanted.modes))
    if wanted.presence:
        taking_part.append(~Part.cancelled)
    there = [PRESENCE[wanted.presence]] if wanted.presence else []
    conditions = [Registration.event_id == campaign.event_id, exists().where(*taking_part, *there)]
    if wanted.presence in UNLESS:
        conditions.append(~exists().where(*taking_part, UNLESS[wanted.presence]))
    if wanted.coming:
        conditions += [Registration.erased_at.is_(None), _answered(campaign, wanted.coming)]
    if wanted.languages:
        conditions.append(Registration.language.in_(wanted.languages))
    return conditions


def _answered(campaign: Campaign, coming: str) -> ColumnElement[bool]:
    """Say of people whether they answered so to what was asked last, or were asked and are silent.

    An answer to an older question is none.
    """
    event = publishing.event_by_id(campaign.event_id or 0)
    inquiry = inquiries.current(event) if event is not None else None
    if event is None or inquiry is None:
        return false()
    if coming == "silent":
        return inquiries.is_silent(event.id, inquiry)
    return and_(Registration.coming.is_(coming == "yes"), Registration.coming_at >= inquiry.asked_at)
