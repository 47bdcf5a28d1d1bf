"""What holds for a registration, said before anybody fills in the form: approval, the closing and its grace."""

from datetime import timedelta

from s3chem_events.core import i18n
from s3chem_events.core.i18n import gettext as _
from s3chem_events.publishing import queries
from s3chem_events.publishing.models import Event


def said(event: Event, lang: str) -> list[str]:
    """Return the sentences about an event that is open for registration; none where nothing is special."""
    sentences = []
    if event.approval:
        sentences.append(
            _("The organisers look at each registration. You will hear from them by e-mail whether you have a place.")
        )
    if event.closes_at is not None:
        closes = queries.closes_at(event)
        sentences.append(_("Registration closes on %(moment)s.", moment=i18n.stamp(closes, event.zone, lang)))
        if event.grace:
            until = i18n.clock(closes + timedelta(minutes=event.grace), event.zone, lang)
            sentences.append(_("If you open the form before then, you can still submit it until %(time)s.", time=until))
    return sentences
