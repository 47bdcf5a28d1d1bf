"""A save the date with eight entries: title, two days, zone, kind, two languages."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectChoice, SelectField

from s3chem_events.core import i18n
from s3chem_events.core.text import DEFAULT, Text
from s3chem_events.desk import words
from s3chem_events.desk.fields import LONGEST_TITLE, ZONES, Needed, languages, line, options, say, sensible, slug_of
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import Kind, Mode, State

RESERVED = frozenset({"new"})
"""Addresses that the desk needs for itself."""
PART = "main"
SECOND = {DEFAULT: "fr"}
"""The second language that is proposed beside a first; beside all others it is English."""


class NewEventForm(FlaskForm):
    """What is known on the first day; all else has its place in the editor."""

    title = line(_("Title"), Needed(), longest=LONGEST_TITLE)
    language = SelectField(_("Language of this title"), choices=languages, default=i18n.language)
    second_title = line(_("Title in a second language"), longest=LONGEST_TITLE)
    second_language = SelectField(
        _("Its language"), choices=languages, default=lambda: SECOND.get(i18n.language(), DEFAULT)
    )
    first_day = DateField(_("First day"), [Needed(), sensible])
    last_day = DateField(_("Last day"), [Needed(), sensible])
    zone = SelectField(_("Time zone"), choices=[SelectChoice(zone) for zone in ZONES])
    kind = SelectField(_("Type"), choices=lambda: options(words.kinds()), coerce=Kind)

    def validate(self, extra_validators: Any = None) -> bool:
        """Hold the days together, and the languages apart."""
        good: bool = super().validate(extra_validators)
        if self.first_day.data and self.last_day.data and self.last_day.data < self.first_day.data:
            say(self.last_day, gettext("It ends before it starts."))
        if self.second_title.data and self.second_language.data == self.language.data:
            say(self.second_language, gettext("Choose a language other than the first."))
        return good and not self.last_day.errors and not self.second_language.errors

    def facts(self, state: State, *, free: Callable[[str], bool]) -> EventFacts:
        """Return the event; its address comes from the title and the year, with a number where it is not free."""
        title = Text({self.second_language.data: self.second_title.data, self.language.data: self.title.data})
        mode = Mode.ONLINE if self.kind.data is Kind.WEBINAR else Mode.ON_SITE
        stem = slug = f"{slug_of(self.title.data) or self.kind.data}-{self.first_day.data.year}".replace("_", "-")
        number = 2
        while slug in RESERVED or not free(slug):
            slug, number = f"{stem}-{number}", number + 1
        part = PartFacts(PART, title, self.first_day.data, self.last_day.data, capacity={mode: None})
        return EventFacts(slug, self.kind.data, state, title, self.zone.data, (part,))
