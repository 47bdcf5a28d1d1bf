"""The preview of a change: who would be told, in which words, what calendars would show, and who has to be called."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flask import render_template, request
from flask_babel import ngettext

from s3chem_events.calendar.entries import Entry, Status
from s3chem_events.campaigns import rehearsing
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.desk import changes, deciding, masking, overview, words
from s3chem_events.desk.deciding import Pending
from s3chem_events.desk.events import header, the_event
from s3chem_events.mailing import samples as mailed
from s3chem_events.publishing import headlines, queries, telling
from s3chem_events.publishing.changes import compare
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.letterhead import letterhead_of
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.telling import Told
from s3chem_events.registration import gate_hours, rehearsal
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.rehearsal import Rehearsal, Stands


@frozen
class Sample:
    """How many read an e-mail in one language, and how it reads; `who` they are where it has several."""

    code: str
    language: str
    count: int
    who: str
    subject: str
    text: str


@frozen
class Foreign:
    """How many who read a language find which of the organiser's texts in another one."""

    language: str
    count: int
    texts: str


@frozen
class Fault:
    """What is wrong with the field of this id, as a form's own fields say it."""

    id: str
    errors: tuple[str, ...]
    type: str = "DateField"


@frozen
class Moved:
    """An entry in people's calendars, line by line: what it is, what it was, what it becomes.

    `people` is how many have it so, where not all have the same; else 0. `mode` is how they take part, where it is not
    the same for all.
    """

    title: str
    lines: tuple[tuple[str, str, str], ...]
    people: int = 0
    mode: str = ""


def page(slug: str, pending: Pending) -> tuple[str, int]:
    """Show what would become of a change; the form that it came from is carried along."""
    event = the_event(slug)
    event_id, language = event.id, i18n.language()
    gate_hour = gate_hours.moved(event, pending.facts) or ()
    waiting = queries.untold(event_id)
    since = waiting.data["since"] if waiting else event.revision
    held_until = waiting.due_at if waiting else None
    pending = _with_the_question(pending, waiting)
    question = "" if pending.problem else pending.decision.question
    letterhead = letterhead_of(settings())
    following = rehearsing.rehearse(event, pending.facts, letterhead=letterhead, since=since)
    event = the_event(slug)  # read anew: a rehearsal rolls back
    seen = rehearsal.rehearse(
        event, pending.facts, letterhead=letterhead, language=language, until=question, since=since
    )
    news = following.news if following.languages and not seen.audience.emails else seen.news
    besides = [one for one in (seen.besides, following.besides) if one]
    known = pending.decision.previewed or pending.decision.opened
    meanwhile = [r for r in queries.revisions(event_id) if 0 < known < r.number]
    return render_template(
        "desk/events/preview.html",
        **header(the_event(slug)),  # read anew: the rehearsal has rolled back
        pending=pending,
        question=question,
        asked_until=words.day(question) if question else "",
        is_asked_anew=_is_asked_anew(pending),
        faulty=[Fault("until", (pending.problem,))] if pending.problem else [],
        headline=headlines.headline(news.focused, language),
        told=[
            *telling.sentences(seen.difference, language, inside=True),
            *(Told(line) for line in words.links_to_come(pending.before, pending.facts)),
        ],
        closings=_closings(seen, pending.facts.zone, language),
        gate_hour=[i18n.stamp(one, pending.facts.zone, language) for one in gate_hour],
        audience=seen.audience,
        aged=words.aged(compare(pending.before, pending.facts)),
        besides=list(dict.fromkeys(line for one in besides for line in telling.sentences(one, language, inside=True))),
        samples=_samples(seen.audience.languages, seen.letters, pending.facts, language),
        readers={i18n.language_name(code, language): n for code, n in seen.audience.languages.items()},
        followers={i18n.language_name(code, language): n for code, n in following.languages.items()},
        follower_samples=_samples(following.languages, following.letters, pending.facts, language),
        further=_further(seen.audience.languages, seen.letters, language)
        + _further(following.languages, following.letters, language),
        foreign=_foreign(seen, following.languages, language),
        calendar=_calendar(seen, language),
        held_until=i18n.stamp(held_until, pending.facts.zone, language) if held_until else "",
        is_overdue=bool(held_until and held_until <= now()),
        may_ask=bool(seen.audience.ask) and pending.facts.state in TAKING,
        fields=[(name, value) for name, value in request.form.items(multi=True) if name not in deciding.NAMES],
        meanwhile=[(revision, changes.lines(revision.changes)) for revision in meanwhile],
        names=overview.names_of(one.by for one in meanwhile),
    ), 422 if pending.problem else 200


def _with_the_question(pending: Pending, waiting: Fact | None) -> Pending:
    """Show the question that is held back already, so that it can be taken out."""
    if waiting is None or pending.decision.previewed:
        return pending
    kept = replace(pending.decision, asks=bool(waiting.data.get("ask")), until=waiting.data.get("until", ""))
    return replace(pending, decision=kept)


def _is_asked_anew(pending: Pending) -> bool:
    """Whether somebody would have told people with another question than the one that was previewed."""
    made = pending.decision
    is_newest = made.previewed == pending.revision and not pending.problem
    return made.told == deciding.TELL and is_newest and made.asked != made.question


