"""A question as organisers write it: its words in one language at a time, beside its rules."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import Text
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.fields import Needed, clean, line, options, say, slug_of, spoken
from s3chem_events.publishing import values
from s3chem_events.publishing.models import Event
from s3chem_events.registration import questions
from s3chem_events.registration.file_types import MOST_MB, FileType
from s3chem_events.registration.history import Difference
from s3chem_events.registration.questions import (
    FREE,
    LISTED,
    LONGEST_KEPT,
    LONGEST_KEY,
    MOST_OPTIONS,
    NEED_READERS,
    Asked,
    Kind,
    Option,
    QuestionFacts,
    Readers,
    When,
)

ALWAYS = ""
ADDRESSES = frozenset({"new", "preview", "import"})
"""What stands in addresses where the id of a question would."""
BETWEEN = "="
"""Stands between a question and its choice in the value of a condition."""


class QuestionForm(FlaskForm):
    """One question; `of()` fills it and offers what the event has."""

    label = line(_("Question"), Needed(), longest=300)
    help = line(_("Help"), longest=500)
    choices = TextAreaField(_("Choices, one a line"), [Length(max=5_000)])
    purpose = line(_("What for"), Needed(), longest=300)
    required = BooleanField(_("Must be answered"))
    readers = SelectField(_("Who is told the answers"))
    keep_days = IntegerField(_("Deleted so many days after the event"), [InputRequired(), NumberRange(0, LONGEST_KEPT)])
    types = SelectMultipleField(_("Types of files"), option_widget=CheckboxInput())
    most_mb = IntegerField(_("At most so many megabytes"), [InputRequired(), NumberRange(1, MOST_MB)])
    when = SelectField(_("When it is asked"))
    part = SelectField(_("Asked of those who attend"))
    only = SelectField(_("Asked only upon this answer"))
    known = HiddenField()
    first: str
    """The language in which choices come and go."""

    @classmethod
    def of(cls, base: QuestionFacts, event: Event, before: tuple[Asked, ...], language: str) -> Self:
        """Return the form of a question, in one language; `before` are the questions that stand before it."""
        form = cls(data=_filled(base, language))
        form.first = first_language(base, main_language(values.event_facts(event)))
        here = i18n.language()
        form.part.choices = options(
            {"": gettext("every part"), **{part.key: part.title.within(here) for part in event.parts}}
        )
        conditions = {
            f"{one.key}{BETWEEN}{choice}": f"{one.label.within(here)} – {words}"
            for one in before
            if one.kind in LISTED | {Kind.YES_NO}
            for choice, words in questions.choices(one, here).items()
        }
        form.only.choices = options({ALWAYS: gettext("always"), **conditions})
        chosen = {one: word for one, word in readers().items() if one not in questions.LATER.values()}
        form.readers.choices = options(chosen)
        form.when.choices = options(times())
        if base.kind not in LISTED:
            del form.choices
        form.types.choices = options({one.value: one.value.upper() for one in FileType})
        if base.kind is not Kind.FILE:
            del form.types, form.most_mb
        if base.kind in FREE:
            del form.required
        if base.kind in NEED_READERS:
            del form.readers, form.when
        if not form.is_submitted():
            form.knows(base, language)
        return form

    def knows(self, base: QuestionFacts, language: str) -> None:
        """Note what the page shows of a question as it is saved."""
        self.known.data = json.dumps(_filled(base, language), ensure_ascii=False)

    def meanwhile(self, base: QuestionFacts, language: str) -> list[Difference]:
        """Return in words what others have saved since the page was opened, and what was typed here would overwrite."""
        known, now = _read(self.known.data), _filled(base, language)
        fields = {name: self[name] for name in now if name in self}
        return [
            Difference(str(field.label.text), _words(field, known.get(name)), _words(field, now[name]), hidden=False)
            for name, field in fields.items()
            if _plain(now[name]) not in {_plain(known.get(name)), _plain(field.data)}
        ]

    def facts(self, base: QuestionFacts, language: str, *, taken: set[str]) -> QuestionFacts:
        """Return the question as it is written now; a new one gets an id made of its words.

        Raises:
            Invalid: the choices do not fit those of the other languages.

        """
        only_if, _between, only_is = (self.only.data or "").partition(BETWEEN)
        label = spoken(base.label, language, self.label.data)
        when = When(self.when.data) if "when" in self else base.when
        chosen = Readers(self.readers.data) if "readers" in self else base.readers
        return replace(
            base,
            label=label,
            help=spoken(base.help, language, self.help.data),
            purpose=spoken(base.purpose, language, self.purpose.data),
            key=base.key if base.key and base.key not in taken else new_key(base.key or label, taken | ADDRESSES),
            options=_options(base, self.choices.data or "", language, self.first) if "choices" in self else (),
            required="required" in self and self.required.data,
            readers=questions.told_to(base.kind, when) or chosen,
            when=when,
            types=tuple(FileType(one) for one in self.types.data or ()) if "types" in self else (),
            most_mb=self.most_mb.data if "most_mb" in self else base.most_mb,
            keep_days=self.keep_days.data,
            part=self.part.data,
            only_if=only_if,
            only_is=only_is,
        )

    def blame(self, fault: Invalid) -> None:
        """Say at its field what does not hold together."""
        sentences = {
            "lines": ("choices", gettext("Give each choice a line of its own, as many as in the first language.")),
            "options": (
                "choices",
                gettext("Give each choice a line of its own: at least one, at most %(most)s.", most=MOST_OPTIONS),
            ),
            "still_needed": (
                "choices",
                gettext("Another question is asked only upon a choice that would go. Change that question first."),
            ),
            "when": ("when", gettext("This cannot be asked at that time.")),
            "only_if": ("only", gettext("Choose an answer to a question that stands before this one.")),
            "only_is": ("only", gettext("Choose an answer to a question that stands before this one.")),
        }
        sentences |= {
            "readers": (
                "readers",
                gettext("People have answered, and were told who reads it. Add another question for other readers."),
            ),
            "keep_days": (
                "keep_days",
                gettext("People have answered, and were told until when it is kept: it can only be deleted sooner."),
            ),
        }
        name, sentence = sentences.get(fault.path, ("label", gettext("This question cannot be saved like this.")))
        say(self._fields.get(name, self.label), sentence)


def readers() -> dict[Readers, str]:
    """Return in words who can be told answers."""
    return {
        Readers.ORGANISERS: gettext("The organisers of this event"),
        Readers.CATERER: gettext("The organisers, and the caterer in numbers without names"),
        Readers.ACCESSIBILITY: gettext("The organisers alone; only coordinators can export it"),
        Readers.GATE: gettext("Those who make the list for the entrance"),
        Readers.LETTER: gettext("Those who write letters of invitation"),
    }


def times() -> dict[When, str]:
    """Return in words when a question can be asked."""
    return {
        When.REGISTERING: gettext("With the registration"),
        When.AFTERWARDS: gettext("For the entrance: later, only of those who have a place on site"),
        When.LETTER: gettext("For a letter of invitation: later, only of those who need one"),
    }


def _filled(base: QuestionFacts, language: str) -> dict[str, Any]:
    words = {name: getattr(base, name).get(language, "") for name in ("label", "help", "purpose")}
    return {
        **words,
        "choices": "\n".join(option.label.get(language, "") for option in base.options),
        "required": base.required,
        "readers": Readers.ORGANISERS if base.readers in questions.LATER.values() else base.readers.value,
        "when": base.when.value,
        "types": [one.value for one in questions.types_of(base)],
        "most_mb": base.most_mb,
        "keep_days": base.keep_days,
        "part": base.part,
        "only": f"{base.only_if}{BETWEEN}{base.only_is}" if base.only_if else ALWAYS,
    }


def _read(written: str | None) -> dict[str, Any]:
    """Return what a page said that it knew; nothing of what is no such thing."""
    try:
        known = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def _plain(value: Any) -> str:
    """Return a value of a field as it can be compared, however lines are ended and choices ordered."""
    return str(sorted(map(str, value))) if isinstance(value, list) else "\n".join(str(value).split("\r\n")).strip()


def _words(field: Field, value: Any) -> str:
    """Return a value of a field as the form shows it."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    labels = {one.value: str(one.label) for one in getattr(field, "choices", None) or ()}
    chosen = value if isinstance(value, list) else ["" if value is None else value]
    return ", ".join(labels.get(str(one), str(one)) for one in chosen)


