"""Several people taken off an event at once; and the ten minutes in which they, and the rejected, can be put back."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.core.db import transaction
from s3chem_events.desk import asking
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import values
from s3chem_events.registration import batches, queries
from s3chem_events.registration.participants import PAGE


@desk.route("/events/<slug>/participants/withdrawal", methods=["POST"])
@allowed("participants.edit")
def participants_withdrawal(slug: str) -> ResponseReturnValue:
    """Take the chosen people off the event: the first press asks, the second does."""
    found = the_event(slug)
    people = queries.registrations_by_references(found.id, request.form.getlist("reference")[:PAGE])
    back = redirect(url_for("desk.participants_list", slug=slug), 303)
    if not people:
        flash(_("Choose the people first."), "bad")
        return back
    if "confirmed" not in request.form:
        return render_template("desk/participants/withdrawals.html", **header(found), people=people)
    ids = [one.id for one in people]
    with transaction():
        publishing.event_by_slug(slug, lock=True)
        locked = [one for one in map(queries.registration_by_id, ids) if one is not None]
        count = batches.withdraw(locked, by=by())
    flash(ngettext("%(num)s person withdrawn.", "%(num)s people withdrawn.", count), "good")
    return back


@desk.route("/events/<slug>/participants/undo", methods=["POST"])
@allowed("participants.edit")
def participants_undo(slug: str) -> ResponseReturnValue:
    """Put people back whom nobody has written to yet."""
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            late = batches.undo(event.id, request.form.get("batch", ""), by=by())
            beyond = asking.overbooked(values.event_facts(event), queries.booked(event.id))
    except batches.TooLate:
        flash(_("It is too late to undo this: the e-mails are on their way."), "bad")
    else:
        flash(_("Undone. Everybody has the old place again, and nobody has been told."), "good")
        if late:
            flash(
                ngettext(
                    "%(num)s person had registered again in the meantime and keeps the new registration.",
                    "%(num)s people had registered again in the meantime and keep the new registration.",
                    late,
                ),
            )
        for sentence in beyond:  # an organiser gave their places to others in the meantime
            flash(sentence)
    if reference := request.form.get("reference"):
        return redirect(url_for("desk.participant", slug=slug, reference=reference), 303)
    return redirect(url_for("desk.participants_list", slug=slug), 303)