def _samples(
    counts: Mapping[str, int], letters: Sequence[mailed.Sample], facts: EventFacts, language: str
) -> list[Sample]:
    languages = sorted(counts.items(), key=lambda pair: (pair[0] != language, -pair[1], pair[0]))
    several = {code for code, number in Counter(one.language for one in letters).items() if number > 1}
    return [
        Sample(
            code,
            i18n.language_name(code, language),
            one.count,
            _who(one, facts, language) if code in several else "",
            one.letter.subject,
            masking.masked(one.letter.text),
        )
        for code, _count in languages
        for one in letters
        if one.language == code
    ]


def _who(sample: mailed.Sample, facts: EventFacts, language: str) -> str:
    """Say how those stand who get an e-mail; nothing of those who are kept informed."""
    return "; ".join(dict.fromkeys(_stands(one, facts, language) for one in sample.who if isinstance(one, Stands)))


def _stands(who: Stands, facts: EventFacts, language: str) -> str:
    modes, standings, ways, said = words.modes(), words.standings(), dict(who.ways), list[str]()
    for part in facts.parts:
        if part.key in ways:
            mode, standing = ways[part.key]
            how = [modes[part.mode_of(mode)], *([] if standing is Standing.CONFIRMED else [standings[standing]])]
            said.append(f"{part.title.within(language)} ({', '.join(how)})")
    return ", ".join([*said, *([] if who.invited else [_("without calendar invitations")])])


def _further(counts: Mapping[str, int], letters: Sequence[mailed.Sample], language: str) -> list[str]:
    """Say in which languages more e-mails differ than are shown."""
    shown = Counter[str]()
    for one in letters:
        shown[one.language] += one.count
    return [
        ngettext(
            "%(language)s: %(num)s more e-mail, which may read otherwise, is not shown.",
            "%(language)s: %(num)s more e-mails, which may read otherwise, are not shown.",
            number - shown[code],
            language=i18n.language_name(code, language),
        )
        for code, number in counts.items()
        if number > shown[code]
    ]


def _foreign(seen: Rehearsal, followers: Mapping[str, int], language: str) -> list[Foreign]:
    """Return how many read the organiser's own words in a language that is not theirs, by their language."""
    readers = Counter(seen.audience.languages) + Counter(followers)
    texts = [(_("title"), seen.difference.after.title), *((_("reason"), said) for said in seen.difference.spoken)]
    found = []
    for code, number in sorted(readers.items(), key=lambda pair: (-pair[1], pair[0])):
        fallen = {(what, text.said(code).lang) for what, text in texts if text.said(code).lang != code}
        said = [f"{what} ({i18n.language_name(lang, language)})" for what, lang in sorted(fallen, reverse=True)]
        if said:
            found.append(Foreign(i18n.language_name(code, language), number, ", ".join(said)))
    return found


def _closings(seen: Rehearsal, zone: str, language: str) -> list[tuple[str, str, int]]:
    """Return when registration closes for whoever believes so, and from now on; how many, where that is not all."""
    if seen.closing is None:
        return []
    believed, closes = seen.closing
    everybody = len(believed) == 1 and sum(believed.values()) == sum(seen.audience.known.values())
    return [
        (i18n.stamp(moment, zone, language), i18n.stamp(closes, zone, language), 0 if everybody else people)
        for moment, people in sorted(believed.items())
    ]


def _calendar(seen: Rehearsal, language: str) -> list[Moved]:
    """Return what becomes of the entries, each apart that people have in another state: most of them first."""
    parts, modes = {part.key: part for part in seen.difference.after.parts}, words.modes()
    alike = dict[str, dict[str, Counter[Moved]]]()
    for key, before, after, people, mode in seen.calendar:
        ways = alike.setdefault(after.uid, {})
        ways.setdefault(modes[parts[key].mode_of(mode)], Counter())[_moved(before, after, language)] += people
    return [one for ways in alike.values() for one in _by_mode(ways)]


def _by_mode(ways: Mapping[str, Counter[Moved]]) -> Iterator[Moved]:
    """Yield what becomes of an entry, once where that is the same however people take part."""
    each = list(ways.values())
    if all(one.keys() == each[0].keys() for one in each):
        together = Counter[Moved]()
        for one in each:
            together.update(one)
        ways = {"": together}
    for mode, moves in ways.items():
        for moved, people in moves.most_common():
            yield replace(moved, people=people if len(moves) > 1 else 0, mode=mode)


def _moved(before: Entry | None, after: Entry, language: str) -> Moved:
    sayings = (
        (_("Title"), lambda entry: entry.summary),
        (_("When"), lambda entry: _when(entry, language)),
        (_("Where"), lambda entry: entry.location or entry.conference_url),
        (_("Status"), lambda entry: _statuses()[entry.status]),
    )
    lines = []
    for label, say in sayings[-1:] if after.status is Status.CANCELLED else sayings:
        was, becomes = say(before) if before else "", say(after)
        if was != becomes:
            lines.append((label, was or _("none"), becomes or _("none")))
    return Moved(before.summary if before else after.summary, tuple(lines))


def _when(entry: Entry, language: str) -> str:
    if isinstance(entry.starts, datetime) and isinstance(entry.ends, datetime):
        return i18n.span(entry.starts, entry.ends, entry.zone, language)
    return i18n.short_range(entry.starts, entry.ends, language)


def _statuses() -> dict[Status, str]:
    return {
        Status.TENTATIVE: _("tentative"),
        Status.CONFIRMED: _("confirmed"),
        Status.CANCELLED: _("cancelled"),
    }
