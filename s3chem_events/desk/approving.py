"""Registrations that wait for a decision: approved or rejected, one or several at once."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import out_of_turn
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.models import Event
from s3chem_events.registration import approval, capacity, names, queries
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import LONGEST_REASON, Registration
from s3chem_events.registration.participants import PAGE


@desk.route("/events/<slug>/participants/approval", methods=["POST"])
@allowed("participants.edit")
def participants_approval(slug: str) -> ResponseReturnValue:
    """Give the chosen people their places; one of somebody whose place has gone on takes a second press."""
    people = _chosen(slug)
    if not people:
        return _choose_first(slug)
    over = request.form.get("over") == "y"
    try:
        with transaction():
            locked = _locked(slug, people)
            count = sum(approval.approve(one, by=by(), parts=_parts(), over_capacity=over) for one in locked)
    except capacity.Full as refusal:
        found, people = the_event(slug), _chosen(slug)
        full, awaited, note = out_of_turn.told(found, refusal.values["places"])  # type: ignore[arg-type]
        page = render_template(
            "desk/participants/approval.html",
            **header(found),
            people=people,
            parts=_named(found),
            full=full,
            awaited=[*awaited, note] if note else awaited,
        )
        return page, refusal.status
    flash(ngettext("%(num)s registration approved.", "%(num)s registrations approved.", count), "good")
    return _back(slug)


@desk.route("/events/<slug>/participants/rejection", methods=["POST"])
@allowed("participants.edit")
def participants_rejection(slug: str) -> ResponseReturnValue:
    """Refuse the chosen people: the first press asks for the reason, the second does it."""
    found, people = the_event(slug), _chosen(slug)
    if not people:
        return _choose_first(slug)
    reason = names.clean_lines(request.form.get("reason", ""))
    is_asked = "confirmed" not in request.form
    fault = "" if is_asked else _fault(reason)
    if is_asked or fault:
        page = render_template(
            "desk/participants/rejection.html",
            **header(found),
            people=people,
            parts=_named(found),
            languages=sorted({LANGUAGES[one.language] for one in people if one.email}),
            reason=reason,
            fault=fault,
        )
        return page, 422 if fault else 200
    with transaction():
        count = approval.reject(_locked(slug, people), reason=reason, parts=_parts(), by=by())
    flash(ngettext("%(num)s registration rejected.", "%(num)s registrations rejected.", count), "good")
    return _back(slug)


def _fault(reason: str) -> str:
    if len(reason) > LONGEST_REASON:
        return str(_("Please use at most %(number)s characters.", number=LONGEST_REASON))
    return "" if reason else str(_("Say why: nobody is rejected without a reason."))


def _chosen(slug: str) -> list[Registration]:
    return queries.registrations_by_references(the_event(slug).id, request.form.getlist("reference")[:PAGE])


def _parts() -> list[str]:
    """Return the keys of the parts that are decided about; none where it is all that a person asked for."""
    return [key for key in request.form.getlist("part") if key]


def _named(event: Event) -> dict[str, str]:
    """Return the parts that are decided about, by their keys, for a page that asks."""
    return {part.key: part.title.within(i18n.language()) for part in event.parts if part.key in _parts()}


def _locked(slug: str, people: list[Registration]) -> list[Registration]:
    """Return them, in the order of their arrival, as they are in a transaction that has locked their event."""
    ids = sorted(one.id for one in people)
    publishing.event_by_slug(slug, lock=True)
    return [one for one in map(queries.registration_by_id, ids) if one is not None]


def _back(slug: str) -> ResponseReturnValue:
    if request.form.get("from") == "person":
        return redirect(url_for("desk.participant", slug=slug, reference=request.form["reference"]), 303)
    part = request.form.get("part") or None
    return redirect(url_for("desk.participants_list", slug=slug, state=Standing.PENDING, part=part), 303)


def _choose_first(slug: str) -> ResponseReturnValue:
    flash(_("Choose the people first."), "bad")
    return redirect(url_for("desk.participants_list", slug=slug, state=Standing.PENDING), 303)
