"""What the worker does with released campaigns: begin, write the readers down, write their e-mails, slice by slice.

Each step is one short transaction of the caller's; one that is cut off is done again and harms nothing: readers are
unique, an e-mail is unique by its fact and reader, a slice that nobody finished is free again when its lease ends.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import String, cast, literal, select, update

from s3chem_events.campaigns import looking, readers, releases
from s3chem_events.campaigns.models import STREAM, Campaign, CampaignReader
from s3chem_events.campaigns.stages import LATE, Stage, Why
from s3chem_events.campaigns.writing import Writer
from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db, insert
from s3chem_events.core.journal import CLOCK
from s3chem_events.core.values import frozen
from s3chem_events.mailing import streams
from s3chem_events.mailing.letters import Draft, Flow, Letterhead
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing import queries as publications

AT_ONCE = 500
"""Readers written down in one transaction."""
SLICE = 50
"""E-mails written in one go, some 50 ms, of which 10 with the database locked; whoever registers meanwhile is next."""
LEASE = timedelta(seconds=30)


@frozen
class Slice:
    """Some readers whose e-mails this worker alone writes until the lease ends: rows, and the number of the reader."""

    campaign_id: int
    readers: Mapping[int, int]
    content: int
    """The revision of the public content when it was taken: what is read for its e-mails is no older."""
    seen: Mapping[str, str]
    """What an organiser had seen of its events then."""


def due() -> int | None:
    """Return the campaign that can be carried on now, or None: the oldest that begins, or has readers to write to."""
    begins = (Campaign.stage == Stage.RELEASED) & (Campaign.begins_at <= now())
    unwritten = select(CampaignReader.id).where(
        CampaignReader.campaign_id == Campaign.id,
        CampaignReader.written_at.is_(None),
        CampaignReader.leased_until.is_(None) | (CampaignReader.leased_until <= now()),
    )
    goes_on = (Campaign.stage == Stage.SENDING) & (Campaign.frozen_at.is_(None) | unwritten.exists())
    return db.session.scalar(select(Campaign.id).where(begins | goes_on).order_by(Campaign.id).limit(1))


def look_ahead(campaign_id: int) -> None:
    """Read, before anything is locked, what its beginning is decided on: a process's first such queries take 40 ms."""
    campaign = campaign_by_id(campaign_id)
    if campaign is not None and campaign.stage is Stage.RELEASED:
        _hindrance(campaign, now())


def carry_on(campaign_id: int) -> Slice | None:
    """Take the next step: begin, write some readers down, or take a slice of them to be written to."""
    campaign = campaign_by_id(campaign_id, lock=True)
    if campaign is None:
        return None
    if campaign.stage is Stage.RELEASED:
        _begin(campaign)
    elif campaign.stage is Stage.SENDING and campaign.frozen_at is None:
        _freeze(campaign)
    elif campaign.stage is Stage.SENDING:
        return _take(campaign)
    return None


def drafts(taken: Slice, letterhead: Letterhead) -> Iterator[tuple[int, Draft | None]]:
    """Yield row and e-mail of each reader of a slice; None for one who is not to be written to any more."""
    campaign = campaign_by_id(taken.campaign_id)
    if campaign is not None:
        yield from Writer(campaign, letterhead).drafts(taken.readers)


def may_go_on(taken: Slice) -> bool:
    """Whether a campaign was not held or stopped, nor an event in it changed, while a slice of it was written.

    Its row is locked.
    """
    campaign = campaign_by_id(taken.campaign_id, lock=True)
    if publications.content()[0] != taken.content:
        watch(taken.campaign_id)
    if campaign is not None and campaign.stage is Stage.SENDING and campaign.seen == taken.seen:
        return True  # and it was not held, looked at anew and let go on meanwhile
    _give_back(taken)
    return False


def written(taken: Slice, *, left_out: Mapping[int, str]) -> None:
    """Note that the e-mails of a slice stand in the outbox; `left_out` are those that get none, and why."""
    moment = now()
    for reason in {"", *left_out.values()}:
        ids = [row for row in taken.readers if left_out.get(row, "") == reason]
        db.session.execute(
            update(CampaignReader)
            .where(CampaignReader.id.in_(ids))
            .values(written_at=moment, left_out=reason, leased_until=None)
            .execution_options(synchronize_session=False)
        )


def watched() -> list[int]:
    """Return the campaigns whose events could change under their readers' eyes: those with something left to send."""
    unwritten = select(CampaignReader.id).where(
        CampaignReader.campaign_id == Campaign.id, CampaignReader.written_at.is_(None)
    )
    waits = streams.is_waiting(literal(STREAM) + cast(Campaign.id, String))
    query = select(Campaign.id).where(Campaign.stage == Stage.SENDING, Campaign.frozen_at.is_not(None))
    return list(db.session.scalars(query.where(unwritten.exists() | waits).order_by(Campaign.id)))


