"""People taken off an event; and the ten minutes in which they, and the rejected, can be put back."""

from collections.abc import Iterable, Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from s3chem_events.core.db import transaction
from s3chem_events.core.values import frozen
from s3chem_events.desk import asking, words
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.mailing import suppression
from s3chem_events.publishing import queries as publishing
from s3chem_events.publishing import values
from s3chem_events.publishing.models import Event
from s3chem_events.registration import actions, batches, participants, queries
from s3chem_events.registration.batches import Batch, Undone
from s3chem_events.registration.models import Registration
from s3chem_events.registration.participants import PAGE


@frozen
class Held:
    """What was done to people and can still be undone; then so many `emails` leave, and so many have to be called.

    `name` is that of its one person.
    """

    batch: Batch
    emails: int
    calls: int
    name: str


def held(event_id: int, about: int | None = None) -> list[Held]:
    """Return what can still be undone at an event, or about one person of it."""
    found = [one for one in batches.held(event_id) if about is None or about in one.subjects]
    people = queries.registrations_by_ids(number for batch in found for number in batch.subjects) if found else {}
    reached, to_call = _reached(people.values()), {one.id for one in people.values() if not one.email}
    names = {one: person.full_name for one, person in people.items()}  # who has said "not me" meanwhile is none of them
    return [
        Held(
            one,
            emails=len(reached & one.subjects),
            calls=len(to_call & one.subjects),
            name="".join(names.get(n, "") for n in one.subjects if one.people == 1),
        )
        for one in found
    ]


@desk.route("/events/<slug>/participants/withdrawal", methods=["POST"])
@allowed("participants.edit")
def participants_withdrawal(slug: str) -> ResponseReturnValue:
    """Take the chosen people off the event: the first press asks, the second does."""
    found = the_event(slug)
    people = queries.registrations_by_references(found.id, request.form.getlist("reference")[:PAGE])
    back = url_for("desk.participants_list", slug=slug)
    if not any(map(actions.may_withdraw, people)):
        flash(_nothing_left(people) or _("Choose the people first."), "bad")
        return redirect(back, 303)
    return _withdrawn(slug, people, back) if "confirmed" in request.form else _asking(found, people, back)


@desk.route("/events/<slug>/participants/<reference>/withdrawal", methods=["GET", "POST"])
@allowed("participants.edit")
def participant_withdrawal(slug: str, reference: str) -> ResponseReturnValue:
    """Take a person off the event: GET asks, POST does."""
    found = the_event(slug)
    person = participants.person(found.id, reference) or abort(404)
    back = url_for("desk.participant", slug=slug, reference=reference)
    if person.withdrawn_at is not None:
        flash(_("It has already been withdrawn."), "bad")
        return redirect(back, 303)
    if not actions.may_withdraw(person):
        flash(_nothing_left([person]), "bad")
        return redirect(back, 303)
    return _withdrawn(slug, [person], back) if request.method == "POST" else _asking(found, [person], back)


def _asking(found: Event, people: Sequence[Registration], back: str) -> str:
    there = [one for one in people if actions.may_withdraw(one)]
    return render_template(
        "desk/participants/withdrawals.html",
        **header(found),
        people=there,
        others=_nothing_left(people),
        told=bool(_reached(there)),
        call=_call(there),
        back=back,
    )


def _nothing_left(people: Iterable[Registration]) -> str:
    said = words.stands(one for one in people if not actions.may_withdraw(one))
    return _("Nothing to withdraw: %(people)s.", people=said) if said else ""


def _call(people: Sequence[Registration]) -> str:
    return words.to_be_called(people[0]) if len(people) == 1 else ""


def _reached(people: Iterable[Registration]) -> frozenset[int]:
    """Return who of these hears by e-mail what is done to them: whoever has an address that is written to."""
    written = {one.id: one.address_digest for one in people if one.email}
    dead = suppression.dead(set(written.values()))
    return frozenset(number for number, digest in written.items() if digest not in dead)


def _withdrawn(slug: str, people: Sequence[Registration], back: str) -> ResponseReturnValue:
    ids = [one.id for one in people]
    with transaction():
        publishing.event_by_slug(slug, lock=True)
        locked = [one for one in map(queries.registration_by_id, ids) if one is not None]
        others, gone = _nothing_left(locked), [one for one in locked if actions.may_withdraw(one)]
        count = batches.withdraw(gone, by=by())
    if count:
        said = ngettext("%(num)s person withdrawn.", "%(num)s people withdrawn.", count)
        flash(" ".join(filter(None, (said, _call(gone)))), "good")
    if others:
        flash(others, "bad")
    return redirect(back, 303)


@desk.route("/events/<slug>/participants/undo", methods=["POST"])
@allowed("participants.edit")
def participants_undo(slug: str) -> ResponseReturnValue:
    """Put people back whom nobody has written to yet."""
    try:
        with transaction():
            event = publishing.event_by_slug(slug, lock=True) or abort(404)
            facts = values.event_facts(event)
            before = asking.overbooked(facts, queries.booked(event.id))
            undone = batches.undo(event.id, request.form.get("batch", ""), by=by())
            beyond = [one for one in asking.overbooked(facts, queries.booked(event.id)) if one not in before]
    except batches.TooLate:
        flash(_("It is too late to undo this: the e-mails are on their way."), "bad")
    else:
        _say(undone)
        for sentence in beyond:  # an organiser gave their places to others in the meantime
            flash(sentence)
    if reference := request.form.get("reference"):
        return redirect(url_for("desk.participant", slug=slug, reference=reference), 303)
    return redirect(url_for("desk.participants_list", slug=slug), 303)


def _say(undone: Undone) -> None:
    if undone.late:
        said = _(
            "Not undone: %(names)s. Somebody else has come by the same invitation in the meantime. "
            "Take that person off first, and then undo it once more.",
            names=", ".join(undone.late),
        )
        flash(said, "bad")
        if undone.back:
            flash(_("Undone for the others: they have the old place again, and nobody has been told."), "good")
    else:
        flash(_("Undone. Everybody has the old place again, and nobody has been told."), "good")
    if undone.anew:
        said = ngettext(
            "%(num)s person had registered again in the meantime: "
            "the older registration counts, with whatever is better in the newer one.",
            "%(num)s people had registered again in the meantime: "
            "the older registrations count, with whatever is better in the newer ones.",
            len(undone.anew),
        )
        told = _("An e-mail says how it stands now.") if _reached(undone.anew) else ""
        flash(" ".join(filter(None, (said, told, _call(undone.anew)))))
