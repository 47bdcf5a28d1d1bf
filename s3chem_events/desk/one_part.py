"""One part of what somebody takes part in, changed for her: GET asks, POST does; over capacity only when said so."""

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Refused
from s3chem_events.desk import answers, out_of_turn
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event
from s3chem_events.publishing.words import modes as mode_words
from s3chem_events.registration import by_hand, capacity, crowds, modes, participants, queries
from s3chem_events.registration.models import Participation, Registration

PERSON = "/events/<slug>/participants/<reference>"


class Step(NamedTuple):
    """What can be done with one part of a person."""

    mode: Mode | None
    leaves: bool


class Choice(NamedTuple):
    """A place that can be had: of which part and how, who comes before, and whether one can wait for it, too."""

    part: str
    title: str
    mode: Mode
    ahead: by_hand.Ahead | None
    may_wait: bool


def steps(person: Registration) -> dict[int, Step]:
    """Return what can be done with each part of a person, by the participation's id."""
    return {
        one.id: Step(modes.other_mode(person, one, by_hand=True), by_hand.may_leave(person, one))
        for one in person.participations
    }


@desk.route(f"{PERSON}/parts", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_parts(slug: str, reference: str) -> ResponseReturnValue:
    """Show which parts can be added, and how (GET); add one (POST)."""
    found, person = _person(slug, reference)
    if request.method == "POST":
        part, mode = request.form.get("part", ""), _mode()
        over, waits = _over(), request.form.get("waits") == "y"
        return _done(
            person,
            lambda one: by_hand.add(one, part_key=part, mode=mode, by=by(), beyond=over, waits=waits),
            added=part,
        )
    parts = by_hand.addable(person)
    chosen = [(part, mode) for part in parts for mode in part.capacities]
    ahead = by_hand.ahead(found, chosen)
    return _page(
        "parts",
        found,
        person,
        choices=[
            Choice(
                part.key,
                part.title.within(i18n.language()),
                mode,
                ahead=ahead.get((part.key, mode)),
                may_wait=crowds.has_line(found, part),
            )
            for part, mode in chosen
        ],
    )


@desk.route(f"{PERSON}/parts/<part>/mode", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_mode(slug: str, reference: str, part: str) -> ResponseReturnValue:
    """Let somebody take part in another way."""
    found, person = _person(slug, reference)
    if request.method == "POST":
        mode, over = _mode(), _over()
        return _done(
            person,
            lambda one: modes.change_mode(one, part_key=part, mode=mode, by=by(), by_hand=True, beyond=over),
        )
    held = _held(person, part)
    other = modes.other_mode(person, held, by_hand=True)
    return _page(
        "mode",
        found,
        person,
        part=held.part.title.within(i18n.language()),
        now=held.part.mode_of(held.mode),
        other=other,
        ahead=by_hand.ahead(found, [(held.part, other)]).get((part, other)) if other else None,
    )


@desk.route(f"{PERSON}/parts/<part>/withdrawal", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_part_withdrawal(slug: str, reference: str, part: str) -> ResponseReturnValue:
    """Take somebody off one part; the rest stays."""
    found, person = _person(slug, reference)
    if request.method == "POST":
        return _done(person, lambda one: by_hand.leave(one, part_key=part, by=by()))
    held = _held(person, part)
    return _page(
        "part_withdrawal",
        found,
        person,
        part=held.part.title.within(i18n.language()),
        now=held.part.mode_of(held.mode),
        may_leave=by_hand.may_leave(person, held),
    )


def _person(slug: str, reference: str) -> tuple[Event, Registration]:
    found = the_event(slug)
    return found, participants.person(found.id, reference) or abort(404)


def _held(person: Registration, part: str) -> Participation:
    return next((one for one in person.participations if one.part.key == part), None) or abort(404)


def _mode() -> Mode:
    asked = request.form.get("mode", "")
    return Mode(asked) if asked in set(Mode) else abort(422)


def _over() -> bool:
    return request.form.get("over") == "y"


def _done(person: Registration, change: Callable[[Registration], bool], *, added: str = "") -> ResponseReturnValue:
    """Change something about a person and go back to her, or, where no place is left by now, to the question.

    From a part that was `added` (its key) the way leads on to what it asks.
    """
    number, has_email, phone = person.id, bool(person.email), person.phone
    slug, reference = person.event.slug, person.reference
    try:
        with transaction():
            registration = queries.registration_by_id(number, lock=True) or abort(404)
            done = change(registration)
    except capacity.Full:
        flash(_("All places are taken by now. Nothing was changed; you can still give one more."), "bad")
        return redirect(request.path, 303)
    except Refused:
        done = False
    if not done:
        flash(_("Nothing was changed."))
    elif has_email:
        flash(_("Changed; the person will be notified by e-mail."), "good")
    else:
        words = _("Changed. Without an e-mail address this person has to be called.")
        flash(f"{words} {phone}".rstrip(), "good")
    if done and added and answers.asks(_person(slug, reference)[1], added):
        flash(_("This part has questions of its own: enter below what the person told you, or leave it empty."))
        asked = url_for("desk.participant_correction", slug=slug, reference=reference, _anchor="questions")
        return redirect(asked, 303)
    return redirect(url_for("desk.participant", slug=slug, reference=reference), 303)


def _page(view: str, found: Event, person: Registration, **shown: Any) -> str:
    return render_template(
        f"desk/participants/{view}.html",
        **header(found),
        person=person,
        modes=mode_words(i18n.language()),
        keeps_waiting=out_of_turn.keeps_waiting,
        kept_note=out_of_turn.kept_note,
        back=url_for("desk.participant", slug=found.slug, reference=person.reference),
        here=request.path,
        **shown,
    )
