"""The tries of e-mails, written down one by one: what a server said, or that a worker was lost in the midst."""

from collections.abc import Iterable

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.mailing.models import DeliveryAttempt
from s3chem_events.mailing.results import Outcome, Result

LONGEST_ANSWER = 500
LOST = Result(Outcome.INTERRUPTED, text="the worker stopped while it was at this e-mail")


def note(results: Iterable[tuple[int, Result]]) -> None:
    """Write down what came of some tries, by the ids of the e-mails."""
    moment = now()
    rows = [
        {
            "email_id": email_id,
            "at": moment,
            "outcome": result.outcome,
            "code": result.code,
            "text": result.text[:LONGEST_ANSWER],
        }
        for email_id, result in results
    ]
    if rows:
        db.session.connection().execute(db.insert(DeliveryAttempt), rows)
