"""What an organiser fills in about an event: its facts and parts. From EventFacts to a form and back."""

import re
from dataclasses import replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TimeField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT, LANGUAGES, Text
from s3chem_events.desk import words
from s3chem_events.publishing import facts as rules
from s3chem_events.publishing import times
from s3chem_events.publishing.facts import EventFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import MOVES, Kind, Mode, State, Visibility
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
MOST_PARTS = 20
HOURS = ["%H:%M", "%H:%M:%S"]  # browsers send seconds where a step asks for them
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


def clean(value: str | None) -> str:
    """Return a typed line without control characters and doubled spaces."""
    return names.clean_line(value or "")


def line(label: str, *validators: object, longest: int = 500, **options: Any) -> StringField:
    """Return a field for one line of text."""
    return StringField(label, [*validators, Length(max=longest)], filters=[clean], **options)


def needed() -> InputRequired:
    """Return the rule of a field that must be filled in, with the sentence that says so."""
    return InputRequired(_("Please fill this in."))


def needed_words() -> DataRequired:
    """Return the same rule for words, of which spaces alone are none."""
    return DataRequired(_("Please fill this in."))


def places(_form: Form, field: Field) -> None:
    """Hold a number of places within bounds."""
    if field.data is not None and not 0 <= field.data <= MOST_PLACES:
        raise ValidationError(gettext("Give a number from 0 to 1,000,000, or nothing for no limit."))


def say(field: Field, message: str) -> None:
    """Put a sentence at a field."""
    field.errors = [*field.errors, message]


def _countries() -> list[SelectChoice]:
    return countries(i18n.language())


class VenueForm(Form):
    """A place, as far as it is known."""

    name = line(_("Name of the place"), longest=300)
    address = line(_("Street and number"))
    city = line(_("Town"), longest=120)
    country = SelectField(_("Country"), choices=_countries)

    def facts(self) -> VenueFacts | None:
        """Return the place; None where nothing is known of it."""
        found = VenueFacts(self.name.data, self.address.data, self.city.data, self.country.data or "")
        return None if found == VenueFacts() else found


