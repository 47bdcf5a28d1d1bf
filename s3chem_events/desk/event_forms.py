"""What an organiser fills in about an event: its facts and parts. From EventFacts to a form and back."""

from dataclasses import replace
from datetime import date, datetime
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
    TimeField,
)
from wtforms.validators import Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT, Text
from s3chem_events.desk import words
from s3chem_events.desk.fields import (
    HOURS,
    LONGEST_TITLE,
    MOMENTS,
    ZONES,
    Needed,
    clean,
    clock_words,
    countries,
    faulty,
    line,
    options,
    places,
    say,
    sensible,
    slug_of,
    spoken,
    together,
)
from s3chem_events.publishing import facts as rules
from s3chem_events.publishing import times
from s3chem_events.publishing.facts import EventFacts, PartFacts, VenueFacts
from s3chem_events.publishing.lifecycle import MOVES, Kind, Mode, State, Visibility
from s3chem_events.registration import choices

MOST_PARTS = 20


def _countries() -> list[SelectChoice]:
    return countries(i18n.language())


class VenueForm(Form):
    """A place, as far as it is known."""

    name = line(_("Name of the venue"), longest=300)
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
    title = line(_("Title of this part"), Needed(), longest=LONGEST_TITLE)
    starts_on = DateField(_("First day"), [Needed(), sensible])
    starts_time = TimeField(_("Starts at"), [Optional()], format=HOURS)
    ends_on = DateField(_("Last day"), [Needed(), sensible])
    ends_time = TimeField(_("Ends at"), [Optional()], format=HOURS)
    visibility = SelectField(
        _("Who can attend"), choices=lambda: options(words.visibilities()), coerce=Visibility, default=Visibility.PUBLIC
    )
    on_site = BooleanField(_("On site"))
    on_site_places = IntegerField(_("Places on site"), [Optional(), places])
    online = BooleanField(_("Online"))
    online_places = IntegerField(_("Places online"), [Optional(), places])
    online_url = line(
        _("Link for online participants"),
        Optional(),
        Regexp(r"https?://\S+", message=_("Please enter an address that starts with https://.")),
    )
    venue = FormField(VenueForm)

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the fields of a part together."""
        good: bool = super().validate(extra_validators)
        if not self.on_site.data and not self.online.data:
            say(self.on_site, gettext("Choose at least one: on site or online."))
        if bool(self.starts_time.data) != bool(self.ends_time.data):
            missing = self.ends_time if self.starts_time.data else self.starts_time
            say(missing, gettext("Enter both times, or neither if they are not known yet."))
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
    title = line(_("Title"), Needed(), longest=LONGEST_TITLE)
    slug = line(
        _("Address of the page"),
        Needed(),
        Regexp(rf"(?:{rules.SLUG.pattern})\Z", message=_("Only lower-case letters, digits and single hyphens.")),
        longest=rules.LONGEST_SLUG,
    )
    kind = SelectField(_("Type"), choices=lambda: options(words.kinds()), coerce=Kind)
    state = SelectField(_("Status"), coerce=State)
    zone = SelectField(_("Time zone"), choices=[SelectChoice(zone) for zone in ZONES])
    region = SelectField(_("Host region"))
    venue = FormField(VenueForm)
    opens = DateTimeLocalField(_("Registration opens"), [Optional(), sensible], format=MOMENTS)
    closes = DateTimeLocalField(_("Registration closes"), [Optional(), sensible], format=MOMENTS)
    parts = FieldList(FormField(PartForm), max_entries=MOST_PARTS)

    @classmethod
    def of(
        cls,
        event: EventFacts,
        *,
        revision: int,
        typed: MultiDict[str, str] | None = None,
        shown: EventFacts | None = None,
    ) -> Self:
        """Return the form for an event, filled with what was typed, or with what shall be `shown`, or with itself."""
        form = cls(formdata=typed, data=None if typed is not None else filled(shown or event, revision))
        form.state.choices = options(
            {s: w for s, w in words.states().items() if s in {event.state, *MOVES[event.state]}}
        )
        regions = choices.regions(i18n.language())
        form.region.choices = options({"": "–", event.region: event.region, **regions})
        if event.zone not in ZONES:
            form.zone.choices = [SelectChoice(event.zone), *form.zone.choices]
        if event.state is not State.DRAFT:  # a published address stays: people and calendars hold it
            del form.slug
        return form

    def check(self, _event: EventFacts) -> bool:
        """Validate, and hold the fields together, the hours of the clock included."""
        good: bool = self.validate()
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
