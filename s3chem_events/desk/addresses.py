"""Addresses that e-mails come back from: corrected at the registration, or let in again."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import NotFound, Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk.events import header
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.participants import person_of
from s3chem_events.mailing import bounces, typos
from s3chem_events.registration import correcting, queries
from s3chem_events.registration.actions import AddressBlocked, AlreadyRegistered


@desk.route("/events/<slug>/participants/<reference>/address", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_address(slug: str, reference: str) -> ResponseReturnValue:
    """Correct a person's address: GET asks, POST does, and sends the confirmation there."""
    found, person = person_of(slug, reference)
    typed, fault, status = person.email, "", 200
    if request.method == "POST":
        typed = request.form.get("email", "")
        try:
            with transaction():
                registration = queries.registration_by_id(person.id, lock=True) or abort(404)
                correcting.correct_address(registration, email=typed, by=by())
        except Refused as refusal:
            fault, status = _sentence(refusal), refusal.status
            found, person = person_of(slug, reference)  # the roll-back has taken them away
        else:
            flash(_("The address has been corrected; the confirmation is on its way there."), "good")
            return redirect(url_for("desk.participant", slug=found.slug, reference=reference), 303)
    hint = typos.meant(typed.strip())
    page = render_template(
        "desk/participants/address.html", **header(found), person=person, typed=typed[:254], fault=fault, hint=hint
    )
    return page, status


@desk.route("/mail/<int:email_id>/readmission", methods=["POST"])
@allowed("outbox.manage")
def email_readmission(email_id: int) -> ResponseReturnValue:
    """Write to an address again that was held back."""
    try:
        with transaction():
            bounces.readmit(email_id, by=by())
    except NotFound:
        flash(_("Nothing was changed."), "bad")
    else:
        said = _("E-mails to this address are sent again from now on. Those that were not sent need “Try again now”.")
        flash(said, "good")
    return redirect(url_for("desk.email", email_id=email_id), 303)


def _sentence(refusal: Refused) -> str:
    said: dict[type[Refused], str] = {
        correcting.SameAddress: _("This is the address that is there already."),
        correcting.Withdrawn: _("It has already been withdrawn."),
        AddressBlocked: _("The owner of this address does not want to be registered."),
        AlreadyRegistered: _("This person is registered with this address already."),
    }
    return said.get(type(refusal), _("Enter one e-mail address, such as name@example.org."))
