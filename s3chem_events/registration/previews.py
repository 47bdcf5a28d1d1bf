"""Links to an event's form as it stands, drafts included: for a day, to look at and never to send."""

from datetime import datetime, timedelta

from s3chem_events.core import signing
from s3chem_events.core.clock import now

PURPOSE = "form-preview"
GOOD_FOR = timedelta(days=1)


def path(event_id: int, language: str) -> str:
    """Return the address of a form to look at."""
    return f"/{language}/previews/{signing.sign(PURPOSE, [event_id, int((now() + GOOD_FOR).timestamp())])}"


def event_of(token: str) -> int | None:
    """Return the event whose form a link shows; None for one that is none, or too old."""
    signed = signing.read(PURPOSE, token)
    if not isinstance(signed, list) or len(signed) != 2:  # noqa: PLR2004 - event and end
        return None
    return int(signed[0]) if datetime.fromtimestamp(signed[1], tz=now().tzinfo) > now() else None
