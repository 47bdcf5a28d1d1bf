"""What organisers do with a campaign: write it, have it looked at, release it, hold it, stop it.

The caller has locked the campaign. Nothing here writes to anybody: the worker does (campaigns.sending).
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from s3chem_events.campaigns import looking, readers, texts
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.stages import (
    HOLD,
    OF_ONE_EVENT,
    SECOND_LOOK_FROM,
    Audience,
    Kind,
    Stage,
    Why,
    WrongStage,
    check_move,
)
from s3chem_events.campaigns.texts import Passage
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.errors import Invalid, Refused
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.mailing import streams
from s3chem_events.mailing.letters import Flow
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing.models import Event

OPEN = frozenset({Stage.DRAFT, Stage.IN_REVIEW})
LOOKS = frozenset({"campaign.look_asked", "campaign.released", "campaign.resumed"})
"""The facts whose organiser has looked at the text."""
EYES = 2


class Stale(Refused):
    """Somebody else has changed the campaign since it was opened."""

    code = "stale"
    status = 409


class NotReady(Refused):
    """Something is missing without which nothing can be sent; `detail` says what: text, readers, event, addresses."""

    code = "not_ready"
    status = 409


class SecondLook(Refused):
    """So many readers want the eyes of a second organiser, who is not the one that asked."""

    code = "second_look"
    status = 409


class EventChanged(Refused):
    """An event or a piece of news that stands in it is not any more what was looked at."""

    code = "event_changed"
    status = 409


@frozen
class Content:
    """What an organiser edits. `blocks` are `{"kind": "event" | "news", "id": …}`; `wanted_at` is a chosen hour."""

    subject: Text
    intro: Text
    closing: Text
    blocks: Sequence[Mapping[str, Any]]
    audience: Audience
    wanted_at: datetime | None = None


def create(kind: Kind, *, event: Event | None, audience: Audience, by: Actor) -> Campaign:
    """Begin a campaign; all but a newsletter is about one event, and an invitation shows it."""
    if (kind in OF_ONE_EVENT) is not (event is not None):
        raise Invalid("event", "missing" if event is None else "of no use")
    moment = now()
    campaign = Campaign(
        slug=f"{moment:%Y-%m}-{secrets.token_hex(4)}",
        kind=kind,
        event_id=event.id if event else None,
        blocks=[{"kind": "event", "id": event.id}] if event is not None and kind is Kind.INVITATION else [],
        audience=audience.kept(),
        created_by=str(by),
        created_at=moment,
        revised_at=moment,
    )
    db.session.add(campaign)
    db.session.flush()
    looking.look(campaign)
    journal.record("campaign.created", campaign.id, by=by)
    return campaign


def save(campaign: Campaign, content: Content, *, version: int, by: Actor, seen: str = "") -> None:
    """Keep what was edited; who was asked for a second look is asked anew. `seen`: the events that the page showed.

    Raises:
        WrongStage, Stale, Invalid: see texts.check.

    """
    if campaign.stage not in OPEN:
        raise WrongStage
    if version != campaign.version:
        raise Stale
    if len(content.blocks) > texts.MOST_BLOCKS:
        raise Invalid("blocks", "many")
    passages = [
        Passage(name, language, source)
        for name in ("subject", "intro", "closing")
        for language, source in getattr(content, name).items()
    ]
    texts.check(campaign.kind, with_event=campaign.event_id is not None, passages=passages)
    before = looking.load(campaign)
    campaign.subject, campaign.intro, campaign.closing = content.subject, content.intro, content.closing
    campaign.blocks, campaign.audience = [dict(block) for block in content.blocks], content.audience.kept()
    campaign.wanted_at = content.wanted_at
    campaign.version += 1
    campaign.revised_at = now()
    campaign.stage, campaign.released_by = Stage.DRAFT, ""
    looking.keep_up(campaign, before, seen=seen)
    journal.record("campaign.revised", campaign.id, by=by, version=campaign.version)


def ask_for_a_second_look(campaign: Campaign, *, by: Actor) -> None:
    """Ask another organiser to look and release.

    Raises:
        WrongStage, NotReady, EventChanged.

    """
    check_move(campaign.stage, Stage.IN_REVIEW)
    _check_ready(campaign)
    campaign.stage, campaign.released_by = Stage.IN_REVIEW, str(by)
    journal.record("campaign.look_asked", campaign.id, by=by, version=campaign.version)


def release(campaign: Campaign, *, version: int, by: Actor) -> None:
    """Let a campaign begin after the hold, or at its chosen hour if that is later.

    Raises:
        WrongStage, Stale, NotReady, SecondLook, EventChanged.

    """
    check_move(campaign.stage, Stage.RELEASED)
    if version != campaign.version:
        raise Stale
    count = _check_ready(campaign)
    if count > SECOND_LOOK_FROM and (campaign.stage is not Stage.IN_REVIEW or campaign.released_by == str(by)):
        raise SecondLook(count=count)
    moment = now()
    campaign.stage, campaign.why, campaign.released_by = Stage.RELEASED, Why.NOTHING, str(by)
    campaign.begins_at = max(moment + HOLD, campaign.wanted_at or moment)
    journal.record("campaign.released", campaign.id, by=by, readers=count, begins_at=campaign.begins_at.isoformat())


def take_back(campaign: Campaign, *, by: Actor) -> None:
    """Make a campaign a draft again that nobody has been written of.

    Raises:
        WrongStage: it has begun.

    """
    check_move(campaign.stage, Stage.DRAFT)
    if campaign.started_at is not None:
        raise WrongStage
    campaign.stage, campaign.why, campaign.begins_at, campaign.released_by = Stage.DRAFT, Why.NOTHING, None, ""
    journal.record("campaign.taken_back", campaign.id, by=by)


def pause(campaign: Campaign, *, by: Actor, why: Why = Why.WISH) -> None:
    """Hold what has not left; the e-mails in a worker's hands just now may still go.

    Raises:
        WrongStage.

    """
    check_move(campaign.stage, Stage.PAUSED)
    campaign.stage, campaign.why = Stage.PAUSED, why
    if campaign.started_at is not None:
        streams.set_flow(campaign.stream, Flow.PAUSED)
    journal.record("campaign.paused", campaign.id, by=by, why=why)


def resume(campaign: Campaign, *, seen: str, by: Actor) -> None:
    """Go on where it was held. `seen` is what the organiser's page showed of the events.

    Whatever it was held for: what was written before an event changed, and has not left, is written anew. What the
    clock had stopped before its first e-mail is released once more, and can be taken back again until its hold ends.

    Raises:
        WrongStage, SecondLook, NotReady, EventChanged.

    """
    if campaign.stage is not Stage.PAUSED:
        raise WrongStage
    if campaign.started_at is None and wants_second_look(campaign, by=by):
        raise SecondLook
    _look_again(campaign, seen)
    earliest = now() + (HOLD if campaign.why is not Why.WISH else timedelta())
    campaign.why = Why.NOTHING
    if campaign.started_at is None:
        campaign.stage, campaign.begins_at = Stage.RELEASED, max(earliest, campaign.begins_at or earliest)
    else:
        campaign.stage = Stage.SENDING
        streams.set_flow(campaign.stream, Flow.RUNNING)
    journal.record("campaign.resumed", campaign.id, by=by)


def _look_again(campaign: Campaign, seen: str) -> None:
    """Take the events as they are, if a page showed them so, and take back what was written of them before."""
    loaded = looking.load(campaign)
    if campaign.event_id is not None and campaign.event_id not in loaded.events:
        raise NotReady("event")
    is_stale = looking.has_changed(campaign, loaded)
    if is_stale and seen != looking.shown(loaded):
        raise EventChanged
    if campaign.started_at is not None and (is_stale or campaign.why is Why.EVENT_CHANGED):
        while looking.write_anew(campaign):
            pass
    looking.look(campaign, loaded)


def wants_second_look(campaign: Campaign, *, by: Actor | None = None) -> bool:
    """Whether there are too many readers now for the eyes that looked at a text as it is; `by` looks at it, too."""
    if sum(readers.counts(campaign).values()) <= SECOND_LOOK_FROM:
        return False
    about = select(Fact).where(Fact.subject_id == campaign.id)
    revised = db.session.scalar(about.where(Fact.kind == "campaign.revised").order_by(Fact.id.desc()).limit(1))
    looks = about.where(Fact.kind.in_(LOOKS), Fact.id > (revised.id if revised else 0))
    return len({fact.by for fact in db.session.scalars(looks)} | ({str(by)} if by else set())) < EYES


def cancel(campaign: Campaign, *, by: Actor) -> None:
    """Stop a campaign for good; whoever has it keeps it, nobody else gets it.

    Raises:
        WrongStage.

    """
    check_move(campaign.stage, Stage.CANCELLED)
    campaign.stage, campaign.why = Stage.CANCELLED, Why.NOTHING
    if campaign.started_at is not None:
        streams.set_flow(campaign.stream, Flow.STOPPED)
        publishing.touch()  # its web version stays for those who have it, and is listed no more
    journal.record("campaign.cancelled", campaign.id, by=by)


def send_to_the_failed(campaign: Campaign, *, by: Actor) -> int:
    """Have what failed for good written anew and tried again; returns how many e-mails.

    Raises:
        WrongStage, NotReady: nothing is sent to their addresses any more.

    """
    if campaign.stage is not Stage.SENDING:
        raise WrongStage
    count = 0
    while taken := looking.write_failed_anew(campaign):
        count += taken
    if not count:
        raise NotReady("addresses")
    journal.record("campaign.tried_again", campaign.id, by=by, emails=count)
    return count


def test(campaign: Campaign, *, language: str, by: Actor) -> None:
    """Have the organiser who asks sent the campaign as it is now, marked as a test."""
    if language not in campaign.languages:
        raise NotReady("text")
    journal.record("campaign.tested", campaign.id, by=by, language=language, organiser=by.id)


def _check_ready(campaign: Campaign) -> int:
    if not campaign.languages:
        raise NotReady("text")
    loaded = looking.load(campaign)
    if campaign.event_id is not None and campaign.event_id not in loaded.events:
        raise NotReady("event")
    if looking.has_changed(campaign, loaded):
        raise EventChanged
    count = sum(readers.counts(campaign).values())
    if not count:
        raise NotReady("readers")
    return count