def hold_changed(known: int) -> int:
    """Hold campaigns whose events have changed, if the public content has since its revision `known`; returns the new.

    For the transaction that takes e-mails to send: none leaves that was written before what is known in it.
    """
    revision, _at = publications.content()
    if revision != known:
        for campaign_id in watched():
            watch(campaign_id)
    return revision


def watch(campaign_id: int) -> bool:
    """Hold a campaign whose event has changed, as long as something is left to send; returns whether it did."""
    campaign = campaign_by_id(campaign_id, lock=True)
    if campaign is None or campaign.stage is not Stage.SENDING or not _is_unfinished(campaign):
        return False
    if not looking.has_changed(campaign):
        return False
    releases.pause(campaign, by=CLOCK, why=Why.EVENT_CHANGED)
    return True


def take_back_stale(campaign_id: int) -> int:
    """Take some e-mails of a paused campaign whose event has changed out of the outbox; returns how many.

    They are written anew once an organiser lets it go on.
    """
    campaign = campaign_by_id(campaign_id, lock=True)
    if campaign is None or campaign.stage is not Stage.PAUSED:
        return 0
    is_stale = campaign.why is Why.EVENT_CHANGED or looking.has_changed(campaign)
    return looking.write_anew(campaign) if is_stale else 0


def held() -> list[int]:
    """Return the campaigns that are paused, whatever for, after they had begun."""
    held = (Campaign.stage == Stage.PAUSED, Campaign.started_at.is_not(None))
    return list(db.session.scalars(select(Campaign.id).where(*held)))


def campaign_by_id(campaign_id: int, *, lock: bool = False) -> Campaign | None:
    """Return a campaign; `lock` makes other writers of it wait."""
    query = select(Campaign).filter_by(id=campaign_id).execution_options(populate_existing=lock)
    found: Campaign | None = db.session.scalar(query.with_for_update() if lock else query)
    return found


def _give_back(taken: Slice) -> None:
    ours = CampaignReader.id.in_(list(taken.readers))
    free = update(CampaignReader).where(ours, CampaignReader.written_at.is_(None)).values(leased_until=None)
    db.session.execute(free.execution_options(synchronize_session=False))


def _begin(campaign: Campaign) -> None:
    moment = now()
    if campaign.begins_at is None or campaign.begins_at > moment:
        return
    if (why := _hindrance(campaign, moment)) is not Why.NOTHING:
        releases.pause(campaign, by=CLOCK, why=why)
        return
    fact = journal.record("campaign.begun", campaign.id, by=CLOCK)
    db.session.flush()
    campaign.stage, campaign.started_at, campaign.fact_id = Stage.SENDING, moment, fact.id
    streams.set_flow(campaign.stream, Flow.RUNNING)
    publishing.touch()  # its web version is public from now on


def _hindrance(campaign: Campaign, moment: datetime) -> Why:
    """Return why a campaign may not begin without a person."""
    if looking.has_changed(campaign):
        return Why.EVENT_CHANGED
    if campaign.begins_at is not None and campaign.begins_at < moment - LATE:
        return Why.LATE
    return Why.GROWN if releases.wants_second_look(campaign) else Why.NOTHING


def _freeze(campaign: Campaign) -> None:
    """Write down the next readers, and who is left out; who comes onto the list from now on is none of them."""
    found = db.session.execute(readers.query(campaign, after=campaign.frozen_to).limit(AT_ONCE)).all()
    if not found:
        campaign.frozen_at = now()
        return
    moment = now()
    rows = [
        {
            "campaign_id": campaign.id,
            "reader_id": number,
            "language": language,
            "left_out": why,
            "written_at": moment if why else None,
        }
        for number, language, why in found
    ]
    db.session.connection().execute(insert(CampaignReader).on_conflict_do_nothing(), rows)
    campaign.frozen_to = found[-1][0]


def _take(campaign: Campaign) -> Slice | None:
    moment = now()
    free = CampaignReader.leased_until.is_(None) | (CampaignReader.leased_until <= moment)
    some = (
        select(CampaignReader.id)
        .where(CampaignReader.campaign_id == campaign.id, CampaignReader.written_at.is_(None), free)
        .order_by(CampaignReader.id)
        .limit(SLICE)
    )
    taken = db.session.execute(
        update(CampaignReader)
        .where(CampaignReader.id.in_(some))
        .values(leased_until=moment + LEASE)
        .returning(CampaignReader.id, CampaignReader.reader_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not taken:
        return None
    revision, _at = publications.content()
    rows = {row: number for row, number in taken}  # noqa: C416 - rows are no pairs to a type checker
    return Slice(campaign.id, rows, revision, campaign.seen)


def _is_unfinished(campaign: Campaign) -> bool:
    unwritten = select(literal(1)).where(CampaignReader.campaign_id == campaign.id, CampaignReader.written_at.is_(None))
    if campaign.frozen_at is None or db.session.scalar(unwritten.limit(1)):
        return True
    return streams.has_waiting(campaign.stream)
