"""What an organiser has seen of a campaign's events and news: nobody is written to of what nobody has looked at.

The likeness of each is kept with the campaign (`seen`); what a page showed of all of them travels in its forms.
"""

from hashlib import sha256

from sqlalchemy import select, update

from s3chem_events.campaigns import blocks
from s3chem_events.campaigns.blocks import Loaded
from s3chem_events.campaigns.models import Campaign, CampaignReader, Subscriber
from s3chem_events.campaigns.stages import TO_SUBSCRIBERS
from s3chem_events.core.db import db
from s3chem_events.mailing import streams, suppression
from s3chem_events.registration.models import Registration


def load(campaign: Campaign) -> Loaded:
    """Load the events and the news of a campaign."""
    return blocks.load(campaign.blocks, event_id=campaign.event_id)


def shown(loaded: Loaded) -> str:
    """Return a digest of all events and news of a campaign as a page shows them."""
    return sha256(repr(sorted(_likenesses(loaded).items())).encode()).hexdigest()[:20]


def look(campaign: Campaign, loaded: Loaded | None = None) -> None:
    """Note what its pieces are like, as they were `loaded` or are now: an organiser has them before her eyes."""
    campaign.seen = _likenesses(loaded or load(campaign))


def has_changed(campaign: Campaign, loaded: Loaded | None = None) -> bool:
    """Whether an event or a piece of news in it is not any more what an organiser saw, or not public any more."""
    return _likenesses(loaded or load(campaign)) != campaign.seen


def is_hidden(campaign: Campaign, loaded: Loaded) -> bool:
    """Whether an event or a piece of news that an organiser saw in a campaign is not public any more."""
    return bool(campaign.seen.keys() - _likenesses(loaded).keys())


def keep_up(campaign: Campaign, before: Loaded, *, seen: str) -> None:
    """Note what was looked at by whoever saved it; `before` are the pieces before that, `seen` what her page showed.

    What was put in with this is looked at; what was there is only where the page showed it as it is.
    """
    now = _likenesses(load(campaign))
    if seen == shown(before):
        campaign.seen = now
        return
    own = {str(campaign.event_id)} if campaign.event_id is not None else set[str]()
    there = own | {blocks.key(block) for block in campaign.blocks}
    known = {key: digest for key, digest in campaign.seen.items() if key in there}
    added = {key: digest for key, digest in now.items() if key not in before.pieces}
    campaign.seen = {**added, **known}


def write_anew(campaign: Campaign) -> int:
    """Take some unsent e-mails of a campaign back, to be written once more; returns how many."""
    return _unwritten(campaign, streams.take_back(campaign.stream))


def write_failed_anew(campaign: Campaign) -> int:
    """Take some e-mails of a campaign back that failed, to be written once more as its events are now.

    Those of whose reader nothing is sent to the address that she has now stay as they are, with the reason.
    """
    person = Subscriber if campaign.kind in TO_SUBSCRIBERS else Registration
    reached = select(person.id).where(~suppression.is_dead(person.address_digest))
    return _unwritten(campaign, streams.take_failed_back(campaign.stream, reached))


def _unwritten(campaign: Campaign, taken: list[int]) -> int:
    db.session.execute(
        update(CampaignReader)
        .where(CampaignReader.campaign_id == campaign.id, CampaignReader.reader_id.in_(taken))
        .values(written_at=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )
    return len(taken)


def _likenesses(loaded: Loaded) -> dict[str, str]:
    return {key: blocks.likeness(piece) for key, piece in loaded.pieces.items()}
