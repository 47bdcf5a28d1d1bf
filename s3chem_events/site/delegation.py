"""The contact's page, behind a signed link: who comes, one more or one fewer, the summary. GET asks, POST does."""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request
from flask.wrappers import Response
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse
from wtforms import HiddenField

from s3chem_events.core import limits
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import CONTACT
from s3chem_events.mailing import confirming
from s3chem_events.mailing.addresses import mailbox_digest
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, delegations, modes, names, resending
from s3chem_events.registration.actions import Applicant
from s3chem_events.registration.admitting import Agreed, PeopleRefused, PlacesShort, Shortage
from s3chem_events.registration.capacity import Full
from s3chem_events.registration.delegation_queries import delegation_by_token
from s3chem_events.registration.links import DELEGATION, was_mailed_to
from s3chem_events.registration.models import Delegation, Registration
from s3chem_events.site import delegation_view, mailboxes, terms
from s3chem_events.site.delegating_form import DelegateForm
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import ATTEMPT, REFUSALS, PressForm, new_attempt
from s3chem_events.site.own import own, press_again, private_page, too_many, unknown_link
from s3chem_events.site.proving import ProofAsked, Proving
from s3chem_events.site.registering import offers, with_places

Deed = Callable[[Delegation], object]


class NewPersonForm(Proving, Form):
    """One more person; `person` holds her fields."""

    attempt = HiddenField()


@own.route("/<lang>/delegations/<token>")
def delegation_page(lang: str, token: str) -> Response:
    """Who of a delegation comes, and what the contact can do about it."""
    delegation = delegation_by_token(token) or abort(unknown_link(lang))
    here, gone = f"/{lang}/delegations/{token}", _gone(delegation)
    return private_page(
        "site/delegation/page.html",
        lang,
        f"/delegations/{token}",
        delegation=delegation_view.shown(delegation, lang, here),
        event=delegation_view.seen_by(delegation, lang),
        email=delegation.email,
        said=_done(gone),
        gone=told(gone, token) if gone is not None else {},
        summary_url=f"{here}/summary",
        press=PressForm(),
        held=confirming.waiting(delegation.email) if was_mailed_to(delegation.email, DELEGATION, token) else 0,
        own_url=here,
    )


@own.route("/<lang>/delegations/<token>/summary", methods=["POST"])
def delegation_summary(lang: str, token: str) -> BaseResponse:
    """Send the summary again."""
    sent: list[bool] = []

    def send(one: Delegation) -> None:
        mailboxes.read(one.email, DELEGATION, token)
        sent.append(delegations.request_summary(one, by=CONTACT))

    form, found = pressed(token, send)
    if found is None:
        return unknown_link(lang)
    here = f"/{lang}/delegations/{token}"
    return redirect(here if form.errors else f"{here}?summary={'sent' if any(sent) else 'later'}", 303)


@own.route("/<lang>/delegations/<token>/people/<reference>/withdrawal", methods=["GET", "POST"])
def delegation_withdrawal(lang: str, token: str, reference: str) -> BaseResponse:
    """Ask (GET) and withdraw (POST) one of the people; the others stay, and a second press changes nothing."""
    form, found = pressed(token, lambda one: _leave(one, reference))
    if found is None:
        return unknown_link(lang)
    person, here = member(found, reference), f"/{lang}/delegations/{token}"
    if person.withdrawn_at is None and publishing.is_past(found.event):
        return redirect(here, 303)
    if person.withdrawn_at is not None:
        return redirect(f"{here}?gone={reference}" if request.method == "POST" else here, 303)
    return private_page(
        "site/delegation/withdrawal.html",
        lang,
        f"/delegations/{token}/people/{reference}/withdrawal",
        422 if form.errors else 200,
        person=person.full_name,
        is_limited=modes.is_limited(person),
        **told(person, token),
        event=delegation_view.seen_by(found, lang),
        form=form,
        own_url=here,
        refusal=press_again() if form.errors else "",
    )


@own.route("/<lang>/delegations/<token>/people", methods=["GET", "POST"])
def delegation_people(lang: str, token: str) -> BaseResponse:
    """Ask for one more person (GET) and register her (POST)."""
    found = delegation_by_token(token) or abort(unknown_link(lang))
    here = f"/{lang}/delegations/{token}"
    event = found.event
    if not publishing.open_parts(event):
        return redirect(here, 303)
    form, person = NewPersonForm(), _person_form(event, lang)
    if request.method == "GET":
        return _people_page(found, lang, token, form, person)
    good = form.validate()
    if not person.validate() or not person.parts.data or not good:
        if not person.parts.data:
            DelegateForm.blame(person.parts, _("Choose at least one part."))
        return _people_page(found, lang, token, form, person, 422, press_again() if form.errors else "")
    try:
        _add(found, token, form, person)
    except Refused as refusal:
        found = delegation_by_token(token) or abort(404)  # what was read before went with the roll-back
        return _people_page(found, lang, token, form, person, refusal.status, refused=refusal)
    return redirect(here, 303)


