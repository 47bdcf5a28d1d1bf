"""What an organiser fills in about an event: its facts and parts. From EventFacts to a form and back."""

from dataclasses import replace
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
)
from wtforms.validators import NumberRange, Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT, Text
from s3chem_events.desk import words
from s3chem_events.desk.day_forms import DaysForm, ModesForm, VenueForm, check_clock, check_closing, days, modes, venue
from s3chem_events.desk.fields import (
    LONGEST_TITLE,
    MOMENTS,
    ZONES,
    Needed,
    faulty,
    line,
    options,
    say,
    sensible,
    slug_of,
    spoken,
)
from s3chem_events.publishing import facts as rules
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import MOVES, Kind, State, Visibility, WaitingList
from s3chem_events.publishing.reasons import outlived
from s3chem_events.publishing.shapes import MOST_MINUTES
from s3chem_events.registration import choices

MOST_PARTS = 20


class PartForm(DaysForm, ModesForm):
    """One part of an event."""

    title = line(_("Title of this part"), Needed(), longest=LONGEST_TITLE)
    visibility = SelectField(
        _("Who can attend"), choices=lambda: options(words.visibilities()), coerce=Visibility, default=Visibility.PUBLIC
    )
    approval = BooleanField(_("Each registration has to be approved"))
    venue = FormField(VenueForm)

    def facts(self, before: PartFacts | None, key: str, language: str) -> PartFacts:
        """Return the part, with what this form does not show taken from `before`."""
        title = before.title if before else Text()
        fields: dict[str, Any] = {
            "title": spoken(title, language, self.title.data),
            "starts": self.starts(),
            "ends": self.ends(),
            "visibility": self.visibility.data,
            "capacity": self.capacity(),
            "venue": self.venue.form.facts(),
            "online_url": self.online_url.data,
            "approval": self.approval.data,
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
    waiting_list = SelectField(
        _("When all places are taken"),
        choices=lambda: options(words.waiting_lists()),
        coerce=WaitingList,
        default=WaitingList.OFFER,
    )
    grace = IntegerField(_("Minutes of grace"), [Optional(), NumberRange(0, MOST_MINUTES)])
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

    def check(self, event: EventFacts) -> bool:
        """Validate, and hold the fields together, the hours of the clock included."""
        good: bool = self.validate()
        if not len(self.parts):
            say(self.title, gettext("An event has at least one part: add one."))
        if self.opens.data and self.closes.data and self.closes.data <= self.opens.data:
            say(self.closes, gettext("Registration closes before it opens."))
        check_clock(self.opens, self.opens.data, self.zone.data)
        check_clock(self.closes, self.closes.data, self.zone.data)
        for entry in self.parts:
            entry.form.check_clock(self.zone.data)
        if good and not faulty(self):
            check_closing(self.closes, self.facts(event))
        return good and not faulty(self)

    def facts(self, before: EventFacts) -> EventFacts:
        """Return the event as it was filled in, with what this form does not show taken from `before`."""
        language = main_language(before)
        there = {part.key: part for part in before.parts}
        keys = new_keys([entry.form for entry in self.parts], set(there))
        after = replace(
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
            waiting_list=self.waiting_list.data,
            grace=self.grace.data or 0,
            parts=tuple(
                entry.form.facts(there.get(key), key, language) for key, entry in zip(keys, self.parts, strict=True)
            ),
        )
        return outlived(before, after)


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
        **{
            name: getattr(event, name)
            for name in ("slug", "kind", "state", "zone", "region", "opens", "closes", "waiting_list")
        },
        "grace": event.grace or None,
        "title": event.title.within(language),
        "venue": venue(event.venue),
        "parts": [_part(part, language) for part in event.parts],
    }


def _part(part: PartFacts, language: str) -> dict[str, Any]:
    return {
        **days(part),
        **modes(part),
        "title": part.title.within(language),
        "visibility": part.visibility,
        "approval": part.approval,
        "venue": venue(part.venue),
    }
