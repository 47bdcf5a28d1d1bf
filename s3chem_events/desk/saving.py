"""One way to save an event at the desk: a form's changes on top of the newest facts, each refusal where it belongs.

What somebody else saved meanwhile stays; what both changed is shown at its field and saved by a second press only.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from wtforms import Field, Form

from s3chem_events.core import i18n
from s3chem_events.core.clock import now, today
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, NotFound, Refused
from s3chem_events.core.guard import settings
from s3chem_events.core.values import frozen
from s3chem_events.desk import asking, changes, deciding, rows, words
from s3chem_events.desk.asking import Question
from s3chem_events.desk.deciding import Pending, Undecided
from s3chem_events.desk.fields import every, say
from s3chem_events.desk.frame import by
from s3chem_events.publishing import actions, booked, merging, queries, values
from s3chem_events.publishing.changes import compare
from s3chem_events.publishing.facts import EventFacts, StillPostponed, follow_title, is_moved
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.merging import Clash
from s3chem_events.publishing.models import Event, Revision
from s3chem_events.publishing.reasons import confined
from s3chem_events.registration import gate_hours
from s3chem_events.registration import queries as registration

PATH = re.compile(r"parts\[(?P<number>\d+)\]\.(?P<name>\w+)")
FIELDS = {"starts": "starts_time", "ends": "ends_time", "capacity": "on_site"}
REVISION = re.compile(r"[0-9]{1,9}")


@frozen
class Answer:
    """What became of saving. Refused: a sentence about the whole, questions first, what others changed meanwhile.

    Where both changed the same, `merged` is what the form shall show, and `clashes` what is to be marked in it. What
    is `pending` is not saved until somebody has decided whether people are told of it.
    """

    slug: str = ""
    status: int = 200
    refusal: str = ""
    meanwhile: tuple[Revision, ...] = ()
    questions: tuple[Question, ...] = ()
    merged: EventFacts | None = None
    clashes: tuple[Clash, ...] = ()
    revision: int = 0
    pending: Pending | None = None
    is_told: bool = False
    is_cancelled_instead: bool = False

    @property
    def is_saved(self) -> bool:
        """Whether it went well."""
        return self.status == 200 and self.pending is None  # noqa: PLR2004 - OK


@frozen
class Edited:
    """A form of an event, the facts that it shows, and what became of saving it; `focus` is where a row was moved."""

    form: Any
    facts: EventFacts
    answer: Answer
    is_saved: bool
    focus: str = ""


class Clashed(Refused):
    """Two people changed the same."""

    code = "clashed"
    status = 409

    def __init__(self, merged: EventFacts, clashes: tuple[Clash, ...], revision: int) -> None:
        """Keep what the form shall show, and where it clashes with which revision."""
        super().__init__()
        self.merged, self.clashes, self.revision = merged, clashes, revision


def opened(event: Event, revision: str | None) -> EventFacts:
    """Return the event as it was when somebody opened its form; the newest where that cannot be told any more."""
    newest = values.event_facts(event)
    seen = _number(revision)
    if not 0 < seen < event.revision:
        return newest
    try:
        return merging.opened(newest, (r.changes for r in queries.revisions(event.id) if r.number > seen))
    except Invalid:
        return newest


def save(slug: str, form: Any, change: Callable[[EventFacts], EventFacts], *, seen: EventFacts) -> Answer:
    """Save what a valid form changes of the event as it was `seen`; nothing is overwritten unseen."""
    expected, decision = _number(form.revision.data), deciding.decision(request.form)
    try:
        with transaction():
            event = queries.event_by_slug(slug, lock=True)
            if event is None:
                raise NotFound
            newest, number, held = values.event_facts(event), event.revision, registration.booked(event.id)
            facts = _on_top(newest, number, seen, expected, confined(seen, follow_title(seen, change(seen))))
            gate_hour = gate_hours.moved(event, facts)
            actions.revise_event(event, facts, base_url=settings().base_url, by=by(), expected=number, booked=held)
            facts = values.event_facts(event)  # what is cancelled is not moved
            confirmed, day = request.form.get("confirmed", ""), today(facts.zone)
            questions = asking.unanswered(newest, facts, confirmed=confirmed, today=day, booked=held)
            pending = Pending(newest, facts, number, decision, questions)
            told = deciding.settle(event, pending, today=day, by=by())
    except Refused as refusal:
        return _refused(slug, form, expected, refusal)
    changed = _("Saved.") if number == expected else _("Saved. What someone else saved in the meantime has been kept.")
    flash(_("Nothing was changed.") if event.revision == number else changed, "good")
    if facts.closes and facts.closes != newest.closes and queries.closes_at(event) <= now():
        flash(_("Registration is closed by this: its hour has passed."), "note")
    if gate_hour and not decision.previewed:
        until = i18n.stamp(gate_hour[1], facts.zone, i18n.language())
        flash(_("Participants can give their details until %(moment)s.", moment=until), "note")
    for line in () if decision.previewed else words.links_to_come(newest, facts):
        flash(line)
    aged = [] if decision.previewed else words.aged(compare(newest, facts))
    if aged:  # the preview has asked otherwise
        flash(" ".join([_("Is this still true?"), *aged]))
    return Answer(event.slug, is_told=told is not None)


def edited(make: Callable[..., Any], found: Event) -> Edited:
    """Fill a form (its `of`) for an event, and save what was sent of it; a row that was moved is not saved yet."""
    slug, newest = found.slug, values.event_facts(found)
    pressed = request.form.get("do", "")
    typed = rows.changed(request.form, pressed) if request.method == "POST" else None
    facts = newest if typed is None else opened(found, typed.get("revision"))
    form = make(facts, revision=found.revision, typed=typed)
    answer = Answer(slug)
    is_sent = typed is not None and not pressed
    if is_sent:
        answer = save(slug, form, form.facts, seen=facts) if form.check(facts) else Answer(slug, 422)
    if answer.merged is not None:
        form = make(newest, revision=answer.revision, shown=answer.merged)
        mark(form, answer)
    focus = rows.goes_on_at(request.form, pressed)
    return Edited(form, answer.merged or facts, answer, is_saved=is_sent and answer.is_saved, focus=focus)


def mark(form: Any, answer: Answer) -> None:
    """Say at the fields of a form, filled with what is `merged`, what somebody else made of them."""
    fields = {field.name: field for field in every(form)}
    keys = [part.key for part in answer.merged.parts] if answer.merged else []
    for clash in answer.clashes:
        field = fields.get(_field_name(clash.path, keys))
        if field is not None:
            theirs = changes.said(clash.path, clash.theirs)
            say(
                field,
                _(
                    "Someone else saved this here: %(theirs)s. Your version is shown; save again to keep it.",
                    theirs=theirs,
                )
                if theirs
                else _("Someone else changed this too. Your version is shown; save again to keep it."),
            )


def field_at(form: Form, path: str) -> Field | None:
    """Return the field that a refusal's path names."""
    found = PATH.match(path)
    if found and "parts" in form and int(found["number"]) < len(form.parts):
        form, path = form.parts[int(found["number"])].form, FIELDS.get(found["name"], found["name"])
    field = getattr(form, path.rpartition(".")[2], None)
    return field if isinstance(field, Field) else None


