"""Where somebody is from is asked once in a session (WCAG 2.2, 3.3.7): the form of the next event holds it already.

Not the form of the same event: there the next one at this computer is somebody else, more likely than not.
"""

from datetime import timedelta

from flask import session

from s3chem_events.core.clock import now
from s3chem_events.site.forms import RegistrationForm

ORIGIN = "origin"
FIELDS = ("organisation", "organisation_type", "region", "country")
LASTS = timedelta(minutes=30)


def remember(form: RegistrationForm) -> None:
    """Keep, in the visitor's own session, where one is from who has just registered."""
    told = [form[name].data or "" for name in FIELDS]
    session[ORIGIN] = [form.event.slug, (now() + LASTS).timestamp(), *told]


def is_known(slug: str) -> bool:
    """Whether the form of an event is to hold what was told for another one, not long ago."""
    return bool(_told(slug))


def fill(form: RegistrationForm) -> bool:
    """Put in what was told for another event, where nothing stands yet; says whether it did."""
    told = _told(form.event.slug)
    if not told or form.is_submitted():
        return False
    for name, value in zip(FIELDS, told, strict=True):
        form[name].data = form[name].data or value
    return True


def _told(slug: str) -> list[str]:
    noted = session.get(ORIGIN)
    if not isinstance(noted, list) or len(noted) != 2 + len(FIELDS) or noted[0] == slug:
        return []
    return noted[2:] if now().timestamp() < float(noted[1]) else []
