"""A participant's own addresses. They hold a signed number and nothing about the person."""

import re

from s3chem_events.core import signing
from s3chem_events.core.values import frozen
from s3chem_events.mailing.addresses import mailbox_digest

RESTORATION, INVITATIONS, PARTS = "restoration", "invitations", "parts"
"""Pages below the own one."""
OWN_PAGE = "registration"
CALENDAR = "registration-calendar"
ANSWER = "calendar-answer"
FORMER_ADDRESS = "former-address"
DELEGATION = "delegation"
NOT_ME, DELEGATION_NOT_ME = "registration-not-me", "delegation-not-me"
"""Said by whoever reads the mailbox, never by whoever filled in the form: no page shows these, e-mails alone do."""
MAILED, LENGTH_OF_MARK = "mailed", 6
"""The link that holds it is signed: it only has to tell one mailbox from another."""
LONGEST_LOCAL = 64
"""Octets that may stand before the @ (RFC 5321 4.5.3.1.1)."""
TAGGED = re.compile(r"\+r([0-9a-f]{1,7})-([0-9a-f]{1,7})-([a-z2-7]{16})@", re.IGNORECASE)


@frozen
class AnswerTag:
    """What an address that somebody's calendar answers to names; it is worth something once its seal is checked."""

    registration_id: int
    part_id: int
    seal: str


def token(registration_id: int, link_version: int, *, mailed_to: str = "") -> str:
    """Return the token of a registration's own page."""
    return signing.sign(OWN_PAGE, [registration_id, link_version, *_mark(mailed_to)])


def own_page(registration_id: int, link_version: int, *, language: str, base_url: str = "", mailed_to: str = "") -> str:
    """Return the address of a participant's own page; in an e-mail it says to which address that goes.

    The form shows the page, too, to whoever filled it in: only who reads the mailbox has the link of the e-mail.
    """
    return f"{base_url}/{language}/registrations/{token(registration_id, link_version, mailed_to=mailed_to)}"


def lost(*, language: str, base_url: str) -> str:
    """Return the address of the page where participants have their link sent once more."""
    return f"{base_url}/{language}/registrations/lost-link"


def former_address(registration_id: int, fact_id: int, *, language: str, base_url: str) -> str:
    """Return where the owner of a former address puts it back; the fact is the one that changed it."""
    token = signing.sign(FORMER_ADDRESS, [registration_id, fact_id])
    return f"{base_url}/{language}/registrations/{FORMER_ADDRESS}/{token}"


def delegation(delegation_id: int, link_version: int, *, language: str, base_url: str = "", mailed_to: str = "") -> str:
    """Return the address of the page by which a contact looks after a delegation."""
    token = signing.sign(DELEGATION, [delegation_id, link_version, *_mark(mailed_to)])
    return f"{base_url}/{language}/delegations/{token}"


def opened(purpose: str, token: str) -> tuple[int, int] | None:
    """Return which number a link opens, and the version it is good for; None for a link that is none."""
    signed = signing.read(purpose, token)
    if not isinstance(signed, list) or len(signed) not in {2, 3}:  # without the mark of an e-mail, or with it
        return None
    return signed[0], signed[1]


def was_mailed_to(address: str, purpose: str, token: str) -> bool:
    """Whether a link stood in an e-mail to the mailbox of an address, and nowhere else."""
    signed = signing.read(purpose, token)
    return bool(address) and isinstance(signed, list) and signed[2:] == _mark(address)


def _mark(mailed_to: str) -> list[str]:
    """Return what a link out of an e-mail holds besides; it tells nobody the address."""
    return [signing.tag(MAILED, mailbox_digest(mailed_to))[:LENGTH_OF_MARK]] if mailed_to else []


def not_me(registration_id: int, link_version: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of an address says that it was not she who registered."""
    return f"{base_url}/{language}/registrations/{signing.sign(NOT_ME, [registration_id, link_version])}/not-me"


def delegation_not_me(delegation_id: int, link_version: int, *, language: str, base_url: str = "") -> str:
    """Return where the owner of a contact's address says that it was not she who registered people."""
    return f"{base_url}/{language}/delegations/{signing.sign(DELEGATION_NOT_ME, [delegation_id, link_version])}/not-me"


def calendar(registration_id: int, link_version: int, *, base_url: str = "") -> str:
    """Return the address of a participant's own calendar file; its token opens nothing else."""
    return f"{base_url}/calendar/{signing.sign(CALENDAR, [registration_id, link_version])}.ics"


def answer_address(sender: str, registration_id: int, part_id: int, link_version: int) -> str:
    """Return the organizer's address for one guest's calendar to answer to: `events+r1f-3-<seal>@…`.

    Only small letters, digits and hyphens: some servers change the case. One that grows too long stays without a tag.
    """
    local, _, domain = sender.rpartition("@")
    seal = signing.tag(ANSWER, _sealed(registration_id, part_id, link_version))
    tagged = f"{local}+r{registration_id:x}-{part_id:x}-{seal}"
    return f"{tagged}@{domain}" if len(tagged.encode()) <= LONGEST_LOCAL else sender


def answer_tag(address: str) -> AnswerTag | None:
    """Return what the tag in an address names; None where there is none."""
    found = TAGGED.search(address)
    return AnswerTag(int(found[1], 16), int(found[2], 16), found[3]) if found else None


def is_sealed(tag: AnswerTag, link_version: int) -> bool:
    """Whether we made the tag, for the links that hold good now."""
    return signing.is_tag(ANSWER, _sealed(tag.registration_id, tag.part_id, link_version), tag.seal)


def _sealed(registration_id: int, part_id: int, link_version: int) -> str:
    return f"{registration_id}.{part_id}.{link_version}"
