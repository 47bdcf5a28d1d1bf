"""The short forms of an event's life: each asks for what its step needs, and leaves all else as it is."""

from dataclasses import replace
from typing import Any, ClassVar, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateTimeLocalField, FieldList, Form, FormField, HiddenField, RadioField, TextAreaField
from wtforms.validators import Length, Optional, Regexp

from s3chem_events.core import i18n
from s3chem_events.core.text import Text
from s3chem_events.desk import day_forms, words
from s3chem_events.desk.day_forms import DaysForm, ModesForm, VenueForm, check_clock, check_closing
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.fields import LONGEST_TITLE, MOMENTS, Needed, faulty, line, options, say, sensible, spoken
from s3chem_events.desk.texts import LONGEST_TEXT, tidy
from s3chem_events.publishing.facts import EventFacts, MaterialFacts, PartFacts
from s3chem_events.publishing.lifecycle import State
from s3chem_events.publishing.reasons import outlived

LONGEST_REASON = 2000
MOST_MATERIALS = 50
WHOLE = "event"


class StepForm(FlaskForm):
    """What all of them share; `revision` is that of the event as it was opened."""

    revision = HiddenField()

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
        filled = None if typed is not None else {"revision": str(revision), **cls.filled(shown or event)}
        if filled is not None and shown is None:
            filled["reason"] = ""  # the last reason was that of the last change
        form = cls(formdata=typed, data=filled)
        form.suit(event)
        return form

    @classmethod
    def filled(cls, event: EventFacts) -> dict[str, Any]:
        """Return what the form shows of an event."""
        return {"reason": event.reason.get(main_language(event), "")}

    def suit(self, event: EventFacts) -> None:
        """Offer what this event can do."""

    def check(self, event: EventFacts) -> bool:
        """Validate, and hold the fields together, the hours of the clock included."""
        good: bool = self.validate()
        for entry in self.parts if "parts" in self else ():
            if isinstance(entry.form, DaysForm):
                entry.form.check_clock(event.zone)
        if "opens" in self:
            if self.opens.data and self.closes.data and self.closes.data <= self.opens.data:
                say(self.closes, gettext("Registration closes before it opens."))
            check_clock(self.opens, self.opens.data, event.zone)
            check_clock(self.closes, self.closes.data, event.zone)
            if good and not faulty(self):
                check_closing(self.closes, self.facts(event))
        return good and not faulty(self)

    def facts(self, before: EventFacts) -> EventFacts:
        """Return the event after the step. Another reason takes the place of the old one in every language."""
        after, language = outlived(before, self.step(before)), main_language(before)
        said = self.reason.data if "reason" in self else ""
        if not said:
            return after
        is_old = said == before.reason.get(language)
        return replace(after, reason=before.reason if is_old else Text({language: said}))

    def step(self, before: EventFacts) -> EventFacts:
        """Return what the step makes of the event, but for the reason."""
        return before


def reason_field() -> TextAreaField:
    """Return the field for a public reason."""
    return TextAreaField(_("Reason, in a sentence or two"), [Length(max=LONGEST_REASON)], filters=[tidy])


def _days(form: StepForm, before: EventFacts) -> tuple[PartFacts, ...]:
    """Return the parts with their new days; one that the form did not show stays."""
    typed = {entry.form.key.data: entry.form for entry in form.parts}
    return tuple(
        replace(part, starts=typed[part.key].starts(), ends=typed[part.key].ends()) if part.key in typed else part
        for part in before.parts
    )


def _states() -> list[Any]:
    return options({state: words.states()[state] for state in (State.SAVE_THE_DATE, State.ANNOUNCED)})


class AnnouncementForm(StepForm):
    """Hours, place and registration become known; the event is public from here at the latest."""

    state = RadioField(_("Publish as"), coerce=State)
    parts = FieldList(FormField(DaysForm))
    venue = FormField(VenueForm)
    opens = DateTimeLocalField(_("Registration opens"), [Optional(), sensible], format=MOMENTS)
    closes = DateTimeLocalField(_("Registration closes"), [Optional(), sensible], format=MOMENTS)

    @classmethod
    def filled(cls, event: EventFacts) -> dict[str, Any]:
        """Show what is known already."""
        return {
            "state": State.ANNOUNCED,
            "parts": [day_forms.days(part) for part in event.live_parts],
            "venue": day_forms.venue(event.venue),
            "opens": event.opens,
            "closes": event.closes,
        }

    def suit(self, event: EventFacts) -> None:
        """Only what nobody has seen can become a save the date by this."""
        self.state.choices = _states()
        if event.state is not State.DRAFT:
            del self.state

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event as it is announced."""
        return replace(
            before,
            state=self.state.data if "state" in self else State.ANNOUNCED,
            parts=_days(self, before),
            venue=self.venue.form.facts(),
            opens=self.opens.data,
            closes=self.closes.data,
        )


class ReschedulingForm(StepForm):
    """New days or hours, part by part."""

    parts = FieldList(FormField(DaysForm))
    state = RadioField(_("Status"), coerce=State)
    opens = DateTimeLocalField(_("Registration opens"), [Optional(), sensible], format=MOMENTS)
    closes = DateTimeLocalField(_("Registration closes"), [Optional(), sensible], format=MOMENTS)
    reason = reason_field()

    @classmethod
    def filled(cls, event: EventFacts) -> dict[str, Any]:
        """Show the days as they are."""
        return {
            **super().filled(event),
            "state": State.ANNOUNCED,
            "parts": [day_forms.days(part) for part in event.live_parts],
            "opens": event.opens,
            "closes": event.closes,
        }

    def suit(self, event: EventFacts) -> None:
        """What was postponed has a new state with its new date."""
        self.state.choices = _states()
        if event.state is not State.POSTPONED:
            del self.state

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event on its new days."""
        return replace(
            before,
            state=self.state.data if "state" in self else before.state,
            parts=_days(self, before),
            opens=self.opens.data,
            closes=self.closes.data,
        )


