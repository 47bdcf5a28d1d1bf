"""Delegations at the desk: whose people somebody belongs to, and whether their contact can be reached."""

from s3chem_events.core.db import db
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing import undelivered
from s3chem_events.mailing.letters import State
from s3chem_events.registration.models import Delegation, Registration

EMAILS = "delegation."
"""The beginning of the kinds of e-mails that go to contacts."""


@frozen
class Contact:
    """Who looks after a delegation; `unreached` says that the e-mails to her do not arrive."""

    reference: str
    name: str
    email: str
    organisation: str
    unreached: str


def contact(event_id: int, reference: str) -> Contact | None:
    """Return the contact of the delegation that the list is narrowed to; None where it is not, or of another event."""
    if not reference:
        return None
    found = db.session.scalar(db.select(Delegation).filter_by(event_id=event_id, reference=reference))
    return _contact(found) if found is not None else None


def of(person: Registration) -> Contact | None:
    """Return the contact of somebody's delegation."""
    found = db.session.get(Delegation, person.delegation_id) if person.delegation_id is not None else None
    return _contact(found) if found is not None else None


def _contact(found: Delegation) -> Contact:
    newest = mailing.newest_states([found.id], EMAILS).get(found.id)
    unreached = ""
    if undelivered.suppression(found.address_digest):
        unreached = _("E-mails to this address come back, so none is sent there any more.")
    elif newest in {State.BOUNCED, State.FAILED}:
        unreached = _("The last e-mail to this address did not arrive.")
    return Contact(found.reference, found.full_name, found.email, found.organisation, unreached)
