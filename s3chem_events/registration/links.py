"""A participant's own addresses. They hold a signed number and nothing about the person."""

from s3chem_events.core import signing

OWN_PAGE = "registration"
CALENDAR = "registration-calendar"


def token(registration_id: int, link_version: int) -> str:
    """Return the token of a registration's own page."""
    return signing.sign(OWN_PAGE, [registration_id, link_version])


def own_page(registration_id: int, link_version: int, *, language: str, base_url: str = "") -> str:
    """Return the address of a participant's own page."""
    return f"{base_url}/{language}/registrations/{token(registration_id, link_version)}"


def calendar(registration_id: int, link_version: int, *, base_url: str = "") -> str:
    """Return the address of a participant's own calendar file; its token opens nothing else."""
    return f"{base_url}/calendar/{signing.sign(CALENDAR, [registration_id, link_version])}.ics"
