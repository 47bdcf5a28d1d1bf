"""Needs at the desk: numbers for the caterer, and access needs until each has its answer."""

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.attendance import exports
from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.desk import downloads, overview
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.registration import answering, needs


@desk.route("/events/<slug>/catering")
@allowed("needs.see")
def catering(slug: str) -> str:
    """Show how many people eat what, part by part, without a name."""
    found = the_event(slug)
    language = i18n.language()
    return render_template(
        "desk/needs/catering.html",
        **header(found),
        portions=needs.portions(found.id, language),
        parts={part.key: part.title.within(language) for part in found.parts},
    )


@desk.route("/events/<slug>/catering.csv")
@allowed("needs.see")
def catering_file(slug: str) -> Response:
    """Give the numbers as a file, to be passed on."""
    found = the_event(slug)
    rows = [(one.part, one.question, one.answer, str(one.count)) for one in needs.portions(found.id, i18n.language())]
    chunks = exports.csv_file([rows], names=(_("Part"), _("Question"), _("Answer"), _("People")))
    return downloads.file(chunks, f"{slug}-catering.csv")


@desk.route("/events/<slug>/access-needs")
@allowed("needs.see")
def access_needs(slug: str) -> str:
    """Show who needs what to take part, those first who have no answer yet."""
    found = the_event(slug)
    requests = answering.requests(found.id)
    return render_template(
        "desk/needs/access.html",
        **header(found),
        requests=requests,
        gone=needs.taken_back(found.id),
        names=overview.names_of(one.answer.settled_by for one in requests),
        stamp=lambda moment: i18n.stamp(moment, found.zone, i18n.language()),
    )


@desk.route("/events/<slug>/access-needs/<int:answer_id>/answer", methods=["POST"])
@allowed("needs.see")
def access_answered(slug: str, answer_id: int) -> ResponseReturnValue:
    """Note that an access need has been answered."""
    found = the_event(slug)
    with transaction():
        done = answering.settle(found.id, answer_id, by=by())
    flash(_("Noted as answered.") if done else _("Nothing was changed."), "good")
    return redirect(url_for("desk.access_needs", slug=slug), 303)