def reworded(before: QuestionFacts, after: QuestionFacts, language: str) -> dict[str, str]:
    """Return old and new words of the choices that were given other words, and so lost those in other languages."""
    words = {one.key: one.label for one in after.options}
    pairs = [(one.label, words[one.key]) for one in before.options if one.key in words]
    return {
        old[language]: new[language] for old, new in pairs if language in old and set(new) == {language} and old != new
    }


def first_language(question: QuestionFacts, main: str) -> str:
    """Return the language in which choices come and go: the event's main one, once all have words in it."""
    labels = [one.label for one in question.options]
    return next((label.said(main).lang for label in labels if main not in label), main)


def _options(base: QuestionFacts, typed: str, language: str, first: str) -> tuple[Option, ...]:
    """Return the choices: they come, go and move in the first language alone; the others say them line by line."""
    lines = [clean(one) for one in typed.split("\n")]
    if base.options and language != first:
        return _translated(base.options, lines, language)
    return _listed(base.options, list(dict.fromkeys(filter(None, lines))), language)


def _translated(there: Sequence[Option], lines: list[str], language: str) -> tuple[Option, ...]:
    """Return the choices with line n as the words of choice n; an empty line leaves its words out."""
    said = [words for words in lines if words]
    if said and len(said) != len(there):
        said, more = lines[: len(there)], lines[len(there) :]
        if len(said) < len(there) or any(more):
            raise Invalid("lines", "as many as in the first language")
    pairs = zip(there, said or [""] * len(there), strict=True)
    return tuple(replace(one, label=spoken(one.label, language, words)) for one, words in pairs)


def _listed(there: Sequence[Option], lines: list[str], language: str) -> tuple[Option, ...]:
    """Return the choices in the order of the lines: what answers mean is the id, which known words keep.

    Other words in the place of a choice are its own where nothing else came, went or moved: what it is called in other
    languages is to be said anew. Any other new line is another choice, with an id that none had.
    """
    known = {one.label.get(language): one for one in there}
    in_place = len(lines) == len(there) and all(
        known.get(words, one) is one for words, one in zip(lines, there, strict=False)
    )
    if in_place:
        pairs = zip(lines, there, strict=True)
        return tuple(one if words in known else replace(one, label=Text({language: words})) for words, one in pairs)
    taken, made = {one.key for one in there}, []
    for words in lines:
        option = known.get(words) or Option(new_key(Text({language: words}), taken), Text({language: words}))
        taken.add(option.key)
        made.append(option)
    return tuple(made)


def new_key(words: Text | str, taken: AbstractSet[str]) -> str:
    """Return an id that is free, made of words where they have letters of the alphabet."""
    stem = slug_of(words if isinstance(words, str) else words.within("en"), LONGEST_KEY - 4).lstrip("0123456789-")
    stem = stem or "question"
    number = 2
    key = stem
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    return key