def _number(revision: str | None) -> int:
    return int(revision) if revision and REVISION.fullmatch(revision) else 0


def _on_top(newest: EventFacts, number: int, seen: EventFacts, expected: int, mine: EventFacts) -> EventFacts:
    """Put what somebody changed of what they saw on top of the newest facts."""
    if expected == number:
        return mine
    if not 0 < expected < number or seen == newest:
        raise actions.Stale(expected=expected, revision=number)
    facts, clashes = merging.merged(seen, mine, newest)
    if newest.state is State.POSTPONED is not mine.state and is_moved(newest, facts):  # it has no day any more
        facts, clashes = replace(facts, state=mine.state), (*clashes, Clash(("state",), newest.state))
    if newest.state is not State.DRAFT:  # it was published meanwhile: people and calendars hold its address
        facts = replace(facts, slug=newest.slug)
    if clashes:
        raise Clashed(facts, clashes, number)
    return facts


def _field_name(path: tuple[str, ...], keys: list[str]) -> str:
    """Return the name of the field that shows a place of the event's file; "" where the form shows none."""
    start, rest = "", path
    if path[0] == "parts" and len(path) > 2 and path[1] in keys:  # noqa: PLR2004 - parts, the key, the value
        start, rest = f"parts-{keys.index(path[1])}-", path[2:]
    elif path[0] == "registration":
        rest = path[1:]
    if not rest:
        return ""
    names = {"capacity": f"{rest[-1]}_places", "venue": f"venue-{rest[-1]}", "starts": "starts_on", "ends": "ends_on"}
    return start + names.get(rest[0], rest[0])


