"""What somebody tells on the telephone: the organisers' own questions, in the forms that the desk fills in for her.

Nothing must be answered here. What the entrance or a letter wants is taken down, and never shown again.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from s3chem_events.core import i18n
from s3chem_events.core.text import Said
from s3chem_events.desk.fields import say
from s3chem_events.desk.frame import may
from s3chem_events.publishing.models import Event
from s3chem_events.registration import asked_again, asking, completeness, details, own_questions
from s3chem_events.registration.changing import Answered
from s3chem_events.registration.models import Registration
from s3chem_events.registration.own_questions import Group, consent_name
from s3chem_events.registration.places import INTERESTED
from s3chem_events.registration.questions import NEEDS, Asked, Given, Kind, Readers, When, field_name

READING = {
    Readers.ORGANISERS: "answers.see",
    Readers.CATERER: "needs.see",
    Readers.ACCESSIBILITY: "needs.see",
    Readers.GATE: "gate.export",
    Readers.LETTER: "gate.export",
}
"""What one must be allowed to take down an answer: the same as to read it."""


class TellingForm(FlaskForm):
    """A form with the organisers' own questions in it, which `asking_for` adds."""

    asked: tuple[Asked, ...] = ()
    answers: tuple[Given, ...] = ()
    told: Collection[str] = ()
    missing: Collection[str] = ()
    seen_versions: Mapping[str, int] = MappingProxyType({})

    @classmethod
    def asking_for(cls, asked: tuple[Asked, ...], more: Mapping[str, Any], **values: Any) -> Self:
        """Make the form with these questions and `more` fields; `values` are known already."""
        made = {**more, **own_questions.fields(asked, i18n.language())}
        form: Self = type(f"{cls.__name__}OfEvent", (cls,), made)(**values)
        form.asked, form.seen_versions = asked, own_questions.remember(form, asked)
        for question in asked:
            if question.kind in NEEDS:
                form[consent_name(question)].label.text = _(
                    "The person has expressly agreed, to me, that this is kept and used for this purpose."
                )
        return form

    def groups(self, event: Event) -> list[Group]:
        """Return the questions as they stand in the form, in their order; nothing where there is none."""
        language = i18n.language()
        found = own_questions.groups(self, self.asked, event, language) if self.asked else []
        kept, missing = ({field_name(key) for key in keys} for keys in (self.told, self.missing))
        for group in found:
            for line in group.lines:
                if line.field.name in missing:
                    line.said.insert(0, Said(_("Must be answered, and is still missing."), language))
                if line.field.name in kept:
                    line.said.insert(0, Said(_("Told already, and not shown here. Left empty, it stays."), language))
            group.lines[:] = [replace(line, consent_hint="") for line in group.lines]
        return found

    def check_answers(self, parts: Collection[str], *, before: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Read what was told of what applies, and say at each field what is wrong with it."""
        self.answers = own_questions.answers(
            self, self.asked, parts=[*parts], seen=self.seen_versions, lang=i18n.language(), before=before
        )
        for one in self.answers:
            if one.question.kind in NEEDS and one.value is not None and not one.agreed:
                field = self[consent_name(one.question)]
                say(field, _("Without the person’s consent this cannot be kept: tick the box, or empty the field."))

    def answered(self) -> Answered:
        """Return what was asked and told; what is not shown stays where nothing was told instead."""
        given = {one.question.key for one in self.answers if one.value is not None}
        asked = [one for one in self.asked if one.key in given or one.key not in self.told]
        return Answered(asked, self.answers)


def of_newcomer(event: Event) -> tuple[Asked, ...]:
    """Return what is asked of somebody who is put down by hand: with the registration, and for the entrance."""
    return tuple(one for one in _readable(event.id) if one.when is not When.LETTER)


def of_person(person: Registration) -> tuple[tuple[Asked, ...], dict[str, Any]]:
    """Return what a loaded person is asked by now, and by key what she has told so far."""
    told, asked = details.given_by(person.id), _readable(person.event_id)
    parts = {held.part.key for held in person.participations if held.standing in INTERESTED}
    later = details.asked_of(person, [one for one in asked if one.when is not When.REGISTERING], before=told)
    theirs = [one for one in asked if one.when is When.REGISTERING and (not one.part or one.part in parts)]
    ids = {one.id for one in (*theirs, *later)}
    return tuple(one for one in asked if one.id in ids), told


def asks(person: Registration, part: str) -> bool:
    """Whether a part asks a loaded person something that she has not told, and the organiser may take down."""
    asked, told = of_person(person)
    return any(one.part == part and one.key not in told for one in asked)


def missing(person: Registration) -> list[Asked]:
    """Return what a loaded person must still answer, as far as the organiser may read it."""
    return [one for one in completeness.still_open_of(person) if may(READING[one.readers])]


def shown(person: Registration, asked: Collection[Asked]) -> dict[str, Any]:
    """Return by key the answers that stand in the form."""
    return asked_again.shown_answers(person, [one for one in asked if one.when is When.REGISTERING])


def _readable(event_id: int) -> tuple[Asked, ...]:
    """Return what the organiser may read of an event's questions. Nobody tells a file on the telephone."""
    asked = asking.asked_at(event_id, when=None)
    theirs = [one for one in asked if one.kind is not Kind.FILE and may(READING[one.readers])]
    return tuple(replace(one, required=False) for one in theirs)
