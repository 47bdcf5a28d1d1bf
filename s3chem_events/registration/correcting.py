"""Another address for a registration whose e-mails come back; what was sent to the old one opens nothing any more."""

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.mailing import bounces
from s3chem_events.registration import derived, history, identity, names, versions
from s3chem_events.registration.history import Line
from s3chem_events.registration.models import Registration

ROOM = "registration."


class SameAddress(Refused):
    """It is the address that is there already."""

    code = "same_address"
    status = 422


class Withdrawn(Refused):
    """A registration that is withdrawn, or long over, is written to no more."""

    code = "withdrawn"
    status = 409


def correct_address(registration: Registration, *, email: str, by: Actor) -> None:
    """Give a registration another address; the confirmation goes there, and all links of the old mailbox die.

    Raises:
        SameAddress, Withdrawn, actions.AddressBlocked, actions.AlreadyRegistered, core.errors.Invalid.

    """
    if registration.withdrawn_at is not None or registration.erased_at is not None:
        raise Withdrawn
    typed = names.address(email)
    if typed == registration.email:
        raise SameAddress
    before, event = registration.email, registration.event_id
    values = {name: getattr(registration, name) for name in names.PERSON} | {"email": typed}
    identity.check(event, email=typed, person=names.person_digest(**values), but=registration.id)
    bounces.stop(ROOM, registration.id)
    registration.email = typed
    derived.follow(registration)
    registration.link_version += 1
    versions.rise(registration, registration.participations)
    registration.link_sent_at, registration.changed_at = None, now()
    fact = journal.record("registration.address_corrected", registration.id, by=by, event=event)
    history.write(registration, fact, [Line("email", before, typed)])