def _refused(slug: str, form: Any, expected: int, refusal: Refused) -> Answer:
    if isinstance(refusal, asking.Unasked):
        return Answer(slug, refusal.status, questions=refusal.questions)
    if isinstance(refusal, Undecided):
        return Answer(slug, refusal.status, pending=refusal.pending)
    if isinstance(refusal, Clashed | actions.Stale):
        return _meanwhile(slug, form, expected, refusal)
    said = _at_field(form, refusal)
    if said is not None:
        say(*said)
        return Answer(slug, refusal.status)
    return Answer(slug, refusal.status, sentence(refusal), is_cancelled_instead=refusal.code == booked.PartInUse.code)


def _meanwhile(slug: str, form: Any, expected: int, refusal: Clashed | actions.Stale) -> Answer:
    event = queries.event_by_slug(slug)
    revisions = tuple(r for r in queries.revisions(event.id) if r.number > expected) if event else ()
    form.revision.data = str(revisions[0].number if revisions else expected)
    if isinstance(refusal, actions.Stale):
        what = _("Someone else changed this event while you were editing it. None of your changes are saved yet.")
        return Answer(slug, refusal.status, what, revisions)
    what = _(
        "You both changed the same thing. None of your changes are saved yet; "
        "the other person’s remaining changes are included below."
    )
    return Answer(
        slug,
        refusal.status,
        what,
        revisions,
        merged=refusal.merged,
        clashes=refusal.clashes,
        revision=refusal.revision,
    )


def _at_field(form: Any, refusal: Refused) -> tuple[Field, str] | None:
    """Return the field that a refusal is about, and what is said there."""
    if isinstance(refusal, actions.SlugTaken) and "slug" in form:
        return form.slug, _("Another event has this address already.")
    if isinstance(refusal, booked.StillRegistered | StillPostponed) and "state" in form:
        return form.state, sentence(refusal)
    field = field_at(form, refusal.path) if isinstance(refusal, Invalid) else None
    return (field, refusal.detail) if field is not None and isinstance(refusal, Invalid) else None


def sentence(refusal: Refused) -> str:
    """Say why an event cannot be saved like this."""
    said: dict[str, str] = {
        "part_in_use": _(
            "People are registered for a part that you removed, or have it in their calendars. "
            "Restore it and cancel it instead: then they are told."
        ),
        "still_asked": _(
            "Questions are asked only of those who choose a part that you removed. "
            "Restore it; then ask these questions no more, or of everybody."
        ),
        "still_registered": _(
            "People are registered, so the event cannot become a draft again. Postpone it or cancel it instead."
        ),
        "still_postponed": _(
            "A postponed event has no new days. Leave its days as they are, or choose another status with the new ones."
        ),
        "wrong_move": _("The event cannot go from its present state to this one."),
        "not_found": _("This event no longer exists."),
    }
    return said.get(refusal.code, str(refusal))