class PostponementForm(StepForm):
    """It does not take place on its day, and the new one is not known."""

    reason = reason_field()

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event without a date that holds."""
        return replace(before, state=State.POSTPONED)


class ModeForm(StepForm):
    """Online, on site or both, part by part."""

    parts = FieldList(FormField(ModesForm))
    reason = reason_field()

    @classmethod
    def filled(cls, event: EventFacts) -> dict[str, Any]:
        """Show the ways as they are."""
        return {**super().filled(event), "parts": [day_forms.modes(part) for part in event.live_parts]}

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event as people now take part in it."""
        typed = {entry.form.key.data: entry.form for entry in self.parts}
        parts = (
            replace(part, capacity=typed[part.key].capacity(), online_url=typed[part.key].online_url.data)
            if part.key in typed
            else part
            for part in before.parts
        )
        return replace(before, parts=tuple(parts))


class PartsForm(StepForm):
    """A form about the whole event or one of its parts."""

    of_cancelled: ClassVar[bool]

    def suit(self, event: EventFacts) -> None:
        """Offer the parts; where there is but one thing to choose it is chosen."""
        language = i18n.language()
        parts = [part for part in event.parts if part.cancelled is self.of_cancelled]
        labels = {f"part-{part.key}": part.title.within(language) for part in parts}
        if not self.of_cancelled:
            labels = {WHOLE: gettext("The whole event"), **(labels if len(parts) > 1 else {})}
        self.what.choices = options(labels)
        if len(labels) == 1 and not self.what.raw_data:
            self.what.data = next(iter(labels))

    def _parts(self, before: EventFacts) -> tuple[PartFacts, ...]:
        key = str(self.what.data).removeprefix("part-")
        return tuple(
            replace(part, cancelled=not self.of_cancelled) if part.key == key else part for part in before.parts
        )


class CancellationForm(PartsForm):
    """The event, or a part of it, is called off."""

    what = RadioField(_("What is cancelled?"), [Needed()])
    reason = reason_field()
    of_cancelled: ClassVar[bool] = False

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event, cancelled in whole or in part."""
        if self.what.data == WHOLE:
            return replace(before, state=State.CANCELLED)
        return replace(before, parts=self._parts(before))


class RevivalForm(PartsForm):
    """A part that was cancelled takes place after all."""

    what = RadioField(_("What takes place after all?"), [Needed()])
    reason = reason_field()
    of_cancelled: ClassVar[bool] = True

    def step(self, before: EventFacts) -> EventFacts:
        """Return the event with the part in it again."""
        return replace(before, parts=self._parts(before))


class MaterialForm(Form):
    """A piece of what the event leaves behind."""

    title = line(_("Title"), Needed(), longest=LONGEST_TITLE)
    url = line(
        _("Address (URL)"),
        Needed(),
        Regexp(r"https?://\S+", message=_("Please enter an address that starts with https://.")),
    )


class ClosingForm(StepForm):
    """The event is over: how it was, and where its slides and recordings are."""

    report = TextAreaField(_("Report"), [Length(max=LONGEST_TEXT)], filters=[tidy])
    materials = FieldList(FormField(MaterialForm), max_entries=MOST_MATERIALS)

    @classmethod
    def filled(cls, event: EventFacts) -> dict[str, Any]:
        """Show what is there."""
        language = main_language(event)
        materials = [{"title": item.title.within(language), "url": item.url} for item in event.materials]
        return {"report": event.report.get(language, ""), "materials": materials}

    def facts(self, before: EventFacts) -> EventFacts:
        """Return the event as it is over; a piece keeps its title in the other languages with its address."""
        language = main_language(before)
        there = {item.url: item.title for item in before.materials}
        typed = [(entry.form.title.data, entry.form.url.data) for entry in self.materials]
        return replace(
            before,
            state=State.OVER,
            report=spoken(before.report, language, self.report.data),
            materials=tuple(MaterialFacts(spoken(there.get(url, Text()), language, said), url) for said, url in typed),
        )
