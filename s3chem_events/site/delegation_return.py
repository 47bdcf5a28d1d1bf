"""The contact takes back that somebody of the delegation was withdrawn, for a day; GET asks, POST does."""

from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from s3chem_events.core import i18n
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import CONTACT
from s3chem_events.registration import actions, returning
from s3chem_events.registration.delegation_queries import delegation_by_token
from s3chem_events.site import delegation, delegation_view, restoring
from s3chem_events.site.fields import Form
from s3chem_events.site.forms import PressForm
from s3chem_events.site.own import own, press_again, private_page, unknown_link


@own.route("/<lang>/delegations/<token>/people/<reference>/return", methods=["GET", "POST"])
def delegation_return(lang: str, token: str, reference: str) -> BaseResponse:
    """Ask (GET) and take back (POST) that the contact withdrew somebody; a second press changes nothing."""
    refusal: Refused | None = None
    form: Form = PressForm()
    try:
        form, found = delegation.pressed(
            token, lambda one: returning.take_back_for(delegation.member(one, reference), by=CONTACT)
        )
    except Refused as refused:
        refusal, found = refused, delegation_by_token(token)
    if found is None:
        return unknown_link(lang)
    person, here = delegation.member(found, reference), f"/{lang}/delegations/{token}"
    if person.withdrawn_at is None:
        return redirect(here, 303)
    may_undo = returning.was_the_contacts(person)
    if refusal is None and not may_undo:
        abort(404)
    words = restoring.refused(refusal, found.event, lang)
    if isinstance(refusal, actions.AlreadyRegistered):
        words = _("This person has registered again in the meantime.")
    return private_page(
        "site/delegation/return.html",
        lang,
        f"/delegations/{token}/people/{reference}/return",
        refusal.status if refusal else 422 if form.errors else 200,
        person=person.full_name,
        event=delegation_view.seen_by(found, lang),
        until=i18n.stamp(returning.undo_until(person), found.event.zone, lang),
        **delegation.told(person, token),
        form=form,
        own_url=here,
        refusal=press_again() if form.errors else words,
    )
