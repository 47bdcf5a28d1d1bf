"""One way to save an event at the desk: a form's changes on top of the newest facts, each refusal where it belongs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash
from flask_babel import gettext as _
from wtforms import Field, Form

from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, NotFound, Refused
from s3chem_events.core.guard import settings
from s3chem_events.desk import words
from s3chem_events.desk.fields import say
from s3chem_events.desk.frame import by
from s3chem_events.publishing import actions, queries
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.models import Revision

PATH = re.compile(r"parts\[(?P<number>\d+)\]\.(?P<name>\w+)")
FIELDS = {"starts": "starts_time", "ends": "ends_time", "capacity": "on_site"}
SHORT = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of saving. Refused: a sentence about the whole, and what others changed meanwhile."""

    slug: str = ""
    status: int = 200
    refusal: str = ""
    meanwhile: tuple[Revision, ...] = ()


def save(slug: str, form: Any, change: Callable[[EventFacts], EventFacts]) -> Answer:
    """Save what a valid form changes; what somebody else changed meanwhile is never overwritten unseen."""
    expected = int(form.revision.data) if (form.revision.data or "").isdecimal() else 0
    try:
        with transaction():
            event = queries.event_by_slug(slug, lock=True)
            if event is None:
                raise NotFound
            facts = change(actions.event_facts(event))
            actions.revise_event(event, facts, base_url=settings().base_url, by=by(), expected=expected)
    except Refused as refusal:
        return _refused(slug, form, expected, refusal)
    flash(_("Nothing was changed.") if event.revision == expected else _("Saved."), "good")
    return Answer(event.slug)


def field_at(form: Form, path: str) -> Field | None:
    """Return the field that a refusal's path names."""
    found = PATH.match(path)
    if found and "parts" in form and int(found["number"]) < len(form.parts):
        form, path = form.parts[int(found["number"])].form, FIELDS.get(found["name"], found["name"])
    field = getattr(form, path.rpartition(".")[2], None)
    return field if isinstance(field, Field) else None


def changed_words(revision: Revision) -> list[tuple[str, str, str]]:
    """Return what a revision changed: the names of the fields, with the old and new value where they are short."""
    fields = words.event_fields()
    lines = []
    for key, values in revision.changes.items():
        before, after = (_short(value) for value in values) if isinstance(values, list) else ("", "")
        lines.append((fields.get(key, key), before, after))
    return lines


def _short(value: object) -> str:
    """Write a value that can stand in a line; a longer or deeper one is named only."""
    if isinstance(value, dict) and all(isinstance(said, str) for said in value.values()):
        value = ", ".join(f"{said} ({key})" for key, said in value.items())
    return value if isinstance(value, str) and len(value) <= SHORT else ""


def _refused(slug: str, form: Any, expected: int, refusal: Refused) -> Answer:
    if isinstance(refusal, actions.Stale):
        event = queries.event_by_slug(slug)
        revisions = tuple(r for r in queries.revisions(event.id) if r.number > expected) if event else ()
        form.revision.data = str(revisions[0].number if revisions else expected)
        sentence = _("Somebody else changed this event while you were writing. Nothing of yours is saved yet.")
        return Answer(slug, refusal.status, sentence, revisions)
    field = field_at(form, refusal.path) if isinstance(refusal, Invalid) else None
    if isinstance(refusal, actions.SlugTaken) and "slug" in form:
        say(form.slug, _("Another event has this address already."))
        return Answer(slug, refusal.status)
    if field is not None and isinstance(refusal, Invalid):
        say(field, refusal.detail)
        return Answer(slug, refusal.status)
    return Answer(slug, refusal.status, _sentence(refusal))


def _sentence(refusal: Refused) -> str:
    said: dict[str, str] = {
        "part_in_use": _(
            "People are registered for a part that you removed. Put it back, or have them withdrawn first."
        ),
        "wrong_move": _("The event cannot go from its present state to this one."),
        "not_found": _("This event does not exist any more."),
    }
    return said.get(refusal.code, str(refusal))
