"""Registrations that wait for a decision: approved or rejected, one or several at once."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.text import LANGUAGES
from s3chem_events.desk import out_of_turn, words
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing.lifecycle import TAKING
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
    if the_event(slug).state not in TAKING:
        return _back(slug, _("This event takes no registration any more."))
    over = request.form.get("over") == "y"
    try:
        with transaction():
            locked = _locked(slug, people)
            left = [one for one in locked if not approval.approve(one, by=by(), parts=_parts(), over_capacity=over)]
            others = _undecidable(left)
    except capacity.Full as refusal:
        found = the_event(slug)
        asked, others = _split(_chosen(slug), approval.may_approve)
        full, awaited, note = out_of_turn.told(found, refusal.values["places"])  # type: ignore[arg-type]
        page = render_template(
            "desk/participants/approval.html",
            **header(found),
            people=asked,
            others=others,
            parts=_named(found),
            full=full,
            awaited=[*awaited, note] if note else awaited,
        )
        return page, refusal.status
    if approved := [one for one in locked if one not in left]:
        said = ngettext("%(num)s registration approved.", "%(num)s registrations approved.", len(approved))
        flash(" ".join(filter(None, (said, words.to_be_called_of(approved)))), "good")
    return _back(slug, others)


@desk.route("/events/<slug>/participants/rejection", methods=["POST"])
@allowed("participants.edit")
def participants_rejection(slug: str) -> ResponseReturnValue:
    """Refuse the chosen people: the first press asks for the reason, the second does it."""
    found, chosen = the_event(slug), _chosen(slug)
    if not chosen:
        return _choose_first(slug)
    people, others = _split(chosen, approval.may_reject)
    if not people:
        return _back(slug, others)
    reason = names.clean_lines(request.form.get("reason", ""))
    is_asked = "confirmed" not in request.form
    fault = "" if is_asked else _fault(reason)
    if is_asked or fault:
        page = render_template(
            "desk/participants/rejection.html",
            **header(found),
            people=people,
            others=others,
            parts=_named(found),
            languages=sorted({LANGUAGES[one.language] for one in people if one.email}),
            reason=reason,
            fault=fault,
        )
        return page, 422 if fault else 200
    with transaction():
        locked = _locked(slug, chosen)
        _rest, others = _split(locked, approval.may_reject)
        count = approval.reject(locked, reason=reason, parts=_parts(), by=by())
    if count:
        flash(ngettext("%(num)s registration rejected.", "%(num)s registrations rejected.", count), "good")
    return _back(slug, others)


def _split(
    people: list[Registration], may: Callable[[Registration, list[str]], bool]
) -> tuple[list[Registration], str]:
    """Return about whom can be decided so, and in words the others, about whom there is nothing to decide."""
    able = [one for one in people if may(one, _parts())]
    return able, _undecidable([one for one in people if one not in able])


def _undecidable(people: list[Registration]) -> str:
    said = words.stands(people, _parts())
    return _("Nothing to decide: %(people)s.", people=said) if said else ""


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


def _back(slug: str, others: str = "") -> ResponseReturnValue:
    if others:
        flash(others, "bad")
    if request.form.get("from") == "person":
        return redirect(url_for("desk.participant", slug=slug, reference=request.form["reference"]), 303)
    part = request.form.get("part") or None
    return redirect(url_for("desk.participants_list", slug=slug, state=Standing.PENDING, part=part), 303)


def _choose_first(slug: str) -> ResponseReturnValue:
    flash(_("Choose the people first."), "bad")
    return redirect(url_for("desk.participants_list", slug=slug, state=Standing.PENDING), 303)
