"""The places that people hold as they are now, in terms of the database (docs/decisions/0010).

What a row keeps is what the person chose. A part that went online carries everybody there, one that was cancelled
carries nobody; taking the change back takes that back, too.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, not_

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
HELD = and_(Participation.standing.in_(HOLDING), not_(Part.cancelled))
"""That a place is held; the query joins Part."""
