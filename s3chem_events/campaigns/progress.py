"""How far campaigns are: counted from rows each time, never from counters that could go wrong."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from s3chem_events.campaigns.models import Campaign, CampaignReader, Subscriber
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS, Kind, Stage
from s3chem_events.campaigns.writing import TO_A_PARTICIPANT, TO_A_SUBSCRIBER
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.mailing.letters import WAITING, State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.mailing.streams import IS_TAKEN_BACK
from s3chem_events.publishing.models import Event
from s3chem_events.registration.models import Registration

PAGE = 50
UNWRITTEN = "unwritten"
LEFT_OUT = "left_out"
"""Two states of a reader who has no e-mail: it is still to be written, or will not be."""


@frozen
class Progress:
    """Where the e-mails of a campaign stand; nobody is `listed` before it begins.

    Its `readers` are those of them who are left out for no reason of their own.
    """

    listed: int
    readers: int
    unwritten: int
    left_out: int
    emails: Mapping[State, int]

    @property
    def sent(self) -> int:
        """Those that a server has taken, come back or not."""
        return self.emails.get(State.SENT, 0) + self.emails.get(State.BOUNCED, 0)

    @property
    def settled(self) -> int:
        """Those with whom nothing more will happen by itself."""
        waiting = sum(number for state, number in self.emails.items() if state in WAITING or state is State.SENDING)
        return self.listed - self.unwritten - waiting

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.listed > 0 and self.settled >= self.listed


@frozen
class ReaderRow:
    """One reader of a campaign and what became of her e-mail; `address` is the one that it went to.

    Who has left the newsletter (`has_left`) has none any more, and is not erased.
    """

    address: str
    has_left: bool
    name: str
    language: str
    state: str
    email_id: int | None
    text: str


def campaigns(kinds: Collection[Kind], *, page: int = 1) -> list[Campaign]:
    """Return a page of campaigns of some kinds, newest first, each with its event's title."""
    query = select(Campaign).where(Campaign.kind.in_(kinds))
    query = query.options(joinedload(Campaign.event).load_only(Event.title, Event.slug, raiseload=True))
    return list(db.session.scalars(query.order_by(Campaign.id.desc()).limit(PAGE).offset((page - 1) * PAGE)))


def campaign_count(kinds: Collection[Kind]) -> int:
    """Return how many campaigns of some kinds there are."""
    return db.session.scalar(select(func.count(Campaign.id)).where(Campaign.kind.in_(kinds))) or 0


def in_review() -> list[Campaign]:
    """Return the campaigns that wait for a second organiser's eyes."""
    return list(db.session.scalars(select(Campaign).filter_by(stage=Stage.IN_REVIEW).order_by(Campaign.id)))


def published(*, most: int | None = None) -> list[Campaign]:
    """Return the newsletters that everybody may read, the latest first: those that have begun to go out."""
    query = select(Campaign).where(
        Campaign.kind.in_(TO_SUBSCRIBERS), Campaign.started_at.is_not(None), Campaign.stage != Stage.CANCELLED
    )
    return list(db.session.scalars(query.order_by(Campaign.started_at.desc(), Campaign.id.desc()).limit(most)))


def published_by_slug(slug: str) -> Campaign | None:
    """Return a newsletter that went out; one that was stopped stays for those who have its address."""
    query = select(Campaign).where(
        Campaign.slug == slug, Campaign.kind.in_(TO_SUBSCRIBERS), Campaign.started_at.is_not(None)
    )
    found: Campaign | None = db.session.scalar(query)
    return found


def history(campaign_id: int) -> list[Fact]:
    """Return what happened to a campaign, newest first."""
    query = select(Fact).where(Fact.kind.startswith("campaign.", autoescape=True), Fact.subject_id == campaign_id)
    return list(db.session.scalars(query.order_by(Fact.id.desc()).limit(PAGE)))


def progress(campaign: Campaign) -> Progress:
    """Return how far a campaign is, in two statements."""
    return progresses([campaign])[campaign.id]


