"""Who is there before a newcomer: one count for the form, the public page, the waiting list and the desk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, case, func, literal, not_, or_, select, union_all

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.publishing import actions as publishing
from s3chem_events.publishing.lifecycle import TAKING, Mode, WaitingList
from s3chem_events.publishing.models import Event, Part
from s3chem_events.publishing.queries import part_begins_at
from s3chem_events.registration import capacity, places
from s3chem_events.registration.capacity import HOLDING, Availability, Standing
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.queries import REJECTED, TAKEN_OFF, WITHDRAWN


class Crowd(NamedTuple):
    """How many are there before a newcomer: who has a place, waits for one, or was taken off and may be put back.

    Of those who have one so many are `pending`.
    """

    held: int = 0
    queued: int = 0
    kept: int = 0
    pending: int = 0

    @property
    def gone(self) -> int:
        """How many places nobody can be given now: they are held, or kept for who was just taken off."""
        return self.held + self.kept


Crowds = Mapping[tuple[int, Mode], Crowd]
"""By the id of a part and the mode; who is not there is nobody."""
NOBODY = Crowd()


def of(event_id: int) -> Crowds:
    """Return who is there before a newcomer, in one statement."""
    return of_events([event_id])


def of_events(event_ids: Iterable[int]) -> Crowds:
    """Return the same of several events, in one statement."""
    found = defaultdict[tuple[int, Mode], Crowd](Crowd)
    for part_id, mode, *more in db.session.execute(_CROWD, {"events": list(event_ids), "moment": now()}):
        there = zip(more, found[part_id, mode], strict=True)
        found[part_id, mode] = Crowd(*(int(one or 0) + other for one, other in there))
    return dict(found)


def has_line(event: Event, part: Part) -> bool:
    """Whether people may wait for a place in a part, and will be given one: while an offer can still be made."""
    if event.waiting_list is WaitingList.OFF or event.state not in TAKING or part.cancelled:
        return False
    return now() < part_begins_at(part) - capacity.LINE_CLOSES


def before_newcomer(event: Event, part: Part, mode: Mode, crowds: Crowds) -> int:
    """Return how many come before a newcomer: while the list lives, whoever waits for a place, too."""
    there = crowds.get((part.id, mode), NOBODY)
    return there.gone + (there.queued if has_line(event, part) else 0)


def left(event: Event, part: Part, mode: Mode, crowds: Crowds) -> Availability:
    """Return what is left of a part's places in a mode for a newcomer."""
    return capacity.availability(part.capacities[mode], before_newcomer(event, part, mode, crowds))


def tell_the_page(event: Event, before: Crowds) -> Crowds:
    """Raise the content's revision if a word for the places left is another than `before`; returns who is there now.

    Whatever changes how people stand to the parts of a locked event ends with this, or with moving_up.pass_on.
    """
    after = of(event.id)
    if _words(event, before) != _words(event, after):
        publishing.touch()
    return after


def _words(event: Event, crowds: Crowds) -> list[Availability]:
    """Return what is left of each place, and what will be when nothing is kept: a page is made anew by then."""
    later = {which: there._replace(kept=0) for which, there in crowds.items()}
    ways = [(part, mode) for part in event.live_parts for mode in part.capacities]
    return [left(event, *way, at_that_time) for way in ways for at_that_time in (crowds, later)]


def next_release(moment: datetime) -> datetime | None:
    """Return the next moment after this one at which places kept for who was just taken off are anybody's."""
    kept = (Fact.kind.in_(TAKEN_OFF), Fact.relayed_at.is_(None), Fact.due_at > moment)
    return db.session.scalar(select(func.min(Fact.due_at)).where(*kept))


_THEIRS = Part.event_id.in_(bindparam("events", expanding=True))
_CROWD = union_all(
    select(
        Participation.part_id,
        places.MODE.label("mode"),
        func.sum(case((Participation.standing.in_(HOLDING), 1), else_=0)),
        func.sum(case((Participation.standing == Standing.WAITING, 1), else_=0)),
        literal(0),
        func.sum(case((Participation.standing == Standing.PENDING, 1), else_=0)),
    )
    .join(Part)
    .where(_THEIRS, not_(Part.cancelled), Participation.standing.in_(places.INTERESTED))
    .group_by(Participation.part_id, places.MODE),
    select(Participation.part_id, places.MODE.label("mode"), literal(0), literal(0), func.count(), literal(0))
    .select_from(Fact)
    .join(Registration, Registration.id == Fact.subject_id)
    .join(Participation, Participation.registration_id == Registration.id)
    .join(Part, Part.id == Participation.part_id)
    .where(
        Fact.relayed_at.is_(None),
        Fact.due_at > bindparam("moment"),
        _THEIRS,
        not_(Part.cancelled),
        or_(  # taken off then, not before
            and_(
                Fact.kind == WITHDRAWN,
                Participation.standing == Standing.WITHDRAWN,
                Participation.decided_at == Registration.withdrawn_at,
            ),
            and_(
                Fact.kind == REJECTED,
                Participation.standing == Standing.REJECTED,
                Participation.decided_at == Fact.happened_at,
            ),
        ),
    )
    .group_by(Participation.part_id, places.MODE),
)
"""Put together once: SQLAlchemy takes longer to write these lines than SQLite to answer them."""
