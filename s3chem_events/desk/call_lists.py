"""Who has no e-mail address and is to be called: about the last change of an event, or about how she stands by now."""

from collections.abc import Iterable

from s3chem_events.core import i18n
from s3chem_events.core.clock import now
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import Fact
from s3chem_events.core.values import frozen
from s3chem_events.desk import holding, words
from s3chem_events.desk.holding import Told
from s3chem_events.publishing import queries
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.models import Event
from s3chem_events.registration import calls
from s3chem_events.registration.calls import News
from s3chem_events.registration.rehearsal import Unreachable


@frozen
class Call:
    """Somebody to be called about what a fact says, in words where it is of her alone; `noted` once somebody has."""

    person: Unreachable
    about: int
    what: str
    noted: Fact | None


def of(event: Event, told: Told | None) -> dict[str, list[Call]]:
    """Return who is to be called, for want of an e-mail, about what was `told` and about how they stand."""
    own = calls.own_news(event.id) if event.state in TAKING else []
    if not own and not (told and told.calls):
        return {}
    noted = calls.noted(event.id)
    change = [(person, told.fact_id, "") for person in told.calls] if told else []
    return {
        name: [Call(person, about, what, noted.get((person.id, about))) for person, about, what in listed]
        for name, listed in (("change", change), ("own", [_own(event, one) for one in own]))
    }


def open_at(events: Iterable[Event]) -> dict[str, int]:
    """Return how many are still to be called at which of some events, by their slugs."""
    there, found = {event.id: event for event in events}, dict[str, int]()
    held = {number for number, fact in queries.unwritten_tellings().items() if fact.due_at and fact.due_at > now()}
    for number in sorted(calls.concerned(there)):
        event = there[number]
        lists = of(event, None if number in held else holding.told(event))
        if people := {one.person.id for listed in lists.values() for one in listed if one.noted is None}:
            found[event.slug] = len(people)
    return found


def _own(event: Event, news: News) -> tuple[Unreachable, int, str]:
    one, what = news.person, words.standings()[news.standing]
    if news.until:
        moment = i18n.stamp(news.until, event.zone, i18n.language())
        what = f"{what}, {_('until %(moment)s', moment=moment)}"
    return Unreachable(one.id, one.full_name, one.organisation, one.reference, one.phone), news.fact.id, what
