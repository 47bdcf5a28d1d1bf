"""What the desk asks before it saves: steps that cannot be taken back, and those that are seldom meant; pure."""

from collections.abc import Iterable, Iterator
from datetime import date

from flask_babel import ngettext

from s3chem_events.core import i18n
from s3chem_events.core.errors import Refused
from s3chem_events.core.i18n import gettext as _
from s3chem_events.core.text import Text
from s3chem_events.core.values import frozen
from s3chem_events.desk import words
from s3chem_events.publishing.booked import NOBODY, Booked
from s3chem_events.publishing.disclosing import disclosed, holds
from s3chem_events.publishing.facts import EventFacts
from s3chem_events.publishing.lifecycle import Mode, State
from s3chem_events.publishing.models import Event


@frozen
class Question:
    """One question; its `key` comes back with the press that says yes."""

    key: str
    words: str


class Unasked(Refused):
    """Somebody must say yes first."""

    code = "unasked"
    status = 409

    def __init__(self, questions: tuple[Question, ...]) -> None:
        """Keep what is asked."""
        super().__init__()
        self.questions = questions


def check(
    before: EventFacts | None, after: EventFacts, *, confirmed: str, today: date, booked: Booked = NOBODY
) -> None:
    """Refuse a change until its questions are answered; `confirmed` holds the keys of those that are.

    Raises:
        Unasked.

    """
    questions = unanswered(before, after, confirmed=confirmed, today=today, booked=booked)
    if questions:
        raise Unasked(questions)


def unanswered(
    before: EventFacts | None, after: EventFacts, *, confirmed: str, today: date, booked: Booked = NOBODY
) -> tuple[Question, ...]:
    """Return the questions of a change, those that are answered included; none where all of them are."""
    questions = [*_of_state(before, after, today), *_of_days(before, after, today), *_of_places(after, booked)]
    questions += [*_of_modes(after, booked), *_of_links(after)]
    if before is not None:
        old = {one.key for one in (*_of_places(before, booked), *_of_modes(before, booked), *_of_links(before))}
        questions = [question for question in questions if question.key not in old]
    is_open = bool({question.key for question in questions} - set(confirmed.split()))
    return tuple(questions) if is_open else ()


def check_texts(texts: Iterable[tuple[str, str, str]], events: Iterable[Event], *, confirmed: str) -> None:
    """Refuse texts that everybody reads, each with its label, as it was and as it is to be, until the same is asked.

    Raises:
        Unasked.

    """
    joined = [part for event in events for part in event.parts if part.online_url]
    found = [
        Question(f"link:{part.id}", _gives_away(label, part.title))
        for label, before, after in texts
        for part in joined
        if holds(after, part.online_url) and not holds(before, part.online_url)
    ]
    if {question.key for question in found} - set(confirmed.split()):
        raise Unasked(tuple(found))


def overbooked(facts: EventFacts, booked: Booked) -> list[str]:
    """Say of each part in which more people hold a place than there are how many."""
    return [question.words for question in _of_places(facts, booked)]


def _of_state(before: EventFacts | None, after: EventFacts, today: date) -> Iterator[Question]:
    if before is None or before.state is after.state:
        return
    if after.state is State.CANCELLED:
        sentence = _("Cancelling is final. The page and the calendar entry stay, marked as cancelled.")
        yield Question("cancelled", sentence)
    elif after.state is State.OVER and _last_day(after) >= today:
        yield Question("over", _("“Ended” is final, and the last day is still to come."))
    elif after.state is State.DRAFT:
        sentence = _(
            "As a draft the event disappears from the public site and from subscribed calendars; "
            "its address leads nowhere until it is published again."
        )
        yield Question("hidden", sentence)


def _of_days(before: EventFacts | None, after: EventFacts, today: date) -> Iterator[Question]:
    if after.state in {State.DRAFT, State.CANCELLED, State.OVER} or _last_day(after) >= today:
        return
    if before is None or before.state is State.DRAFT or _last_day(before) != _last_day(after):
        day = i18n.short_range(_last_day(after), _last_day(after), i18n.language())
        yield Question("past", _("The last day, %(day)s, is past: visitors will see a past event.", day=day))


def _of_places(after: EventFacts, booked: Booked) -> Iterator[Question]:
    for part in after.parts:
        for mode, places in part.capacity.items():
            held = booked.held(part, mode)
            if places is not None and held > places:
                sentence = ngettext(
                    "%(part)s, %(mode)s: %(num)s person holds a place, more than the %(places)s available now. "
                    "Nobody loses a place; new registrations are refused, or wait.",
                    "%(part)s, %(mode)s: %(num)s people hold a place, more than the %(places)s available now. "
                    "Nobody loses a place; new registrations are refused, or wait.",
                    held,
                    part=part.title.within(i18n.language()),
                    mode=words.modes()[mode],
                    places=places,
                )
                yield Question(f"places:{part.key}:{mode}:{places}", sentence)


def _of_modes(after: EventFacts, booked: Booked) -> Iterator[Question]:
    for part in after.parts:
        for mode in Mode:
            moved = booked.places.get((part.key, mode), 0)
            if moved and part.mode_of(mode) is not mode:
                sentence = ngettext(
                    "%(part)s: %(num)s person who chose “%(old)s” will take part “%(new)s”.",
                    "%(part)s: %(num)s people who chose “%(old)s” will take part “%(new)s”.",
                    moved,
                    part=part.title.within(i18n.language()),
                    old=words.modes()[mode],
                    new=words.modes()[part.mode_of(mode)],
                )
                yield Question(f"mode:{part.key}:{mode}", sentence)


def _of_links(after: EventFacts) -> Iterator[Question]:
    """A link to join belongs to those registered, unless it is meant for everybody."""
    for name, part in disclosed(after):
        yield Question(f"link:{name}:{part.key}", _gives_away(words.event_fields()[name], part.title))


def _gives_away(field: str, part: Text) -> str:
    return _(
        "“%(field)s” holds the link for taking part online in “%(part)s”: everybody will be able to read it, "
        "registered or not.",
        field=field,
        part=part.within(i18n.language()),
    )


def _last_day(facts: EventFacts) -> date:
    return max(date(part.ends.year, part.ends.month, part.ends.day) for part in facts.parts)
