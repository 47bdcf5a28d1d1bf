"""The people who have to be called, ticked off one by one: the overview shows who did it and when."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.core.db import transaction
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.desk.participants import person_of
from s3chem_events.registration import calls, queries


@desk.route("/events/<slug>/participants/<reference>/call", methods=["POST"])
@allowed("participants.edit")
def participant_call(slug: str, reference: str) -> ResponseReturnValue:
    """Note that somebody was called, or that she was not after all; a press upon what is so already changes nothing."""
    _found, person = person_of(slug, reference)
    about = request.form.get("about", "")
    if not about.isdecimal() or len(about) > 9:  # noqa: PLR2004 - an INTEGER
        abort(404)
    with transaction():
        registration = queries.registration_by_id(person.id, lock=True) or abort(404)
        done = calls.note(registration, about=int(about), called="called" in request.form, by=by())
    if not done:
        flash(_("Nothing was changed."))
    return redirect(f"{url_for('desk.event', slug=slug)}#calls", 303)
