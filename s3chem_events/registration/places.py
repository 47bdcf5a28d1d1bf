"""The places that people hold as they are now, in terms of the database (docs/decisions/0010).

What a row keeps is what the person chose. A part that went online carries everybody there, one that was cancelled
carries nobody; taking the change back takes that back, too.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, literal, not_, select

from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Part
from s3chem_events.registration.capacity import HOLDING, IN_LINE, Standing
from s3chem_events.registration.models import Participation, Registration

INTERESTED = HOLDING | {Standing.WAITING}
"""Who hears of a change: whoever has a place, or waits for one."""
SEATED = HOLDING - IN_LINE
"""Who can be asked whether she still comes: whoever has a place, not whoever is offered one or waits."""
OVER = frozenset({Standing.WITHDRAWN, Standing.REJECTED})
"""Who does not come, for she or the organisers have said so."""
MODE: ColumnElement[Any] = case(
    (and_(Part.online, not_(Part.on_site)), literal(Mode.ONLINE, Participation.mode.type)),
    (and_(Part.on_site, not_(Part.online)), literal(Mode.ON_SITE, Participation.mode.type)),
    else_=Participation.mode,
)
"""How somebody takes part; the query joins Part."""
STANDING: ColumnElement[Any] = case(
    (
        and_(Part.cancelled, Participation.standing.in_(INTERESTED)),
        literal(Standing.WITHDRAWN, Participation.standing.type),
    ),
    else_=Participation.standing,
)
"""How somebody stands to a part; the query joins Part."""


def are_limited(chosen: Iterable[tuple[Part, Mode]]) -> bool:
    """Whether somebody else can want one of these places; where there is no end of them nobody waits for any."""
    return any(part.capacities.get(mode) is not None for part, mode in chosen)


def parts_ahead(registration: Registration) -> list[Part]:
    """Return the parts that take place in which somebody has, or waits for, a place."""
    return [p.part for p in registration.participations if p.standing not in OVER and not p.part.cancelled]


def line(event_id: int) -> Subquery:
    """Return where each of those who wait in an event stands in line, from 1 on: `id` of a participation, `position`.

    Counted in one pass; in a part of one mode all wait for that one.
    """
    which = (Participation.part_id, MODE)
    return (
        select(
            Participation.id, func.row_number().over(partition_by=which, order_by=Participation.id).label("position")
        )
        .join(Part)
        .where(Part.event_id == event_id, Participation.standing == Standing.WAITING, not_(Part.cancelled))
        .subquery("line")
    )


HELD = and_(Participation.standing.in_(HOLDING), not_(Part.cancelled))
"""That a place is held; the query joins Part."""
COUNTED: ColumnElement[bool] = and_(
    Registration.withdrawn_at.is_(None),
    exists().where(Participation.registration_id == Registration.id, Participation.standing.not_in(OVER)),
)
"""That a registration counts among an event's people: she has not withdrawn, and was not rejected for everything."""
