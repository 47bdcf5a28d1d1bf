"""Somebody came anew while her withdrawal could still be undone: put back, her first registration is the one again."""

from sqlalchemy import select

from s3chem_events.core import journal
from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.core.journal import Actor
from s3chem_events.registration import actions, answering, guest_list, substituting, undone
from s3chem_events.registration.capacity import Standing
from s3chem_events.registration.models import Answer, Consent, Participation, Registration

BEST = (Standing.CONFIRMED, Standing.PENDING, Standing.OFFERED, Standing.WAITING)


def reunite(first: Registration, second: Registration, *, by: Actor) -> None:
    """End the second registration of one person at a locked event; what is better in it goes to the first.

    What waits to be told of the second is stopped: she is told of the first (tell).
    """
    own = {one.part_id: one for one in first.participations}
    better = [one for one in second.participations if _rank(one) < _rank(own.get(one.part_id))]
    for former in (own[one.part_id] for one in better if one.part_id in own):
        first.participations.remove(former)
    db.session.flush()  # before another place in the same part is hers
    for one in better:
        second.participations.remove(one)
    first.participations.extend(better)
    if not guest_list.invitations_of(first.id):
        substituting.hand_over_invitation(second.id, first.id)
    _hand_over_answers(second.id, first.id)
    actions.end(second, now())
    held = {one.part_id for one in first.participations if one.standing is Standing.CONFIRMED}
    undone.stop_all(second, held=held, by=by)
    db.session.flush()  # before the first is hers by name
    journal.record("registration.reunited", second.id, by=by, event=second.event_id, to=first.id)


def tell(registration: Registration, *, by: Actor) -> None:
    """Write to her how she stands: the last that she heard was of the registration that has ended."""
    if any(one.standing is Standing.CONFIRMED for one in registration.participations):
        journal.record("registration.restored", registration.id, by=by, event=registration.event_id)
    else:
        actions.record_places(registration, by=by)


def _rank(participation: Participation | None) -> int:
    return BEST.index(participation.standing) if participation and participation.standing in BEST else len(BEST)


def _hand_over_answers(giver_id: int, taker_id: int) -> None:
    """Let what was answered last hold; of what was asked once alone that answer stays."""
    agreed = select(Consent.subject).where(Consent.registration_id == giver_id, Consent.withdrawn_at.is_(None))
    subjects = list(db.session.scalars(agreed.where(Consent.subject != "privacy")))
    answering.end_consents(taker_id, subjects)
    anew = list(db.session.scalars(select(Answer.question_id).where(Answer.registration_id == giver_id)))
    given, agreed_to = Answer.registration_id == giver_id, Consent.registration_id == giver_id
    for statement in (
        db.delete(Answer).where(Answer.registration_id == taker_id, Answer.question_id.in_(anew)),
        db.update(Answer).where(given).values(registration_id=taker_id),
        db.update(Consent).where(agreed_to, Consent.subject.in_(subjects)).values(registration_id=taker_id),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
