"""An event copied to other days: its texts, parts and programme, and nobody who was registered."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField

from s3chem_events.core import i18n
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid
from s3chem_events.core.guard import settings
from s3chem_events.core.text import Text
from s3chem_events.desk.asking import Question
from s3chem_events.desk.events import header, the_event
from s3chem_events.desk.fields import Needed, faulty, say, sensible, slug_of
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.publishing import actions, queries, values
from s3chem_events.publishing.facts import EventFacts, PartFacts
from s3chem_events.publishing.lifecycle import State

WEEK = 7


class CopyForm(FlaskForm):
    """When the copy begins; the other days follow at the same distance."""

    first_day = DateField(_("First day of the copy"), [Needed(), sensible])


@desk.route("/events/<slug>/copy", methods=["GET", "POST"])
@allowed("event.add")
def event_copy(slug: str) -> ResponseReturnValue:
    """Copy an event to other days, as a draft."""
    facts = values.event_facts(the_event(slug))
    form = CopyForm()
    status = 422 if form.is_submitted() else 200
    asked: tuple[Question, ...] = ()
    if form.is_submitted() and _read(form, facts):
        copied = copy(facts, form.first_day.data)
        asked = questions(facts, copied)
        if not asked or request.form.get("confirmed"):
            try:
                with transaction():
                    copied = replace(copied, slug=_address(copied))
                    actions.add_event(copied, base_url=settings().base_url, by=by())
            except Invalid:
                say(form.first_day, gettext("On this day an hour of the event does not exist. Choose another day."))
            else:
                flash(gettext("The copy is a draft: check its days, and publish it when it is ready."), "good")
                return redirect(url_for("desk.event", slug=copied.slug), 303)
        else:
            status = 409
    page = render_template(
        "desk/events/copy.html",
        **header(the_event(slug)),
        form=form,
        faulty=faulty(form),
        questions=asked,
        days=_days(facts),
        leap_day=_has_leap_day(facts),
    )
    return page, status


def copy(facts: EventFacts, first_day: date) -> EventFacts:
    """Return an event on other days: what it left behind and its links stay with the old one."""
    by_days = first_day - _first(facts)
    return replace(
        facts,
        state=State.DRAFT,
        parts=tuple(_part(part, by_days) for part in facts.parts),
        opens=facts.opens and facts.opens + by_days,
        closes=facts.closes and facts.closes + by_days,
        report=Text(),
        reason=Text(),
        note=Text(),
        materials=(),
    )


def questions(facts: EventFacts, copied: EventFacts) -> tuple[Question, ...]:
    """Ask where the weekdays are others than before."""
    if (_first(copied) - _first(facts)).days % WEEK == 0:
        return ()
    before, after = _days(facts), _days(copied)
    return (
        Question(
            "weekdays", gettext("The weekdays are different: %(before)s becomes %(after)s.", before=before, after=after)
        ),
    )


def _read(form: CopyForm, facts: EventFacts) -> bool:
    """Validate; say of 29 February that the year has none."""
    good: bool = form.validate()
    typed = (form.first_day.raw_data or [""])[0]
    if typed.endswith("-02-29") and form.first_day.data is None:
        form.first_day.errors = [gettext("There is no 29 February in that year. Choose another day.")]
    elif form.first_day.data == _first(facts):
        say(form.first_day, gettext("Choose other days than those of the original."))
    return good and not form.first_day.errors


def _part(part: PartFacts, by_days: timedelta) -> PartFacts:
    return replace(
        part,
        starts=part.starts + by_days,
        ends=part.ends + by_days,
        programme=tuple(replace(item, on=item.on + by_days) for item in part.programme),
        online_url="",
        cancelled=False,
        reason=Text(),
    )


def _address(facts: EventFacts) -> str:
    stem = f"{slug_of(facts.title.within('en')) or facts.kind}-{_first(facts).year}".replace("_", "-")
    slugs = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(slug for slug in slugs if queries.event_by_slug(slug) is None)


def _first(facts: EventFacts) -> date:
    return min(_day(part.starts) for part in facts.parts)


def _last(facts: EventFacts) -> date:
    return max(_day(part.ends) for part in facts.parts)


def _days(facts: EventFacts) -> str:
    return i18n.long_date(_first(facts), _last(facts), i18n.language())


def _has_leap_day(facts: EventFacts) -> bool:
    days = {_day(value) for part in facts.parts for value in (part.starts, part.ends)}
    return any((day.month, day.day) == (2, 29) for day in days)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
