"""Which registration this browser may see whole: the session, a signed cookie, remembers a right code for a while."""

from datetime import timedelta

from flask import session

from s3chem_events.core.clock import now
from s3chem_events.registration import codes, resending
from s3chem_events.registration.models import Registration
from s3chem_events.registration.questions import When

OPEN = "own_page_open"
LASTS = timedelta(minutes=30)


def note(registration: Registration) -> None:
    """Remember that the code for a registration has been given in this browser."""
    session[OPEN] = [registration.id, registration.link_version, (now() + LASTS).timestamp()]


def is_open(registration: Registration) -> bool:
    """Whether the code was given here, not long ago, and the links of the registration are still the same."""
    noted = session.get(OPEN)
    if not isinstance(noted, list) or noted[:2] != [registration.id, registration.link_version]:
        return False
    return now().timestamp() < float(noted[2])


def may_act(registration: Registration) -> bool:
    """Whether whoever is here may do what nobody may by a link alone: the code was given, or the contact is told of it.

    Of somebody whom only a contact reaches no code can be asked. Where e-mails come back nobody would be told either.
    """
    by_contact = registration.via_contact and resending.is_written_to(registration)
    return by_contact or is_open(registration)


def shown_at(registration: Registration, when: When) -> When | None:
    """Return the step whose page shows nothing by hidden answers; None where all may be asked, or no code be sent."""
    return when if codes.may_be_sent(registration) and not is_open(registration) else None