def _add(delegation: Delegation, token: str, form: NewPersonForm, person: DelegateForm) -> None:
    limits.spend(limits.REGISTRATIONS, "register", limits.network())
    who = names.person_of(_applicant(delegation, form, person))
    form.prove(lambda: f"{delegation.reference} {form.attempt.data} {who}")
    mailbox = mailbox_digest(person.email.data) if person.email.data else ""
    if mailbox:
        limits.spend(limits.MAILBOXES, "mailboxes", limits.network())
    if mailbox and limits.is_over(limits.ADDRESS, "register-address", mailbox):
        raise PeopleRefused({1: "address_blocked"})  # in the same words: nobody learns whether an address is blocked
    with transaction():
        locked = delegation_by_token(token, lock=True) or abort(404)
        applicant = _applicant(locked, form, person)
        delegations.add_person(locked.event, locked, applicant, agreed=_agreed(person), by=CONTACT)


def told(person: Registration, token: str) -> dict[str, bool]:
    """Return whether an e-mail tells what becomes of somebody, and whether a press by this link lets it go at once."""
    return {
        "is_written_to": resending.is_written_to(person),
        "mailed": was_mailed_to(person.email, DELEGATION, token),
    }


def _gone(delegation: Delegation) -> Registration | None:
    """Return whom a press has just withdrawn."""
    gone = next((one for one in delegation.people if one.reference == request.args.get("gone")), None)
    return gone if gone is not None and gone.withdrawn_at is not None else None


def _done(gone: Registration | None) -> str:
    """Say what a press has just done, or nothing."""
    if gone is not None:
        return _("%(person)s is no longer registered.", person=gone.full_name)
    said = {
        "sent": _("The summary is on its way to you."),
        "later": _("The summary was sent a short while ago. Please look into your mailbox, or try again later."),
    }
    return said.get(request.args.get("summary", ""), "")


def pressed(token: str, deed: Deed, *, purpose: str = DELEGATION) -> tuple[PressForm, Delegation | None]:
    """Do what was pressed, under the event's lock; returns the form, and the delegation as it is then."""
    form = PressForm()
    if request.method == "POST" and form.validate():
        with transaction():
            found = delegation_by_token(token, lock=True, purpose=purpose)
            if found is not None:
                deed(found)
    return form, delegation_by_token(token, purpose=purpose)


def _leave(delegation: Delegation, reference: str) -> None:
    person = member(delegation, reference)
    if not publishing.is_past(delegation.event):  # after the event a registration is evidence
        actions.withdraw(person, by=CONTACT)


def member(delegation: Delegation, reference: str) -> Registration:
    return next((one for one in delegation.people if one.reference == reference), None) or abort(404)


def _person_form(event: Event, lang: str) -> DelegateForm:
    typed: MultiDict[str, Any] | None = request.form if request.method == "POST" else None
    form = DelegateForm.of(event, lang, 1, typed=typed)
    if typed is None and len(form.parts.choices) == 1:
        form.parts.data = [form.parts.choices[0].value]
    return form


def _applicant(delegation: Delegation, form: NewPersonForm, person: DelegateForm) -> Applicant:
    return Applicant(
        given_name=person.given_name.data or "",
        family_name=person.family_name.data or "",
        email=person.email.data or "",
        organisation=person.organisation.data or delegation.organisation,
        organisation_type=delegation.organisation_type,
        country=delegation.country,
        region=delegation.region,
        language=person.language.data or delegation.language,
        choices=person.choices(),
        privacy_version=None,
        attempt=form.attempt.data or "",
    )


def _agreed(person: DelegateForm) -> Agreed:
    """Return what the contact has agreed to: to wait for what was named on the page before."""
    shown = frozenset((1, *which) for which in person.may_wait())
    return Agreed(Shortage.ALL_WAIT if request.form.get("places") == Shortage.ALL_WAIT else None, shown)


def _refused(refusal: Refused, person: DelegateForm) -> str:
    if isinstance(refusal, PeopleRefused):
        DelegateForm.blame_for(person, refusal.faults.get(1, ""))
        return ""
    if isinstance(refusal, PlacesShort):
        return person.full_sentence(Full(places=sorted(refusal.waits[1])))
    if isinstance(refusal, ProofAsked):
        return str(REFUSALS[refusal.code])
    if isinstance(refusal, limits.TooMany):
        return too_many()
    if isinstance(refusal, delegations.TooManyPeople):
        most = delegations.MOST
        return _("A delegation can have %(number)s people at most. Register the others in a second one.", number=most)
    return _("This event takes no registration any more.")


def _people_page(
    delegation: Delegation,
    lang: str,
    token: str,
    form: NewPersonForm,
    person: DelegateForm,
    status: int = 200,
    refusal: str = "",
    refused: Refused | None = None,
) -> Response:
    if not ATTEMPT.fullmatch(form.attempt.data or ""):
        form.attempt.data = new_attempt()
    if form.csrf_token.errors:
        form.csrf_token.raw_data = None
    event = delegation.event
    view = with_places(person, event, lang)
    refusal = _refused(refused, person) if refused else refusal
    return private_page(
        "site/delegation/people.html",
        lang,
        f"/delegations/{token}/people",
        status,
        event=view,
        offers=offers(person, event, view, lang),
        form=form,
        person=person,
        faulty=[field for field in person if field.errors],
        waits=person.waits_for_chosen() if isinstance(refused, PlacesShort) and not refused.closed else "",
        refusal=refusal,
        erasure=terms.erasure(event, lang),
        own_url=f"/{lang}/delegations/{token}",
    )
