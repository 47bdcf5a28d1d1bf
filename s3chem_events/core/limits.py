"""So many tries in so long, per client network and per address.

One office behind one address must get through (40 people within five minutes), a robot must not.
"""

import logging
from ipaddress import ip_address, ip_network

from flask import Flask, request

from s3chem_events.core.config import Settings
from s3chem_events.core.errors import Refused
from s3chem_events.core.later import spared

with spared({"limits.aio": ()}):  # the same once more for asyncio, which nothing here speaks
    from flask_limiter import Limiter
    from limits import parse_many
    from limits.errors import StorageError

log = logging.getLogger(__name__)
REGISTRATIONS = "30 per minute; 240 per hour"
LINKS = "10 per minute; 40 per hour"
SIGN_IN = "10 per minute; 60 per hour"
ADDRESS = "10 per hour"
MAILBOXES = "120 per hour"
"""So many different mailboxes may be written to because of one network's forms for groups: six groups of twenty."""


def network() -> str:
    """The client's network: an IPv4 address as it is, an IPv6 address by its /64.

    A socket for both kinds shows IPv4 clients as ::ffff:192.0.2.1 (RFC 4291 2.5.5.2); by their /64 all would be one.
    """
    address = ip_address(request.remote_addr or "127.0.0.1")
    address = getattr(address, "ipv4_mapped", None) or address
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))  # noqa: PLR2004 - IP version


limiter = Limiter(key_func=network)


class TooMany(Refused):
    """Too many tries in too short a time; nothing was stored."""

    code = "too_many"
    status = 429


def spend(limit: str, scope: str, key: str, *, cost: int = 1) -> None:
    """Count a try by a key (a network, a digest of an address) within a scope; it may weigh as much as several.

    Raises:
        TooMany: the limit, e.g. "5 per hour", is spent.

    """
    if is_over(limit, scope, key, cost=cost):
        raise TooMany


def is_over(limit: str, scope: str, key: str, *, cost: int = 1) -> bool:
    """Count a try, and say whether the limit is spent."""
    if not limiter.enabled:
        return False
    try:
        hits = [limiter.limiter.hit(each, scope, key, cost=cost) for each in parse_many(limit)]
    except StorageError:  # who wants to register must not pay for a counter that is gone; doctor tells the operator
        log.warning("tries are not counted: the place of S3CHEM_LIMITS_URL does not answer")
        return False
    return not all(hits)


def counted() -> bool:
    """Whether the place where tries are counted answers."""
    try:
        return bool(limiter.storage.check())
    except StorageError:
        return False


def bind(app: Flask, settings: Settings) -> None:
    """Switch the limits on as the settings say."""
    app.config.update(
        RATELIMIT_ENABLED=settings.limits,
        RATELIMIT_STORAGE_URI=settings.limits_url,
        RATELIMIT_STORAGE_OPTIONS={"wrap_exceptions": True},
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    limiter.init_app(app)
