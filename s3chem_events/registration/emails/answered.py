"""To whom goes what somebody answers to an e-mail about a registration: to the organisers whose event it is."""

from collections.abc import Iterator, Sequence

from s3chem_events.accounts import queries as accounts
from s3chem_events.accounts.roles import is_bound
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import forwarding, render
from s3chem_events.mailing.forwarding import Contact
from s3chem_events.mailing.letters import Draft, Letterhead
from s3chem_events.registration import answered
from s3chem_events.registration.models import Registration


def forwarded(facts: Sequence[Fact], letterhead: Letterhead) -> Iterator[Draft]:
    """Pass on what people write; where an event has no organisers of its own, to the project's contact."""
    left = forwarding.left_today()
    for fact in facts:
        registration = answered.registration_of(fact)
        contacts = _organisers(registration, letterhead) if registration is not None else []
        project = Contact(letterhead.contact, about=_told(registration, forwarding.LANGUAGE))
        for draft in forwarding.forwarded(fact, letterhead, (contacts or [project])[: max(left, 0)]):
            left -= 1
            yield draft


def _organisers(registration: Registration, letterhead: Letterhead) -> list[Contact]:
    page = f"{letterhead.base_url}/desk/events/{registration.event.slug}/participants/{registration.reference}"
    return [
        Contact(one.email, one.name, one.language, _told(registration, one.language) | {"page": page})
        for one in accounts.organisers_of(registration.event_id)
        if is_bound(one.role)
    ]


def _told(registration: Registration | None, language: str) -> dict[str, str]:
    if registration is None:
        return {}
    title = registration.event.title.within(render.spoken(language))
    return {"event": title, "reference": registration.reference}
