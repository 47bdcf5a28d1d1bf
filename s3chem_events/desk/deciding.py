"""Whether people are told of a change: what an organiser decided at the preview, and whether that still fits.

Nothing that people would be told is saved before somebody has seen who they are and what they would read.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from s3chem_events.campaigns import queries as campaigns
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.journal import Actor, Fact
from s3chem_events.core.values import frozen
from s3chem_events.desk.asking import Question, Unasked
from s3chem_events.publishing import actions, joining, queries, values
from s3chem_events.publishing.changes import Difference
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.known import Known
from s3chem_events.publishing.lifecycle import LISTED
from s3chem_events.publishing.models import Event
from s3chem_events.registration import rehearsal

TELL, QUIET = "yes", "no"
NAMES = frozenset({"told", "previewed", "asked", "ask", "until", "confirmed", "csrf_token", "do"})
"""What the preview sends besides the form that it carries on."""


@frozen
class Decision:
    """What was pressed at the preview of which revision, and with which question; nothing before it was shown."""

    told: str = ""
    previewed: int = 0
    asked: str = ""
    asks: bool = False
    until: str = ""
    opened: int = 0  # the revision that the form showed

    @property
    def question(self) -> str:
        """The day by which people are to say whether they still come; nothing where they are not asked."""
        return self.until if self.asks else ""


@frozen
class Pending:
    """A change of an event at a revision, which waits for a decision and for the answers to its questions."""

    before: EventFacts
    facts: EventFacts
    revision: int
    decision: Decision
    questions: tuple[Question, ...] = ()
    problem: str = ""


class Undecided(Refused):
    """Somebody must see first who would be told."""

    code = "undecided"
    status = 200

    def __init__(self, pending: Pending) -> None:
        """Keep what is to be decided."""
        super().__init__()
        self.pending = pending


def decision(form: Mapping[str, str]) -> Decision:
    """Return what was pressed."""
    return Decision(
        told=form.get("told", ""),
        previewed=_number(form.get("previewed", "")),
        asked=form.get("asked", ""),
        asks="ask" in form,
        until=form.get("until", ""),
        opened=_number(form.get("revision", "")),
    )


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0  # noqa: PLR2004 - an INTEGER


def settle(event: Event, pending: Pending, *, today: date, by: Actor) -> Fact | None:
    """Tell people of a change that has just been made to a locked event, or not, as was decided.

    What is told is what was previewed: a decision about another revision, or another question, counts for nothing.

    Raises:
        Undecided, Unasked: nothing is to be saved yet.

    """
    own = joining.became(pending.before, pending.facts)
    waiting = queries.untold(event.id)
    if own and pending.facts.state in LISTED and _is_heard(event, pending.facts, own, waiting):
        return _decided(event, pending, is_held=waiting is not None, today=today, by=by)
    if pending.questions:
        raise Unasked(pending.questions)
    if waiting is None:
        return None
    return announce(event, since=pending.revision, waiting=waiting, by=by)


def announce(event: Event, *, since: int, waiting: Fact | None, by: Actor) -> Fact | None:
    """Have people told of what has just been saved; `waiting` is what was held back before it, and is told with it.

    What takes back all that was held back leaves nothing to tell, but to those who wrote in meanwhile.
    """
    if not joining.became(Known(event).facts(since), values.event_facts(event)):
        return None
    told = actions.tell(event, since=since, by=by)
    if told is None and waiting is not None and misled(event, waiting, since=since):
        return actions.correct(event, waiting, since=since, by=by)
    return told


def misled(event: Event, undone: Fact, *, since: int) -> int:
    """Return how many hold e-mails that carry what has just been undone; `since` is the revision before the undo."""
    back = joining.became(Known(event).facts(since), values.event_facts(event))
    return rehearsal.misled(event, back, undone) + campaigns.misled(back, event.id, undone)


def _is_heard(event: Event, facts: EventFacts, own: Difference, waiting: Fact | None) -> bool:
    difference = joining.became(Known(event).facts(waiting.data["since"]), facts) if waiting else own
    if not difference:
        return False
    return rehearsal.is_heard(event, difference) or bool(campaigns.hearers(event.id, difference))


def _decided(event: Event, pending: Pending, *, is_held: bool, today: date, by: Actor) -> Fact | None:
    made = pending.decision
    is_seen = made.previewed == pending.revision and not pending.questions
    if made.told == QUIET and is_seen and not is_held:  # what is held back is told as it is when it leaves
        return None
    until = _until(pending, today) if made.asks else None
    if made.told != TELL or not is_seen or made.asked != made.question:
        raise Undecided(pending)
    return actions.tell(event, since=pending.revision, by=by, ask_until=until, asks_on=False)


def _until(pending: Pending, today: date) -> date:
    """Return the day by which people are asked to answer, which lies between now and the event."""
    last = max(part.ends for part in pending.facts.live_parts)
    try:
        until = date.fromisoformat(pending.decision.until)
    except ValueError:
        until = today
    if not today < until <= date(last.year, last.month, last.day):
        sentence = _("Choose a day after today and no later than the event.")
        raise Undecided(replace(pending, problem=sentence))
    return until
