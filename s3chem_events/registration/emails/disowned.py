"""What the organisers of an event hear when the owner of an address had not registered: never whose it was."""

from collections.abc import Iterator, Sequence

from s3chem_events.accounts import queries as accounts
from s3chem_events.core import i18n
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import render
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.publishing import queries as publishing

KIND = "event.disowned"
"""Not that of the fact: e-mails about the registration are emptied with it (dispatch.FORGET), these go out."""


def disowned(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Tell each organiser who answers for the event, in their own language."""
    for fact in facts:
        if {"delegation", "beside"} & fact.data.keys():  # told once, of the whole
            continue
        event = publishing.event_by_id(fact.data["event"])
        if event is None:
            continue
        for organiser in accounts.organisers_of(event.id):
            language = render.spoken(organiser.language)
            yield Draft(
                kind=KIND,
                fact_id=fact.id,
                subject_id=event.id,
                address=organiser.email,
                name=organiser.name,
                language=organiser.language,
                values={
                    "title": event.title.within(language),
                    "moment": i18n.stamp(fact.happened_at.replace(second=0, microsecond=0), event.zone, language),
                    "page": f"{letterhead.base_url}/desk/events/{event.slug}/",
                },
            )
