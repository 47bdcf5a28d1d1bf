"""What the forms of the desk share: fields, the rules of their values, and the sentences said at them."""

import re
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, ClassVar

from wtforms import Field, FieldList, Form, FormField, SelectChoice, StringField, ValidationError
from wtforms.validators import Length, StopValidation

from s3chem_events.core.clock import now
from s3chem_events.core.i18n import gettext
from s3chem_events.core.text import LANGUAGES, Text
from s3chem_events.publishing import times
from s3chem_events.registration import choices, names

ZONES = (
    *("Europe/Amsterdam", "Europe/Berlin", "Europe/Brussels", "Europe/Madrid", "Europe/Paris", "Europe/Rome"),
    *("Europe/Warsaw", "Europe/Athens", "Europe/Bucharest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki"),
    *("Europe/Lisbon", "Europe/London", "Europe/Prague", "Europe/Riga", "Europe/Sofia", "Europe/Stockholm"),
    *("Europe/Tallinn", "Europe/Vienna", "Europe/Vilnius", "Europe/Zurich"),
)
"""The zones of the partner regions first."""
LONGEST_TITLE = 300
MOST_PLACES = 1_000_000
FIRST_YEAR = 2000
MOST_YEARS_AHEAD = 20
HOURS = ["%H:%M", "%H:%M:%S"]  # browsers send seconds where a step asks for them
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def clean(value: str | None) -> str:
    """Return a typed line without control characters and doubled spaces."""
    return names.clean_line(value or "")


def line(label: str, *validators: object, longest: int = 500, **options: Any) -> StringField:
    """Return a field for one line of text."""
    return StringField(label, [*validators, Length(max=longest)], filters=[clean], **options)


class Needed:
    """The rule of a field that must be filled in; its sentence names the field, for the summary of a refused form."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        """Refuse nothing, and spaces alone; what is there and does not fit has its own sentence already."""
        if not field.data and not field.errors:
            raise StopValidation(gettext("Please fill in: %(label)s.", label=field.label.text))


def places(_form: Form, field: Field) -> None:
    """Hold a number of places within bounds."""
    if field.data is not None and not 0 <= field.data <= MOST_PLACES:
        raise ValidationError(gettext("Enter a number from 0 to 1,000,000, or leave the field empty for no limit."))


def sensible(_form: Form, field: Field) -> None:
    """Hold a day within the years that can be meant: a mistyped one is noticed here, not by the visitors."""
    if field.data is not None and not FIRST_YEAR <= field.data.year <= now().year + MOST_YEARS_AHEAD:
        last = now().year + MOST_YEARS_AHEAD
        raise ValidationError(gettext("Enter a year from %(first)s to %(last)s.", first=FIRST_YEAR, last=last))


def say(field: Field, message: str) -> None:
    """Put a sentence at a field."""
    field.errors = [*field.errors, message]


def spoken(text: Text, language: str, said: str) -> Text:
    """Return a text with other words in one language; no words take the language out."""
    return Text({**text, language: said})


def together(day: date, hour: time | None) -> date:
    """Return the local time, or the day alone where no hour is known."""
    return day if hour is None else datetime.combine(day, hour)


def slug_of(title: str, longest: int = 70) -> str:
    """Return a title as it can stand in an address."""
    return re.sub(r"[^a-z0-9]+", "-", names.fold(title)).strip("-")[:longest].rstrip("-")


def clock_words(code: str, local: datetime, zone: str) -> str:
    """Explain the hour that is missing, or the one that is double."""
    values = {"hour": f"{local:%H:%M}", "zone": zone}
    said: str = (
        gettext("On this day the clocks in %(zone)s go forward and skip %(hour)s. Choose another hour.", **values)
        if code == times.HourSkipped.code
        else gettext(
            "On this day the clocks in %(zone)s go back and show %(hour)s twice. Choose another hour.", **values
        )
    )
    return said


def options(labels: dict[Any, str]) -> list[SelectChoice]:
    """Return labels by value as the choices of a field."""
    return [SelectChoice(str(value), label) for value, label in labels.items()]


def languages() -> list[SelectChoice]:
    """Return the languages by their own names."""
    return options(LANGUAGES)


@lru_cache(maxsize=len(LANGUAGES))
def countries(language: str) -> list[SelectChoice]:
    """Return the countries by name, none first."""
    return [SelectChoice("", "–"), *options(choices.countries(language))]


def every(form: Form) -> list[Field]:
    """Return the fields that hold a value, those inside parts and lists included."""
    found: list[Field] = []
    for field in form:
        if isinstance(field, FormField):
            found += every(field.form)
        elif isinstance(field, FieldList):
            for entry in field:
                found += every(entry.form)
        else:
            found.append(field)
    return found


def faulty(form: Form) -> list[Field]:
    """Return the fields with a sentence at them, those inside parts and lists included."""
    return [field for field in every(form) if field.errors]
