"""One part given up, while the rest of the registration stays; by the own link it can be had back for a day."""

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import PARTICIPANT, Actor, Fact
from s3chem_events.publishing.lifecycle import TAKING
from s3chem_events.publishing.queries import part_ends_at
from s3chem_events.registration import crowds, entries, moving_up, places, versions, ways_back
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Participation, Registration
from s3chem_events.registration.returning import OFF, UNDO
from s3chem_events.registration.ways_back import TooLate

KIND = "registration.part_given_up"
GIVEN_UP = frozenset({Standing.CONFIRMED, Standing.PENDING})
"""What is given up; who waits leaves the list, and who is offered a place declines it (registration.waiting)."""


def may_give_up(registration: Registration, participation: Participation) -> bool:
    """Whether somebody has a place that is still to come, and another part besides: else she withdraws as a whole."""
    part = participation.part
    is_on = registration.event.state not in OFF and not part.cancelled and now() < part_ends_at(part)
    is_hers = participation.standing in GIVEN_UP and registration.withdrawn_at is None
    return is_on and is_hers and len(places.parts_ahead(registration)) > 1


def give_up(registration: Registration, *, part_key: str, by: Actor) -> bool:
    """Take a person of a locked event off one part; the place is free at once. Done again it changes nothing: False.

    Raises:
        TooLate: there is nothing to give up, or nothing else would be left.

    """
    participation = next((one for one in registration.participations if one.part.key == part_key), None)
    if participation is not None and participation.standing is Standing.WITHDRAWN:
        return False
    if participation is None or not may_give_up(registration, participation):
        raise TooLate
    part, was, event = participation.part, participation.standing, registration.event_id
    before = crowds.of(event)
    participation.standing, participation.decided_at = Standing.WITHDRAWN, now()
    registration.changed_at = participation.decided_at
    versions.rise(registration, [participation])
    journal.record("registration.part_given_up", registration.id, by=by, event=event, part=part.id, was=was)
    moving_up.pass_on(registration.event, before)
    return True


def lately(registration: Registration) -> dict[int, Standing]:
    """Return what she gave up herself less than a day ago and can have back: how she stood to it, by the part's id.

    Nothing that an organiser has taken her off since.
    """
    gone = [one for one in registration.participations if may_come_back(registration, one)]
    if not gone:
        return {}
    recent = (Fact.subject_id == registration.id, Fact.happened_at > now() - UNDO, Fact.by == str(PARTICIPANT))
    facts = db.session.scalars(db.select(Fact).where(Fact.kind == KIND, *recent).order_by(Fact.id))
    was = {int(fact.data["part"]): Standing(fact.data["was"]) for fact in facts}
    last = ways_back.left_by(registration) if was else {}
    return {
        one.part_id: was[one.part_id] for one in gone if one.part_id in was and ways_back.is_hers(last[one.part_id])
    }


def may_come_back(registration: Registration, participation: Participation) -> bool:
    """Whether a place that was given up is in something that somebody can still come to."""
    event, part = registration.event, entries.part_of(registration, participation)
    is_ahead = event.state in TAKING and not part.cancelled and now() < part_ends_at(part)
    has_left = registration.withdrawn_at is None and participation.standing is Standing.WITHDRAWN
    return is_ahead and has_left and ways_back.is_open_to(registration, part)
