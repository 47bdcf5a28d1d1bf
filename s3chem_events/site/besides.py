"""What somebody has besides at the same event, for she came anew: each of her own pages leads to the other."""

from s3chem_events.core.values import frozen
from s3chem_events.registration import anew, entries, links
from s3chem_events.registration.models import Registration
from s3chem_events.site.frame import Translated, translated


@frozen
class Another:
    """Another registration of the same person."""

    reference: str
    url: str
    parts: list[Translated]


def shown(registration: Registration, lang: str, *, openly: bool, mailed: bool) -> list[Another]:
    """Return them to the proven owner of the address alone: `openly` after the code, `mailed` by an e-mail's link.

    Not of somebody whom a contact registered: all of them have the contact's address.
    """
    if not registration.email or registration.via_contact or not (openly or mailed):
        return []
    return [
        Another(
            one.reference,
            links.own_page(one.id, one.link_version, language=lang, mailed_to=one.email if mailed else ""),
            [translated(held.part.title, lang) for held in entries.in_order(registration, one.participations)],
        )
        for one in anew.besides([registration.id]).get(registration.id, ())
        if not one.via_contact
    ]
