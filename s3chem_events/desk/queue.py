"""A place given by hand to somebody who waits: out of turn, and over capacity only after a second press."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.desk import words
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing.words import modes
from s3chem_events.registration import capacity, crowds, participants, queries, waiting
from s3chem_events.registration.capacity import IN_LINE, Standing
from s3chem_events.registration.models import Registration


@desk.route("/events/<slug>/participants/<reference>/place/<part>", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_place(slug: str, reference: str, part: str) -> ResponseReturnValue:
    """Give a place to somebody who waits: GET asks, POST does."""
    found = the_event(slug)
    person = participants.person(found.id, reference) or abort(404)
    held = next((one for one in person.participations if one.part.key == part), None) or abort(404)
    back = url_for("desk.participant", slug=slug, reference=reference)
    if request.method == "POST":
        return redirect(back if _give(person, part) else request.path, 303)
    mode, language = held.part.mode_of(held.mode), i18n.language()
    there = crowds.of(found.id).get((held.part_id, mode), crowds.NOBODY)
    limit, taken = held.part.capacities.get(mode), there.gone
    return render_template(
        "desk/participants/place.html",
        **header(found),
        person=person,
        call=words.to_be_called(person),
        part=held.part.title.within(language),
        mode=modes(language)[mode],
        waits=held.standing in IN_LINE,
        ahead=waiting.ahead_of(held) if held.standing is Standing.WAITING else 0,
        limit=limit,
        taken=taken,
        over=held.standing is Standing.WAITING and limit is not None and taken >= limit,
        may_come_back=there.kept,
        back=back,
        here=request.path,
    )


def _give(person: Registration, part: str) -> bool:
    number, call = person.id, words.to_be_called(person)
    try:
        with transaction():
            registration = queries.registration_by_id(number, lock=True) or abort(404)
            over = request.form.get("over") == "y"
            given = waiting.give_place(registration, part_key=part, by=by(), over_capacity=over)
    except capacity.Full:
        flash(_("All places are taken by now. Nothing was changed; you can still give one more."), "bad")
        return False
    except Refused:
        flash(_("Nothing was changed."))
        return True
    if not given:
        said = _("Nothing was changed.")
    elif call:
        said = " ".join((_("The person has a place."), call))
    else:
        said = _("The person has a place and will be notified by e-mail.")
    flash(said, "good")
    return True
