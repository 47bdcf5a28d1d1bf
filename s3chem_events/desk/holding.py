"""The ten minutes between "tell them" and the first e-mail: who will be told when, and the way back."""

from datetime import timedelta

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from s3chem_events.campaigns import queries as campaigns
from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.db import transaction
from s3chem_events.core.errors import Invalid, NotFound
from s3chem_events.core.guard import settings
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.desk import deciding, words
from s3chem_events.desk.frame import allowed, by, desk
from s3chem_events.mailing import queries as mailing
from s3chem_events.mailing.letters import State
from s3chem_events.publishing import actions, headlines, joining, queries, telling, values
from s3chem_events.publishing.booked import PartInUse, StillAsked
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.models import Event
from s3chem_events.registration import queries as registration
from s3chem_events.registration import rehearsal
from s3chem_events.registration.rehearsal import Audience, Unreachable

SHOWN_FOR = timedelta(days=14)


@frozen
class Held:
    """A change of which people will be told, until then it can be undone."""

    slug: str
    title: str
    fact_id: int
    headline: str
    changes: list[str]
    at: str
    emails: int
    calls: tuple[Unreachable, ...]
    asked: int
    asked_until: str
    """How many are asked whether they still come, and by which day they are to answer."""
    aged: list[str]
    """The texts that were left as they were and may be untrue by now."""


@frozen
class Told:
    """A change of which people have been told: how many e-mails there are, and how many are sent."""

    fact_id: int
    at: str
    sent: int
    emails: int
    written: int
    is_due: bool  # its e-mails are still to be written
    is_kept: bool  # no server takes them: they stay in the mailbox
    calls: tuple[Unreachable, ...]


def held(event: Event) -> Held | None:
    """Return what of an event is held back still."""
    fact = queries.telling(event.id)
    return _held(event, fact) if fact else None


def held_of(events: list[Event]) -> list[Held]:
    """Return what is held back of some events."""
    there = {event.id: event for event in events}
    facts = [fact for fact in queries.unwritten_tellings().values() if fact.due_at and fact.due_at > now()]
    return [_held(there[fact.subject_id], fact) for fact in facts if fact.subject_id in there]


def told(event: Event) -> Told | None:
    """Return how far the e-mails of the last change are, while that is news."""
    fact = queries.last_told(event.id)
    if fact is None or fact.due_at is None or fact.due_at < now() - SHOWN_FOR:
        return None
    counts = mailing.counts_of(fact.id)
    written, is_due = sum(counts.values()), fact.relayed_at is None
    known = Known(event)
    difference = joining.became(known.facts(fact.data["since"]), known.facts(fact.data["revision"]))
    audience, followers = _hearers(event, difference, fact)
    to_come = audience.emails + followers if is_due else 0
    return Told(
        fact_id=fact.id,
        at=i18n.short_stamp(fact.relayed_at or fact.due_at, event.zone, i18n.language()),
        sent=counts.get(State.SENT, 0),
        emails=written + to_come,
        written=written,
        is_due=is_due,
        is_kept=settings().mail is None,
        calls=audience.unreachable,
    )


@desk.route("/events/<slug>/undo", methods=["POST"])
@allowed("event.edit")
def event_undo(slug: str) -> ResponseReturnValue:
    """Take back all that is held back still, and say what it was; no e-mail leaves."""
    seen = request.form.get("fact", "")
    try:
        with transaction():
            event = queries.event_by_slug(slug, lock=True)
            if event is None:
                raise NotFound
            what = _changes(event)
            corrected = _undone(event, seen=seen)
            slug = event.slug
    except actions.TooLate:
        flash(_("It is too late to undo this: the e-mails are on their way."), "bad")
    except actions.Stale:
        flash(_("Someone has changed more in the meantime. Look at it below before you undo it."), "bad")
    except StillAsked:
        flash(
            _(
                "Questions are asked meanwhile only of those who choose a part that this would take away. "
                "Ask them no more, or of everybody, first."
            ),
            "bad",
        )
    except (Invalid, PartInUse):
        flash(_("This cannot be undone any more, because of what has happened since. Please change it by hand."), "bad")
    else:
        taken_back = _("Taken back: %(what)s", what=" ".join(what))
        flash(f"{_said(corrected)} {taken_back}", "good")
    return redirect(url_for("desk.event", slug=slug), 303)


def _undone(event: Event, *, seen: str) -> int:
    """Undo what was seen, and nothing that came on top; return how many are corrected, for their e-mails carried it."""
    waiting, since = queries.telling(event.id), event.revision
    if waiting is None:
        raise actions.TooLate
    if str(waiting.id) != seen:
        raise actions.Stale
    actions.undo(event, base_url=settings().base_url, by=by(), booked=registration.booked(event.id))
    corrected = deciding.misled(event, waiting, since=since)
    if corrected:
        actions.correct(event, waiting, since=since, by=by())
    return corrected


def _said(corrected: int) -> str:
    if not corrected:
        return _("Undone. Nobody has been told.")
    return str(
        ngettext(
            "Undone. %(num)s person who registered or was written to in the meantime is told what holds again.",
            "Undone. %(num)s people who registered or were written to in the meantime are told what holds again.",
            corrected,
        )
    )


def _changes(event: Event) -> list[str]:
    """Say what is held back."""
    fact = queries.telling(event.id)
    return (
        [one.text for one in telling.sentences(_difference(event, fact), i18n.language(), inside=True)] if fact else []
    )


def _difference(event: Event, fact: Fact) -> Difference:
    return joining.became(Known(event).facts(fact.data["since"]), values.event_facts(event))


def is_heard(event: Event, fact: Fact) -> bool:
    """Whether anybody has something new to be told, by an e-mail or by telephone, of what is held back."""
    audience, followers = _hearers(event, _difference(event, fact), fact)
    return bool(audience.emails or audience.unreachable or followers)


def _hearers(event: Event, difference: Difference, fact: Fact) -> tuple[Audience, int]:
    """Return who is told that is registered, and how many followers are."""
    heard = rehearsal.listening(event, difference.after, since=fact.data["since"])
    audience = rehearsal.audience_of(event, difference, fact, heard=heard)
    return audience, len(campaigns.hearers(event.id, difference, heard.known))


def _held(event: Event, fact: Fact) -> Held:
    language = i18n.language()
    difference = _difference(event, fact)
    audience, followers = _hearers(event, difference, fact)
    due_at = fact.due_at or now()
    return Held(
        slug=event.slug,
        title=event.title.within(language),
        fact_id=fact.id,
        headline=headlines.headline(difference.focused, language) if difference else "",
        changes=[one.text for one in telling.sentences(difference, language, inside=True)],
        at=i18n.clock_there(due_at, event.zone, language),
        emails=audience.emails + followers,
        calls=audience.unreachable,
        asked=audience.ask if fact.data.get("ask") else 0,
        asked_until=words.day(fact.data["until"]) if fact.data.get("ask") else "",
        aged=words.aged(difference),
    )
