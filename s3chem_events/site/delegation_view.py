"""A delegation as its contact sees it: names, days, states, and whose details are missing; never what they are."""

from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.values import frozen
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import actions, completeness, delegation_queries, entries, links, returning
from s3chem_events.registration.capacity import UNSCHEDULED, Standing
from s3chem_events.registration.delegations import MOST
from s3chem_events.registration.emails.delegated import standing_words
from s3chem_events.registration.models import Delegation, Participation, Registration
from s3chem_events.site.events_seen import event_view, narrowed, part_range
from s3chem_events.site.frame import Translated, translated
from s3chem_events.site.views import EventView

KINDS = {
    Standing.CONFIRMED: "open",
    Standing.WAITING: "full",
    Standing.OFFERED: "moved",
    Standing.PENDING: "moved",
    Standing.WITHDRAWN: "over",
    Standing.REJECTED: "cancelled",
}


@frozen
class PlaceView:
    """One part as it stands for somebody."""

    title: Translated
    days: str
    mode: str
    status: str
    status_kind: str


@frozen
class PersonView:
    """Somebody of the delegation; `withdraw_url` is empty where there is nothing to withdraw from.

    `undo_url` leads to where the contact can take a withdrawal back for a day: on the person's own page where the
    contact alone hands its link on, else on a page of the contact's, for what the contact withdrew.
    """

    name: str
    reference: str
    places: list[PlaceView]
    details: str
    are_missing: bool
    withdraw_url: str
    undo_url: str


@frozen
class DelegationView:
    """The whole; `add_url` is empty where nobody can be added."""

    reference: str
    contact: str
    people: list[PersonView]
    status: str
    status_kind: str
    add_url: str


def shown(delegation: Delegation, lang: str, here: str) -> DelegationView:
    """Return a loaded delegation as the page at `here` shows it."""
    event = delegation.event
    takes_place = event.state is not State.CANCELLED and not publishing.is_past(event)
    missing = completeness.missing(event, delegation.people) if takes_place else set()
    people = [
        _person(one, lang, f"{here}/people", takes_place=takes_place, missing=one.id in missing)
        for one in delegation.people
    ]
    status, status_kind = _status(delegation)
    ever = sum(not delegation_queries.is_contact(delegation, one) for one in delegation.people)
    is_open = bool(publishing.open_parts(event)) and ever < MOST
    return DelegationView(
        reference=delegation.reference,
        contact=delegation.full_name,
        people=people,
        status=status,
        status_kind=status_kind,
        add_url=f"{here}/people" if is_open else "",
    )


def seen_by(delegation: Delegation, lang: str) -> EventView:
    """Return the event with the days on which anybody of the delegation comes."""
    held = [one for person in delegation.people for one in person.participations if not one.part.cancelled]
    return narrowed(
        event_view(delegation.event, lang),
        delegation.event,
        [(one.part, one.part.mode_of(one.mode)) for one in held],
        lang,
    )


def _status(delegation: Delegation) -> tuple[str, str]:
    """Say in one sentence how a delegation stands, and its kind."""
    if delegation.event.state is State.CANCELLED:
        return _("This event has been cancelled. There is nothing that you have to do."), "bad"
    if delegation.event.state is State.POSTPONED:
        return _("This event has been postponed. Your delegation is kept until the new date is known."), "changed"
    if publishing.is_past(delegation.event):
        return _("This event is over."), "changed"
    return _of_people(delegation)


def _of_people(delegation: Delegation) -> tuple[str, str]:
    """Say how those who come stand: a delegation is registered once anybody of it has a place."""
    there = [one for one in delegation.people if one.withdrawn_at is None]
    standings = {held.standing for one in there for held in one.participations if not held.part.cancelled}
    if not there:
        return _("Everybody of your delegation has withdrawn."), "changed"
    if Standing.CONFIRMED in standings:
        whole = _("Your delegation is registered.")
        part = _("Your delegation is registered, but not everybody has every place yet: see below.")
        return part if standings & UNSCHEDULED else whole, "good"
    if Standing.PENDING in standings:
        return _("We have received your registration. The organisers have not decided about it yet."), "changed"
    return _("Nobody of your delegation has a place yet: see below."), "changed"


def _person(one: Registration, lang: str, people_url: str, *, takes_place: bool, missing: bool) -> PersonView:
    is_there = one.withdrawn_at is None
    own = f"{links.own_page(one.id, one.link_version, language=lang)}/{links.RESTORATION}"
    undo_url = own if one.via_contact and returning.may_take_back(one) else ""
    if not one.via_contact and returning.was_the_contacts(one):  # whose own link is nobody else's business
        undo_url = f"{people_url}/{one.reference}/return"
    words = _("Details are missing") if missing else _("Details complete")
    return PersonView(
        name=one.full_name,
        reference=one.reference,
        places=[_place(one, held, lang) for held in entries.in_order(one, one.participations)],
        details=words if is_there else "",
        are_missing=missing,
        withdraw_url=f"{people_url}/{one.reference}/withdrawal" if takes_place and actions.may_withdraw(one) else "",
        undo_url=undo_url,
    )


def _place(one: Registration, held: Participation, lang: str) -> PlaceView:
    part = entries.part_of(one, held)
    is_off = part.cancelled or one.event.state is State.CANCELLED
    is_lost = is_off and held.standing is not Standing.WITHDRAWN
    said = _("cancelled") if is_lost else standing_words(held.standing, lang)
    return PlaceView(
        title=translated(part.title, lang),
        days=part_range(part, lang),
        mode=mode_words(lang)[part.mode_of(held.mode)],
        status=said[:1].upper() + said[1:],
        status_kind="cancelled" if is_lost else KINDS[held.standing],
    )
