"""What a worker had in its hands when it died, settled as its acceptance journal tells; in the caller's transaction."""

from datetime import timedelta

from s3chem_events.core.clock import now
from s3chem_events.core.db import UTCDateTime, db
from s3chem_events.mailing import emptying, outbox, tries
from s3chem_events.mailing.journal import Left
from s3chem_events.mailing.letters import State
from s3chem_events.mailing.models import OutgoingEmail
from s3chem_events.mailing.results import STATES, Outcome, Result

DEADLY = 5
DEADLY_REST = timedelta(hours=1)
NOTED = Result(Outcome.SENT, text="accepted; noted by the worker before it stopped")


def recover(left: Left) -> int:
    """Settle what a worker left that is gone; returns how many e-mails.

    One may have arrived or not: that which it was at. The others no server has: they wait as if never taken up.
    """
    moment = now()
    rows = set(db.session.scalars(db.select(OutgoingEmail.id).filter_by(owner=left.owner, state=State.SENDING)))
    taken, lost = rows & left.accepted, rows & left.in_flight
    # At once; but what workers die of again and again may be this e-mail, and shall not hold the others up.
    later = db.literal(moment + DEADLY_REST, UTCDateTime())
    soon = db.case((OutgoingEmail.attempts < DEADLY, db.literal(moment, UTCDateTime())), else_=later)
    for ids, result in ((taken, NOTED), (lost, tries.LOST)):
        is_sent = result.outcome is Outcome.SENT
        values = {
            OutgoingEmail.state: STATES[result.outcome],
            OutgoingEmail.due_at: None if is_sent else soon,
            OutgoingEmail.sent_at: moment if is_sent else None,
            OutgoingEmail.owner: None,
            OutgoingEmail.last_text: result.text,
        }
        db.session.execute(db.update(OutgoingEmail).where(OutgoingEmail.id.in_(ids)).values(values))
        tries.note((email_id, result) for email_id in ids)
    outbox.hold(left.owner, rows - taken - lost, until=moment)
    emptying.seal(list(rows))
    return len(rows)
