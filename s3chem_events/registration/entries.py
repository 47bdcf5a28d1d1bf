"""A registration as its owner's calendar entries: one for each part, with the same UID as everybody's."""

from dataclasses import replace

from s3chem_events.calendar.entries import Entry, Mailbox, Status
from s3chem_events.core import i18n
from s3chem_events.publishing.entries import part_entry
from s3chem_events.registration import links
from s3chem_events.registration.capacity import HOLDING
from s3chem_events.registration.models import Participation, Registration


def entries_of(registration: Registration, *, base_url: str, organizer: Mailbox, funding: str) -> list[Entry]:
    """Return the entries of all parts of a loaded registration; those withdrawn are marked cancelled."""
    return [
        entry_of(registration, participation, base_url=base_url, organizer=organizer, funding=funding)
        for participation in registration.participations
    ]


def entry_of(
    registration: Registration, participation: Participation, *, base_url: str, organizer: Mailbox, funding: str
) -> Entry:
    """Return the entry of one part, with the way to the owner's page at the end of its description."""
    _ = i18n.words(registration.language)
    own = links.own_page(registration.id, registration.link_version, language=registration.language, base_url=base_url)
    entry = part_entry(
        registration.event,
        participation.part,
        language=registration.language,
        base_url=base_url,
        organizer=organizer,
        closing=_("Your registration, to change or to withdraw: %(url)s", url=own),
        funding=funding,
    )
    return entry if participation.standing in HOLDING else replace(entry, status=Status.CANCELLED)
