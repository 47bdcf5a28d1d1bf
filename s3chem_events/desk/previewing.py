"""The preview of a change: who would be told, in which words, what calendars would show, and who has to be called."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from flask import render_template, request

from s3chem_events.calendar.entries import Entry, Status
from s3chem_events.campaigns import queries as campaigns
from s3chem_events.core import i18n
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.desk import changes, deciding, overview
from s3chem_events.desk.deciding import Pending
from s3chem_events.desk.events import header, the_event
from s3chem_events.publishing import queries, telling, times
from s3chem_events.publishing.changes import compare
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lifecycle import State
from s3chem_events.registration import rehearsal
from s3chem_events.registration.rehearsal import Rehearsal

PERSONAL = re.compile(r"(/(?:registrations|calendar)/)[^/\s]+")
"""A sample e-mail is a real person's; the links that open her registration are not for organisers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How many read an e-mail in one language, and how it reads."""

    code: str
    language: str
    count: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the field of this id, as a form's own fields say it."""

    id: str
    errors: tuple[str, ...]
    type: str = "DateField"


@dataclass(frozen=True, slots=True)
class Moved:
    """An entry in people's calendars, line by line: what it is, what it was, what it becomes."""

    title: str
    lines: list[tuple[str, str, str]]


def page(slug: str, pending: Pending) -> tuple[str, int]:
    """Show what would become of a change; the form that it came from is carried along."""
    event = the_event(slug)
    event_id, language = event.id, i18n.language()
    waiting = queries.telling(event_id)
    before = queries.facts_at(event, waiting.data["since"]) if waiting else None
    held_until = waiting.due_at if waiting else None
    seen = rehearsal.rehearse(
        event, pending.facts, letterhead=letterhead_of(settings()), language=language, before=before
    )
    known = pending.decision.previewed or pending.decision.opened
    meanwhile = [r for r in queries.revisions(event_id) if 0 < known < r.number]
    return render_template(
        "desk/events/preview.html",
        **header(the_event(slug)),  # read anew: the rehearsal has rolled back
        pending=pending,
        faulty=[Fault("until", (pending.problem,))] if pending.problem else [],
        headline=telling.headline(seen.difference.focused, language),
        told=telling.sentences(seen.difference, language, inside=True),
        audience=seen.audience,
        summary=compare(pending.before, pending.facts).aged(language),
        samples=_samples(seen, language),
        followers={
            i18n.language_name(code, language): n for code, n in campaigns.hearers(event_id, seen.difference).items()
        },
        calendar=[_moved(*pair, language) for pair in seen.calendar],
        held_until=i18n.stamp(held_until, pending.facts.zone, language) if held_until else "",
        may_ask=bool(seen.audience.emails) and pending.facts.state in {State.SAVE_THE_DATE, State.ANNOUNCED},
        fields=[(name, value) for name, value in request.form.items(multi=True) if name not in deciding.NAMES],
        meanwhile=[(revision, changes.lines(revision.changes)) for revision in meanwhile],
        names=overview.names_of(meanwhile),
    ), 422 if pending.problem else 200


def _samples(seen: Rehearsal, language: str) -> list[Sample]:
    languages = sorted(seen.audience.languages.items(), key=lambda pair: (pair[0] != language, -pair[1], pair[0]))
    return [
        Sample(
            code,
            i18n.language_name(code, language),
            count,
            seen.letters[code].subject,
            PERSONAL.sub(r"\1…", seen.letters[code].text),
        )
        for code, count in languages
        if code in seen.letters
    ]


def _moved(before: Entry | None, after: Entry, language: str) -> Moved:
    sayings = (
        (_("Title"), lambda entry: entry.summary),
        (_("When"), lambda entry: _when(entry, language)),
        (_("Where"), lambda entry: entry.location),
        (_("Status"), lambda entry: _statuses()[entry.status]),
    )
    lines = []
    for label, say in sayings:
        was, becomes = say(before) if before else "", say(after)
        if was != becomes:
            lines.append((label, was or _("none"), becomes or _("none")))
    return Moved(before.summary if before else after.summary, lines)


def _when(entry: Entry, language: str) -> str:
    first, last = _day(entry.starts, entry.zone), _day(entry.ends, entry.zone)
    days = i18n.short_range(first, last, language)
    if not isinstance(entry.starts, datetime) or not isinstance(entry.ends, datetime):
        return days
    return f"{days}, {i18n.hours(entry.starts, entry.ends, entry.zone, language)}"


def _day(value: date, zone: str) -> date:
    return value.astimezone(times.zone_info(zone)).date() if isinstance(value, datetime) else value


def _statuses() -> dict[Status, str]:
    return {
        Status.TENTATIVE: _("tentative"),
        Status.CONFIRMED: _("confirmed"),
        Status.CANCELLED: _("cancelled"),
    }
