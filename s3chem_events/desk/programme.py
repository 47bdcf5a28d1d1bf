"""The programme of an event, part by part; hours may be missing and speakers to be confirmed."""

import json
from dataclasses import replace
from datetime import date
from typing import Any, Self

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, DateField, FieldList, Form, FormField, HiddenField, TextAreaField, TimeField
from wtforms.validators import Length, Optional

from s3chem_events.core import i18n
from s3chem_events.core.text import Text
from s3chem_events.desk import previewing, saving
from s3chem_events.desk.event_forms import main_language
from s3chem_events.desk.events import answered, header, the_event
from s3chem_events.desk.fields import HOURS, LONGEST_TITLE, Needed, faulty, line, say, spoken
from s3chem_events.desk.frame import allowed, desk
from s3chem_events.desk.texts import LONGEST_TEXT, tidy
from s3chem_events.publishing.facts import EventFacts, ItemFacts, PartFacts

MOST_ITEMS = 100


class ItemForm(Form):
    """One line of the programme. `kept` carries its other languages, so that moving a line never mixes them up."""

    kept = HiddenField()
    on = DateField(_("Day"), [Needed()])
    starts = TimeField(_("From"), [Optional()], format=HOURS)
    ends = TimeField(_("To"), [Optional()], format=HOURS)
    title = line(_("Title"), Needed(), longest=LONGEST_TITLE)
    speaker = line(_("Speaker"), longest=300)
    speaker_tbc = BooleanField(_("To be confirmed"))
    abstract = TextAreaField(_("Abstract"), [Length(max=LONGEST_TEXT)], filters=[tidy])

    def facts(self, language: str) -> ItemFacts:
        """Return the line, its words in one language put beside those that it had."""
        title, abstract = _kept(self.kept.data)
        return ItemFacts(
            on=self.on.data,
            title=spoken(title, language, self.title.data),
            starts=self.starts.data,
            ends=self.ends.data,
            speaker=self.speaker.data,
            speaker_tbc=self.speaker_tbc.data,
            abstract=spoken(abstract, language, self.abstract.data),
        )


class PartProgrammeForm(Form):
    """The programme of one part."""

    key = HiddenField()
    items = FieldList(FormField(ItemForm), max_entries=MOST_ITEMS)


class ProgrammeForm(FlaskForm):
    """The programme of an event."""

    revision = HiddenField()
    parts = FieldList(FormField(PartProgrammeForm))

    @classmethod
    def of(
        cls,
        event: EventFacts,
        *,
        revision: int,
        typed: MultiDict[str, str] | None = None,
        shown: EventFacts | None = None,
    ) -> Self:
        """Return the form, filled with what was typed, or with the programme of what shall be `shown`, or its own."""
        event = shown or event
        form = cls(formdata=typed, data=None if typed is not None else _filled(event, revision))
        days = {part.key: part.starts for part in event.parts}
        for entry in form.parts:
            for item in entry.form.items:
                if not item.form.on.raw_data and item.form.on.data is None:  # a line that was just added
                    item.form.on.data = days.get(entry.form.key.data)
        return form

    def check(self, event: EventFacts) -> bool:
        """Validate, and hold each line within the days of its part."""
        good: bool = self.validate()
        parts = {part.key: part for part in event.parts}
        for entry in self.parts:
            for item in entry.form.items:
                _check(item.form, parts.get(entry.form.key.data))
        return good and not faulty(self)

    def facts(self, event: EventFacts) -> EventFacts:
        """Return the event with this programme."""
        language = main_language(event)
        lines = {
            entry.form.key.data: tuple(
                sorted((item.form.facts(language) for item in entry.form.items), key=lambda item: item.on)
            )
            for entry in self.parts
        }
        return replace(
            event, parts=tuple(replace(part, programme=lines.get(part.key, part.programme)) for part in event.parts)
        )


@desk.route("/events/<slug>/programme", methods=["GET", "POST"])
@allowed("event.edit")
def event_programme(slug: str) -> ResponseReturnValue:
    """Write the programme of an event."""
    edited = saving.edited(ProgrammeForm.of, the_event(slug))
    if edited.answer.pending:
        return previewing.page(slug, edited.answer.pending)
    if edited.is_saved:
        return redirect(url_for("desk.event", slug=edited.answer.slug), 303)
    form, facts = edited.form, edited.facts
    titles = {part.key: part.title.within(main_language(facts)) for part in facts.parts}
    page = render_template(
        "desk/events/programme.html",
        **header(the_event(slug)),  # read anew: a refusal has rolled back
        **answered(edited.answer),
        focus=edited.focus,
        form=form,
        faulty=faulty(form),
        titles=titles,
        main_language=i18n.language_name(main_language(facts), i18n.language()),
    )
    return page, edited.answer.status


def _check(item: Form, part: PartFacts | None) -> None:
    if item.starts.data and item.ends.data and item.ends.data <= item.starts.data and not _over_midnight(item, part):
        say(
            item.ends,
            gettext("It ends before it starts. Past midnight it can go on where the part ends on the next day."),
        )
    if item.ends.data and not item.starts.data and not item.starts.errors:
        say(item.starts, gettext("Enter the start as well."))
    if part and item.on.data and not _day(part.starts) <= item.on.data <= _day(part.ends):
        say(item.on, gettext("This day is not one of the days of this part."))


def _over_midnight(item: Form, part: PartFacts | None) -> bool:
    """Whether a line that ends at an earlier hour than it starts may end on the next day: the part goes on until then.

    A part may end after midnight itself: its last day is the next one then.
    """
    is_inside = part is not None and bool(item.on.data) and item.on.data < _day(part.ends)
    return is_inside and item.ends.data != item.starts.data


def _day(value: date) -> date:
    return date(value.year, value.month, value.day)


def _filled(event: EventFacts, revision: int) -> dict[str, Any]:
    language = main_language(event)
    return {
        "revision": str(revision),
        "parts": [
            {"key": part.key, "items": [_item(item, language) for item in part.programme]} for part in event.parts
        ],
    }


def _item(item: ItemFacts, language: str) -> dict[str, Any]:
    others = {
        name: {code: said for code, said in text.items() if code != language}
        for name, text in (("title", item.title), ("abstract", item.abstract))
    }
    return {
        "kept": json.dumps({name: said for name, said in others.items() if said}, ensure_ascii=False),
        **{name: getattr(item, name) for name in ("on", "starts", "ends", "speaker", "speaker_tbc")},
        "title": item.title.get(language, ""),
        "abstract": item.abstract.get(language, ""),
    }


def _kept(value: str | None) -> tuple[Text, Text]:
    """Return the title and abstract in the other languages; what is no such thing counts as nothing."""
    try:
        data = json.loads(value or "{}")
        return _text(data.get("title", {})), _text(data.get("abstract", {}))
    except (ValueError, AttributeError):
        return Text(), Text()


def _text(data: dict[str, Any]) -> Text:
    return Text({code: tidy(str(said))[:LONGEST_TEXT] for code, said in data.items()})
