"""The organisers' own questions in the registration form: fields, faults, and how they stand.

Without a script all of them are there; those that are asked only upon another answer stand under words that say so, and
count only when it is given.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    FileField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, DateInput

from s3chem_events.core import i18n
from s3chem_events.core.errors import Invalid
from s3chem_events.core.text import Said
from s3chem_events.core.values import frozen
from s3chem_events.publishing.models import Event
from s3chem_events.registration import choices, file_fields, questions, typed
from s3chem_events.registration.questions import LONGEST, NEEDS, Asked, Given, Kind, Readers, field_name

FEW = 7
"""So many choices are shown at once; more stand in a list."""
AUTOCOMPLETE = {Kind.PHONE: "tel", Kind.COUNTRY: "country"}
FIELDS: dict[Kind, tuple[type[Field], dict[str, Any]]] = {
    Kind.LONG_TEXT: (TextAreaField, {"render_kw": {"rows": 4, "maxlength": LONGEST[Kind.LONG_TEXT]}}),
    Kind.ACCESS: (TextAreaField, {"render_kw": {"rows": 4, "maxlength": LONGEST[Kind.ACCESS]}}),
    Kind.NUMBER: (StringField, {"render_kw": {"inputmode": "decimal", "maxlength": 20}}),
    Kind.PHONE: (TelField, {"render_kw": {"maxlength": 40}}),
    Kind.DATE: (StringField, {"widget": DateInput()}),
    Kind.CONSENT: (BooleanField, {}),
    Kind.FILE: (FileField, {}),
}
SHOWN = "questions_shown"
"""The hidden field that says which versions of the questions a visitor saw."""


@frozen
class Line:
    """A question as the form shows it; a need has a box below it, by which one agrees."""

    field: Field
    label: Said
    said: list[Said]
    seen_by: str
    autocomplete: str
    consent: Field | None
    consent_hint: str
    handle: Field | None = None
    kept: str = ""
    url: str = ""
    """Where the file that is kept is given to its owner; nothing where she must not see it."""
    remove_url: str = ""
    """Where the file that is kept is removed; nothing where it cannot be."""


@frozen
class Group:
    """Questions that are asked in the same case; `only` says in which, nothing where always.

    For a script: of those who attend the `part`, and upon an `answer` to the field `upon`; empty where it is no matter.
    """

    only: str
    lines: list[Line]
    part: str = ""
    upon: str = ""
    answer: str = ""


def fields(asked: Sequence[Asked], lang: str) -> dict[str, Any]:
    """Return the form's fields for these questions, by name."""
    made: dict[str, Any] = {SHOWN: HiddenField()} if asked else {}
    for question in asked:
        name = field_name(question.key)
        made[name] = _field(question, lang)
        if question.kind is Kind.FILE:
            made[file_fields.handle_name(question)] = HiddenField()
        if question.kind in NEEDS:
            made[consent_name(question)] = BooleanField(_consent(question, lang))
    return made


def consent_name(question: Asked) -> str:
    """Return the name of the box by which one agrees that a need is kept."""
    return f"{field_name(question.key)}-consent"


def remember(form: Form, asked: Sequence[Asked]) -> dict[str, int]:
    """Return which versions the visitor saw, and put the present ones into the form."""
    if not asked:
        return {}
    seen = {}
    for word in (form[SHOWN].data or "").split()[: questions.MOST_QUESTIONS]:
        key, _dot, version = word.partition(".")
        if version.isdecimal() and len(version) < len("10000"):
            seen[key] = int(version)
    form[SHOWN].data = " ".join(f"{question.key}.{question.version}" for question in asked)
    return seen


def answers(
    form: Form,
    asked: Sequence[Asked],
    *,
    parts: Sequence[str],
    seen: Mapping[str, int],
    lang: str,
    before: Mapping[str, Any] = MappingProxyType({}),
) -> tuple[Given, ...]:
    """Return what was answered of what applies, and say at each field what is wrong with it.

    `before` are answers that were given earlier, by key, for what is asked upon one of them.
    """
    _ = i18n.words(lang)
    known = dict(before)
    given = []
    for question in asked:
        if not questions.applies(question, parts=parts, answers=known):
            continue
        field = form[field_name(question.key)]
        try:
            value = (
                file_fields.checked(form, question)
                if question.kind is Kind.FILE
                else typed.checked(question, field.raw_data or [])
            )
        except Invalid as fault:
            field.errors = [*field.errors, _sentence(fault.detail, question, lang)]
            continue
        if value is not None and seen.get(question.key, question.version) != question.version:
            sentence = _("This question has changed since you opened the page. Check your answer and submit again.")
            field.errors = [*field.errors, sentence]
        known[question.key] = value
        agreed = question.kind in NEEDS and bool(form[consent_name(question)].data)
        given.append(Given(question, value, agreed, lang))
    return tuple(given)


def show(form: Form, asked: Sequence[Asked], known: Mapping[str, Any]) -> None:
    """Fill in what was answered before, by key."""
    for question in asked:
        value = known.get(question.key)
        if value is not None:
            form[field_name(question.key)].data = value
            if question.kind in NEEDS:
                form[consent_name(question)].data = True


