"""So many tries in so long, per client network and per address.

One office behind one address must get through (40 people within five minutes), a robot must not.
"""

from ipaddress import ip_address, ip_network

from flask import Flask, request
from flask_limiter import Limiter

from s3chem_events.core.config import Settings

REGISTRATIONS = "30 per minute; 150 per hour"
LINKS = "10 per minute; 40 per hour"
SIGN_IN = "10 per minute; 60 per hour"
ADDRESS = "5 per hour"


def network() -> str:
    """The client's network: an IPv4 address as it is, an IPv6 address by its /64."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))  # noqa: PLR2004 - IP version


limiter = Limiter(key_func=network, headers_enabled=True)


def bind(app: Flask, settings: Settings) -> None:
    """Switch the limits on as the settings say."""
    app.config.update(
        RATELIMIT_ENABLED=settings.limits,
        RATELIMIT_STORAGE_URI=settings.limits_url,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=not settings.limits_url.startswith("memory"),
        RATELIMIT_IN_MEMORY_FALLBACK=[REGISTRATIONS],
    )
    limiter.init_app(app)
