"""A campaign tried out: as it would look to a reader, and sent to the organiser alone."""

from collections.abc import Iterator, Sequence

from s3chem_events.accounts import queries as accounts
from s3chem_events.campaigns.models import Campaign
from s3chem_events.campaigns.writing import Writer
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing.letters import Draft, Letterhead


def tested(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Send a campaign to the organiser who tries it, marked as what it is; it counts for nothing."""
    for fact in facts:
        campaign = db.session.get(Campaign, fact.subject_id)
        organiser = accounts.organiser_by_id(fact.data["organiser"])
        if campaign is None or organiser is None:
            continue
        address, name = organiser.email, organiser.name
        writer = Writer(campaign, letterhead)
        shared = writer.shared(fact.data["language"])
        yield Draft(
            kind=fact.kind,
            fact_id=fact.id,
            subject_id=campaign.id,
            address=address,
            name="",
            language=shared.language,
            values=writer.sample(shared, name=name).values,
        )
