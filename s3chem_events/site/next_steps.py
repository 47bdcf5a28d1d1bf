"""What follows for somebody who is registered, as her own page says it: which e-mail comes, and what comes then."""

from datetime import timedelta

from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.i18n import gettext as _
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.letters import WAITING
from s3chem_events.mailing.letters import State as Email
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, places, resending
from s3chem_events.registration.capacity import IN_LINE, UNSCHEDULED, Standing
from s3chem_events.registration.heard import AGAIN, FIRST, TOLD
from s3chem_events.registration.models import Registration
from s3chem_events.site import standings

SOON = timedelta(hours=1)
"""How long an e-mail may be written that does not stand in the outbox yet, or may be on its way."""
DETAILS = FIRST | AGAIN | {TOLD}
"""The e-mails that say how somebody stands."""


def is_ahead(event: Event) -> bool:
    """Whether an event is neither cancelled nor over."""
    return event.state is not State.CANCELLED and not publishing.is_past(event)


def on_its_way(registration: Registration, lang: str, *, mailed: bool) -> str:
    """Say where the last e-mail with the details stands; nothing where there is none that she could read.

    What became of it is the business of who reads the mailbox, as a link that was `mailed` shows. Whoever has the page
    of the form alone may have typed any address: the same for a while, then nothing (docs/decisions/0032).
    """
    if not _goes_on(registration):
        return ""
    if registration.via_contact:
        return _("E-mails about your place go to the contact who registered you; this page always shows how it stands.")
    if resending.comes_back(registration):
        return ""
    is_new = bool(registration.email) and now() < registration.changed_at + SOON
    last = mailing.newest(registration.id, DETAILS, digest=registration.address_digest) if mailed else None
    if last is None:
        state, sent_at = (Email.QUEUED if is_new else Email.CANCELLED), None
    else:
        state, sent_at = last
    if state in WAITING | {Email.SENDING, Email.SUPPRESSED}:
        return _("An e-mail with the details is on its way to %(address)s.", address=registration.email)
    if state is Email.SENT and sent_at is not None:
        moment = i18n.stamp(sent_at, registration.event.zone, lang)
        return _(
            "An e-mail with the details was sent to %(address)s on %(moment)s.",
            address=registration.email,
            moment=moment,
        )
    return ""


def after(registration: Registration) -> list[str]:
    """Say what comes then."""
    if not _goes_on(registration):
        return []
    if any(held.standing is Standing.OFFERED for held in registration.participations):
        return [
            _("If you decline, or do not answer in time, the place goes to the next person and you leave the list.")
        ]
    if _only_in_line(registration):
        turn = _(
            "Places are given in the order in which people joined the list. As soon as one is free for you, "
            "we will write to you. You do not need to do anything until then."
        )
        return [turn]
    decided = standings.awaited(registration)
    if is_unscheduled(registration):
        return decided
    hours_open = any(part.starts_at is None for part in places.parts_ahead(registration))
    return [
        _("Times, venue and programme will be published on the event page; a subscribed calendar updates itself.")
        if hours_open
        else _("The event page always shows the latest information; a subscribed calendar updates itself."),
        *decided,
    ]


def is_unscheduled(registration: Registration) -> bool:
    """Whether nothing of it is for a calendar: not yet, or not any more."""
    none = UNSCHEDULED | {Standing.WITHDRAWN, Standing.REJECTED}
    return all(held.standing in none or held.part.cancelled for held in registration.participations)


def _goes_on(registration: Registration) -> bool:
    """Whether anything follows: she has a place or waits for one, in a part that takes place on a day that is known."""
    event = registration.event
    return event.state is not State.POSTPONED and is_ahead(event) and actions.may_withdraw(registration)


def _only_in_line(registration: Registration) -> bool:
    """Whether she waits for a place, and has none."""
    return all(held.standing in IN_LINE or held.standing is Standing.WITHDRAWN for held in registration.participations)