class PartForm(Form):
    """One part of an event."""

    key = HiddenField(filters=[clean])
    title = line(_("Title of this part"), needed_words(), longest=LONGEST_TITLE)
    starts_on = DateField(_("First day"), [needed()])
    starts_time = TimeField(_("Starts at"), [Optional()], format=HOURS)
    ends_on = DateField(_("Last day"), [needed()])
    ends_time = TimeField(_("Ends at"), [Optional()], format=HOURS)
    visibility = SelectField(
        _("Who may come"), choices=lambda: options(words.visibilities()), coerce=Visibility, default=Visibility.PUBLIC
    )
    on_site = BooleanField(_("On site"))
    on_site_places = IntegerField(_("Places on site"), [Optional(), places])
    online = BooleanField(_("Online"))
    online_places = IntegerField(_("Places online"), [Optional(), places])
    online_url = line(
        _("Link for taking part online"),
        Optional(),
        Regexp(r"https?://\S+", message=_("Please give an address that starts with https://.")),
    )
    venue = FormField(VenueForm)

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the fields of a part together."""
        good: bool = super().validate(extra_validators)
        if not self.on_site.data and not self.online.data:
            say(self.on_site, gettext("Choose at least one: on site or online."))
        if bool(self.starts_time.data) != bool(self.ends_time.data):
            missing = self.ends_time if self.starts_time.data else self.starts_time
            say(missing, gettext("Give both hours, or none while they are not known."))
        elif self.starts_on.data and self.ends_on.data and self._backwards():
            say(self.ends_on, gettext("It ends before it starts."))
        return good and not any(field.errors for field in self)

    def _backwards(self) -> bool:
        if self.starts_time.data and self.ends_time.data:
            return bool(self.ends() <= self.starts())
        return bool(self.ends_on.data < self.starts_on.data)

    def starts(self) -> date:
        """Return the local beginning; without hours the first day."""
        return together(self.starts_on.data, self.starts_time.data)

    def ends(self) -> date:
        """Return the local end; without hours the last day."""
        return together(self.ends_on.data, self.ends_time.data)

    def facts(self, before: PartFacts | None, key: str, language: str) -> PartFacts:
        """Return the part, with what this form does not show taken from `before`."""
        offered = {
            Mode.ON_SITE: (self.on_site.data, self.on_site_places.data),
            Mode.ONLINE: (self.online.data, self.online_places.data),
        }
        title = before.title if before else Text()
        fields: dict[str, Any] = {
            "title": spoken(title, language, self.title.data),
            "starts": self.starts(),
            "ends": self.ends(),
            "visibility": self.visibility.data,
            "capacity": {mode: places for mode, (there, places) in offered.items() if there},
            "venue": self.venue.form.facts(),
            "online_url": self.online_url.data,
        }
        return replace(before, **fields) if before else PartFacts(key=key, **fields)


class EventForm(FlaskForm):
    """The facts of an event and its parts; titles in the event's first language."""

    revision = HiddenField()
    title = line(_("Title"), needed_words(), longest=LONGEST_TITLE)
    slug = line(
        _("Address of the page"),
        needed_words(),
        Regexp(rf"(?:{rules.SLUG.pattern})\Z", message=_("Small letters, digits and single hyphens only.")),
        longest=rules.LONGEST_SLUG,
    )
    kind = SelectField(_("Kind"), choices=lambda: options(words.kinds()), coerce=Kind)
    state = SelectField(_("State"), coerce=State)
    zone = SelectField(_("Time zone"), choices=[SelectChoice(zone) for zone in ZONES])
    region = SelectField(_("Host region"))
    venue = FormField(VenueForm)
    opens = DateTimeLocalField(_("Registration opens"), [Optional()], format=MOMENTS)
    closes = DateTimeLocalField(_("Registration closes"), [Optional()], format=MOMENTS)
    parts = FieldList(FormField(PartForm), max_entries=MOST_PARTS)

    @classmethod
    def of(cls, event: EventFacts, *, revision: int, typed: MultiDict[str, str] | None = None) -> Self:
        """Return the form for an event, filled with it or with what was typed."""
        form = cls(formdata=typed, data=None if typed is not None else filled(event, revision))
        form.state.choices = options(
            {s: w for s, w in words.states().items() if s in {event.state, *MOVES[event.state]}}
        )
        regions = choices.regions(i18n.language())
        form.region.choices = options({"": gettext("Not said"), event.region: event.region, **regions})
        if event.zone not in ZONES:
            form.zone.choices = [SelectChoice(event.zone), *form.zone.choices]
        if event.state is not State.DRAFT:  # a published address stays: people and calendars hold it
            del form.slug
        return form

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the fields together, the hours of the clock included."""
        good: bool = super().validate(extra_validators)
        if not len(self.parts):
            say(self.title, gettext("An event has at least one part: add one."))
        if self.opens.data and self.closes.data and self.closes.data <= self.opens.data:
            say(self.closes, gettext("Registration closes before it opens."))
        self._check_clock(self.opens, self.opens.data)
        self._check_clock(self.closes, self.closes.data)
        for entry in self.parts:
            part = entry.form
            if part.starts_time.data and part.ends_time.data and part.starts_on.data and part.ends_on.data:
                self._check_clock(part.starts_time, part.starts())
                self._check_clock(part.ends_time, part.ends())
        return good and not faulty(self)

    def _check_clock(self, field: Field, local: date | None) -> None:
        if isinstance(local, datetime) and self.zone.data and not field.errors:
            try:
                times.moment(local, self.zone.data)
            except (times.HourSkipped, times.HourTwice) as refusal:
                say(field, clock_words(refusal.code, local, self.zone.data))

    def facts(self, before: EventFacts) -> EventFacts:
        """Return the event as it was filled in, with what this form does not show taken from `before`."""
        language = main_language(before)
        there = {part.key: part for part in before.parts}
        keys = new_keys([entry.form for entry in self.parts], set(there))
        return replace(
            before,
            slug=self.slug.data if "slug" in self else before.slug,
            title=spoken(before.title, language, self.title.data),
            kind=self.kind.data,
            state=self.state.data,
            zone=self.zone.data,
            region=self.region.data,
            venue=self.venue.form.facts(),
            opens=self.opens.data,
            closes=self.closes.data,
            parts=tuple(
                entry.form.facts(there.get(key), key, language) for key, entry in zip(keys, self.parts, strict=True)
            ),
        )


def main_language(event: EventFacts) -> str:
    """Return the language that an event is first written in."""
    return event.title.said(DEFAULT).lang


def spoken(text: Text, language: str, said: str) -> Text:
    """Return a text with other words in one language; no words take the language out."""
    return Text({**text, language: said})


def together(day: date, hour: time | None) -> date:
    """Return the local time, or the day alone where no hour is known."""
    return day if hour is None else datetime.combine(day, hour)


def new_keys(parts: list[PartForm], there: set[str]) -> list[str]:
    """Return the key of each part: a part that is there keeps its own for ever, a new one is named after its title."""
    taken = {part.key.data for part in parts if part.key.data in there}
    keys: list[str] = []
    for part in parts:
        key = part.key.data
        if key not in there or key in keys:
            stem = key = slug_of(part.title.data, 50) or "part"
            number = 2
            while key in taken:
                key, number = f"{stem}-{number}", number + 1
            taken.add(key)
        keys.append(key)
    return keys


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


def filled(event: EventFacts, revision: int) -> dict[str, Any]:
    """Return what the form shows of an event."""
    language = main_language(event)
    return {
        "revision": str(revision),
        **{name: getattr(event, name) for name in ("slug", "kind", "state", "zone", "region", "opens", "closes")},
        "title": event.title.within(language),
        "venue": _venue(event.venue),
        "parts": [_part(part, language) for part in event.parts],
    }


def _part(part: PartFacts, language: str) -> dict[str, Any]:
    starts, ends = part.starts, part.ends
    return {
        "key": part.key,
        "title": part.title.within(language),
        "starts_on": starts,
        "starts_time": starts.time() if isinstance(starts, datetime) else None,
        "ends_on": ends,
        "ends_time": ends.time() if isinstance(ends, datetime) else None,
        "visibility": part.visibility,
        "on_site": Mode.ON_SITE in part.capacity,
        "on_site_places": part.capacity.get(Mode.ON_SITE),
        "online": Mode.ONLINE in part.capacity,
        "online_places": part.capacity.get(Mode.ONLINE),
        "online_url": part.online_url,
        "venue": _venue(part.venue),
    }


def _venue(venue: VenueFacts | None) -> dict[str, str]:
    return {name: getattr(venue, name) for name in VenueFacts.__slots__} if venue else {}


def options(labels: dict[Any, str]) -> list[SelectChoice]:
    """Return labels by value as the choices of a field."""
    return [SelectChoice(str(value), label) for value, label in labels.items()]


def languages() -> list[SelectChoice]:
    """Return the languages by their own names."""
    return options(LANGUAGES)


@lru_cache(maxsize=len(LANGUAGES))
def countries(language: str) -> list[SelectChoice]:
    """Return the countries by name, none first."""
    codes = [str(code) for code in i18n.locale(language).territories]
    codes = [code for code in codes if re.fullmatch("[A-Z]{2}", code) and code not in NO_COUNTRIES]
    named = sorted(((i18n.country_name(code, language), code) for code in codes), key=lambda pair: names.fold(pair[0]))
    return [SelectChoice("", "–"), *(SelectChoice(code, name) for name, code in named)]


NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def faulty(form: Form) -> list[Field]:
    """Return the fields with a sentence at them, those inside parts and lists included."""
    found: list[Field] = []
    for field in form:
        if isinstance(field, FormField):
            found += faulty(field.form)
        elif isinstance(field, FieldList):
            for entry in field:
                found += faulty(entry.form)
        elif field.errors:
            found.append(field)
    return found