def progresses(several: Sequence[Campaign]) -> dict[int, Progress]:
    """Return how far several campaigns are, in two statements."""
    ids = {one.id: one.stream for one in several}
    unwritten = func.sum(case((_IS_UNWRITTEN, 1), else_=0))
    left_out = func.sum(case((_IS_LEFT_OUT, 1), else_=0))
    readers = func.sum(case((CampaignReader.left_out == "", 1), else_=0))
    counted = db.session.execute(
        select(CampaignReader.campaign_id, func.count(), readers, unwritten, left_out)
        .join(Campaign, Campaign.id == CampaignReader.campaign_id)
        .where(CampaignReader.campaign_id.in_(ids))
        .group_by(CampaignReader.campaign_id)
    )
    there = {row[0]: (int(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in counted}
    emails: dict[str, dict[State, int]] = {}
    for stream, state, number in db.session.execute(
        select(OutgoingEmail.stream, OutgoingEmail.state, func.count())
        .where(OutgoingEmail.stream.in_(ids.values()), ~IS_TAKEN_BACK)
        .group_by(OutgoingEmail.stream, OutgoingEmail.state)
    ):
        emails.setdefault(stream, {})[State(state)] = int(number)
    return {
        number: Progress(*there.get(number, (0, 0, 0, 0)), emails=emails.get(stream, {}))
        for number, stream in ids.items()
    }


def reader_rows(campaign: Campaign, *, state: str = "", page: int = 1) -> list[ReaderRow]:
    """Return a page of a campaign's readers with what became of their e-mails, in the order they were written down."""
    query = _rows(campaign, state).order_by(CampaignReader.id).limit(PAGE).offset((page - 1) * PAGE)
    nothing = LEFT_OUT if campaign.stage is Stage.CANCELLED else UNWRITTEN
    return [_row(row, nothing) for row in db.session.execute(query)]


def reader_count(campaign: Campaign, *, state: str = "") -> int:
    """Return how many readers such a list has."""
    query = _rows(campaign, state).with_only_columns(func.count(CampaignReader.id), maintain_column_froms=True)
    return db.session.scalar(query) or 0


_IS_STOPPED = Campaign.stage == Stage.CANCELLED
_IS_UNWRITTEN = CampaignReader.written_at.is_(None) & ~_IS_STOPPED
_IS_LEFT_OUT = (CampaignReader.left_out != "") | (CampaignReader.written_at.is_(None) & _IS_STOPPED)
"""Once a campaign is stopped for good, nobody is still to be written to."""


def _rows(campaign: Campaign, state: str) -> Select[*tuple[object, ...]]:
    is_to_subscribers = campaign.kind in TO_SUBSCRIBERS
    person = Subscriber if is_to_subscribers else Registration
    kind = TO_A_SUBSCRIBER if is_to_subscribers else TO_A_PARTICIPANT
    names = () if is_to_subscribers else (Registration.given_name, Registration.family_name)
    email = (OutgoingEmail.id, OutgoingEmail.state, OutgoingEmail.last_text, OutgoingEmail.address)
    query = (
        select(CampaignReader, *email, person.id, person.email, *names)
        .outerjoin(
            OutgoingEmail,
            (OutgoingEmail.fact_id == campaign.fact_id)
            & (OutgoingEmail.kind == kind)
            & (OutgoingEmail.subject_id == CampaignReader.reader_id)
            & ~IS_TAKEN_BACK,  # it is written anew, perhaps to another address
        )
        .outerjoin(person, person.id == CampaignReader.reader_id)
        .join(Campaign, Campaign.id == CampaignReader.campaign_id)
        .where(CampaignReader.campaign_id == campaign.id)
    )
    if state == UNWRITTEN:
        return query.where(_IS_UNWRITTEN)
    if state == LEFT_OUT:
        return query.where(_IS_LEFT_OUT)
    return query.where(OutgoingEmail.state == state) if state else query


def _row(row: Sequence[object], unwritten: str) -> ReaderRow:
    reader, email_id, state, text, written_to, is_there, address, *names = row
    assert isinstance(reader, CampaignReader)  # noqa: S101 - for the type checker: rows are untyped here
    nothing = unwritten if reader.written_at is None else LEFT_OUT
    has_email = bool(state) and reader.written_at is not None and not reader.left_out
    shown = str((written_to if email_id else address) or "")
    return ReaderRow(
        address=shown,
        has_left=bool(is_there) and not (shown or names),
        name=" ".join(str(one or "") for one in names).strip(),
        language=reader.language,
        state=str(state) if has_email else nothing,
        email_id=int(str(email_id)) if email_id else None,
        text=str(text or reader.left_out),
    )
