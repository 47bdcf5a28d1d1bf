"""Secrets that are handed out once; what is kept of them opens nothing."""

import hashlib
import secrets

BYTES = 24
"""192 bits; 128 would be the least (ASVS 6.5.3)."""


def make() -> str:
    """Return a new secret, fit for an address or a cookie."""
    return secrets.token_urlsafe(BYTES)


def digest(secret: str) -> str:
    """Return what is kept of a secret. Nothing is added to it, since nobody can guess 192 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
