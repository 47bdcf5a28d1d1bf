"""When a form was opened: a signed moment in the form itself, so that who only reads is given no cookie."""

from datetime import UTC, datetime

from s3chem_events.core import signing
from s3chem_events.core.clock import now

PURPOSE = "form-opened"
LONGEST = 200


def stamp(slug: str) -> str:
    """Return what a form of an event carries that is opened now."""
    return signing.sign(PURPOSE, [slug, int(now().timestamp())])


def opened_at(slug: str, carried: str) -> datetime | None:
    """Return when a form was opened that carries this; None for what is missing, made up or another event's."""
    signed = signing.read(PURPOSE, carried) if len(carried) <= LONGEST else None
    if not isinstance(signed, list) or len(signed) != 2 or signed[0] != slug:  # noqa: PLR2004 - the slug and the moment
        return None
    return datetime.fromtimestamp(signed[1], tz=UTC)
