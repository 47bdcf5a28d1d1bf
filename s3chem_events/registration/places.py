"""The places that people hold as they are now, in terms of the database (docs/decisions/0010).

What a row keeps is what the person chose. A part that went online carries everybody there, one that was cancelled
carries nobody; taking the change back takes that back, too.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from s3chem_events.publishing.lifecycle import Mode
from s3chem_events.publishing.models import Part
from s3chem_events.registration.capacity import HOLDING, Standing
from s3chem_events.registration.models import Participation

INTERESTED = HOLDING | {Standing.WAITING}
"""Who hears of a change: whoever has a place, or waits for one."""
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
_before = aliased(Participation)
POSITION: ColumnElement[Any] = case(
    (
        STANDING == Standing.WAITING,
        select(func.count(_before.id))
        .where(
            _before.part_id == Participation.part_id,
            _before.standing == Standing.WAITING,
            # In a part of one mode all wait for that one.
            or_(_before.mode == Participation.mode, Part.on_site != Part.online),
            _before.id <= Participation.id,
        )
        .correlate(Participation, Part)
        .scalar_subquery(),
    ),
    else_=0,
)
"""Where somebody stands in line, from 1 on; 0 for who does not wait. The query joins Part."""
HELD = and_(Participation.standing.in_(HOLDING), not_(Part.cancelled))
"""That a place is held; the query joins Part."""
