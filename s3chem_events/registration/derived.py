"""What a registration keeps besides what was typed: made from name, address and organisation, and from nothing else."""

from s3chem_events.mailing import addresses
from s3chem_events.registration import names
from s3chem_events.registration.models import LONGEST_SEARCH, LONGEST_SORT_NAME, Registration


def follow(registration: Registration) -> None:
    """Bring what is derived from name, address and organisation up to what they are now."""
    named, before = f"{registration.family_name} {registration.given_name}", registration.address_digest
    registration.sort_name = names.fold(named)[:LONGEST_SORT_NAME]
    registration.address_digest = addresses.digest(registration.email) if registration.email else ""
    if registration.address_digest != before:
        registration.via_contact = False  # she has an address of her own now
    registration.person = names.person_of(registration)
    shown = ("given_name", "family_name", "organisation", "email", "phone", "reference")
    registration.search = searchable(*(getattr(registration, name) for name in shown))


def searchable(*shown: str) -> str:
    """Return what the desk's search finds somebody by."""
    return names.sought(" ".join(shown))[:LONGEST_SEARCH]