def groups(form: Form, asked: Sequence[Asked], event: Event, lang: str) -> list[Group]:
    """Return the questions as they stand in the form, in their order."""
    by_key = {question.key: question for question in asked}
    titles = {part.key: part.title.within(lang) for part in event.parts}
    last_day = max(part.ends_on for part in event.live_parts)
    made: list[Group] = []
    for question in asked:
        only = _only(question, by_key, titles, lang)
        if not made or made[-1].only != only:
            upon = field_name(question.only_if) if question.only_if in by_key else ""
            made.append(Group(only, [], question.part, upon, question.only_is))
        made[-1].lines.append(_line(form, question, last_day, lang))
    return made


def _line(form: Form, question: Asked, last_day: date, lang: str) -> Line:
    _ = i18n.words(lang)
    field = form[field_name(question.key)]
    field.flags.required = question.required
    if question.kind is Kind.FILE:
        field.render_kw = {"accept": file_fields.accepted(question)}
    day = questions.erased_on(question, last_day)
    is_need = question.kind in NEEDS
    has_file = question.kind is Kind.FILE
    said = [text.said(lang) for text in (question.help, question.purpose) if text]
    return Line(
        field=field,
        label=question.label.said(lang),
        said=[*said, Said(file_fields.taken(question, lang), lang)] if has_file else said,
        seen_by=_seen_by(question.readers, i18n.short_range(day, day, lang), lang),
        autocomplete=AUTOCOMPLETE.get(question.kind, ""),
        consent=form[consent_name(question)] if is_need else None,
        consent_hint=_("Without your consent, what you write here is not kept; you will be registered all the same.")
        if is_need
        else "",
        handle=form[file_fields.handle_name(question)] if has_file else None,
        kept=file_fields.kept(form, question, lang) if has_file else "",
    )


def _field(question: Asked, lang: str) -> Any:
    label = question.label.within(lang)
    labels = choices.countries(lang) if question.kind is Kind.COUNTRY else questions.choices(question, lang)
    offered = [SelectChoice(value, words) for value, words in labels.items()]
    if question.kind is Kind.SEVERAL_OF:
        return SelectMultipleField(label, choices=offered, option_widget=CheckboxInput(), validate_choice=False)
    if offered and len(offered) <= FEW:
        return RadioField(label, choices=offered, validate_choice=False)
    if offered:
        return SelectField(label, choices=[SelectChoice("", "–"), *offered], validate_choice=False)
    field, options = FIELDS.get(question.kind, (StringField, {"render_kw": {"maxlength": LONGEST.get(question.kind)}}))
    return field(label, **options)


def _only(question: Asked, by_key: Mapping[str, Asked], titles: Mapping[str, str], lang: str) -> str:
    """Say in which case a question is asked."""
    _ = i18n.words(lang)
    said = []
    if question.part:
        said.append(_("Only if you attend: %(part)s", part=titles.get(question.part, question.part)))
    if other := by_key.get(question.only_if):
        choice = questions.choices(other, lang).get(question.only_is, question.only_is)
        said.append(
            _("Only if you answer “%(answer)s” to “%(question)s”", answer=choice, question=other.label.within(lang))
        )
    return " · ".join(said)


def _consent(question: Asked, lang: str) -> str:
    _ = i18n.words(lang)
    if question.kind is Kind.DIET:
        return _("I agree that my dietary needs are stored and passed on to the caterer without my name.")
    return _("I agree that my access needs are stored, so that the organisers can prepare for them and answer me.")


def _seen_by(readers: Readers, day: str, lang: str) -> str:
    _ = i18n.words(lang)
    said = {
        Readers.ORGANISERS: _("Seen by the organisers of this event. Deleted on %(date)s.", date=day),
        Readers.CATERER: _(
            "Seen by the organisers of this event; the caterer is given numbers without names. Deleted on %(date)s.",
            date=day,
        ),
        Readers.ACCESSIBILITY: _(
            "Seen by the organisers of this event alone, not by helpers at the entrance. Deleted on %(date)s.", date=day
        ),
        Readers.GATE: _(
            "Seen by the organisers who make the list for the entrance, and by the entrance. Deleted on %(date)s.",
            date=day,
        ),
        Readers.LETTER: _("Seen by the organisers who write your letter alone. Deleted on %(date)s.", date=day),
    }
    return said[readers]


def _sentence(code: str, question: Asked, lang: str) -> str:
    _ = i18n.words(lang)
    label = question.label.within(lang)
    said = {
        "missing": _("Please answer: %(question)s", question=label),
        "long": _("Please use at most %(number)s characters.", number=LONGEST.get(question.kind, 0)),
        "number": _("Enter a number, such as 12 or 2.5."),
        "choice": _("Choose one of the answers that are offered."),
        "date": _("Enter a date with day, month and year."),
        "country": _("Choose a country of the list."),
        **file_fields.sentences(question, lang),
        "phone": _("Enter a telephone number, such as +32 2 123 45 67."),
    }
    return said[code]
