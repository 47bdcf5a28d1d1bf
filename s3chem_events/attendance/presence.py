"""Who was there: written down part by part, from its day on, and put right whenever somebody knows better."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, case, func, or_

from s3chem_events.core import journal
from s3chem_events.core.clock import today
from s3chem_events.core.db import db
from s3chem_events.core.errors import Refused
from s3chem_events.core.journal import Actor
from s3chem_events.core.values import frozen
from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Event, Part
from s3chem_events.registration import names, places
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration

PAGE = 100


class TooEarly(Refused):
    """The day of the part has not come, or the part does not take place."""

    code = "too_early"
    status = 409


@frozen
class Line:
    """One person in a part, and whether she was there; None where nobody knows yet."""

    reference: str
    given_name: str
    family_name: str
    organisation: str
    mode: Mode
    standing: Standing
    present: bool | None


@frozen
class Page:
    """Some lines of a part's list, in order of the names."""

    rows: tuple[Line, ...]
    total: int
    number: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // PAGE))


@frozen
class Counted:
    """How many of a part's people were there, how many were not, and of how many nobody knows."""

    there: int = 0
    away: int = 0
    unknown: int = 0

    @property
    def is_noted(self) -> bool:
        """Whether anything is written down."""
        return self.there + self.away > 0


def may_be_noted(part: Part) -> bool:
    """Whether presence in a part can be written down: from its first day on, where it takes place, without an end."""
    return not part.cancelled and part.starts_on <= today(part.zone)


def page(part: Part, *, words: str = "", number: int = 1) -> Page:
    """Return one page of those who have a place in a part, and of whom something is noted, in two statements."""
    listed = [*_listed(part.id), *(Registration.search.contains(one, autoescape=True) for one in _sought(words))]
    query = db.select(Registration).join(Participation).join(Part).where(*listed)
    total = db.session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    number = max(1, min(number, -(-total // PAGE)))
    columns = (Registration.reference, Registration.given_name, Registration.family_name, Registration.organisation)
    rows = db.session.execute(
        query.with_only_columns(*columns, places.MODE, Participation.standing, Participation.present)
        .order_by(Registration.sort_name, Registration.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Page(tuple(Line(*row) for row in rows), total, number)


def counted(event_id: int) -> dict[int, Counted]:
    """Return how it stands in each part of an event that somebody has a place in, in one statement."""
    said = [func.sum(case((is_so, 1), else_=0)) for is_so in _SAID]
    rows = db.session.execute(
        db.select(Participation.part_id, *said)
        .join(Part)
        .where(Part.event_id == event_id, _COUNTS)
        .group_by(Participation.part_id)
    )
    return {part_id: Counted(*map(int, numbers)) for part_id, *numbers in rows}


def note(event: Event, part: Part, *, said: Mapping[str, bool | None], by: Actor) -> int:
    """Write down who was there, by reference; the event is locked. Returns for how many something is different.

    Who is not on the part's list is left alone.

    Raises:
        TooEarly.

    """
    if not may_be_noted(part):
        raise TooEarly
    query = db.select(Participation, Registration.reference).join(Registration).join(Part)
    noted: dict[int, dict[str, object]] = {}
    for participation, reference in db.session.execute(
        query.where(*_listed(part.id), Registration.reference.in_(said)).order_by(Participation.id)
    ):
        before, after = participation.present, said[reference]
        if before is not after:
            participation.present = after
            noted[participation.registration_id] = {"event": event.id, "part": part.id, "old": before, "new": after}
    journal.record_each("registration.presence_noted", noted, by=by)
    return len(noted)


_COUNTS = or_(Participation.standing == Standing.CONFIRMED, Participation.present.is_not(None))
_SAID = (Participation.present.is_(True), Participation.present.is_(False), Participation.present.is_(None))


def _listed(part_id: int) -> list[ColumnElement[bool]]:
    return [Participation.part_id == part_id, _COUNTS]


def _sought(words: str) -> list[str]:
    return names.sought(words).split()
