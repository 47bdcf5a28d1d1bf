"""E-mail addresses as servers take them; pure."""

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from s3chem_events.core.errors import Invalid
from s3chem_events.core.later import Later

if TYPE_CHECKING:
    import email_validator
else:
    email_validator = Later("email_validator")

PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
"""A host name in ASCII: nothing to translate. `localhost`, which a machine of one's own may send from, is one too."""

GMAIL = frozenset({"gmail.com", "googlemail.com"})


def mailable(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA 2008); what stands before the @ stays as it was typed.

    Raises:
        Invalid: it is not one address, or would break a header.

    """
    local, _, domain = address.rpartition("@")
    if not local or not address.isprintable() or any(c in address for c in ' <>,;:"()[]\\'):
        raise Invalid("address", "not one e-mail address")
    return f"{local}@{_ascii(domain)}"


def key(address: str) -> str:
    """Return an address as two addresses are compared: no case, NFC, the domain in IDNA; the plus part counts."""
    local, _, domain = address.rpartition("@")
    return f"{unicodedata.normalize('NFC', local).casefold()}@{_domain_key(domain)}"


def digest(address: str) -> str:
    """Return a digest by which two spellings of an address are the same; it tells nobody the address.

    The one rule for who somebody is: registrations, suppressions and the outbox keep it.
    """
    return sha256(key(address).encode()).hexdigest()


def mailbox_digest(address: str) -> str:
    """Return a digest by which all addresses of one mailbox are the same, for counting only.

    Wider than `digest` on purpose: who bombs a mailbox varies what does not change where an e-mail arrives (`+tag`,
    the dots of Gmail), while two people may well come as `info+anna@` and `info+jan@`.
    """
    local, _, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    local = local.casefold()
    local = local.partition("+")[0] or local
    domain = _domain_key(domain)
    if domain in GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return sha256(f"{local}@{domain}".encode()).hexdigest()


def _domain_key(domain: str) -> str:
    try:
        return _ascii(domain)
    except Invalid:
        return domain.lower()


@lru_cache(maxsize=4096)
def _ascii(domain: str) -> str:
    if PLAIN.fullmatch(domain):
        return domain.lower()
    try:
        checked = email_validator.validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise Invalid("address", "the domain cannot be written as servers want it") from error
    return str(checked.ascii_domain).lower()
