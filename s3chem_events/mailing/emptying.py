"""E-mails emptied: what nobody may read any more goes, the bare fact that there was one stays."""

from collections.abc import Sequence

from sqlalchemy import bindparam

from s3chem_events.core.db import db
from s3chem_events.core.journal import Fact
from s3chem_events.mailing import queries
from s3chem_events.mailing.letters import WAITING, State
from s3chem_events.mailing.models import DeliveryAttempt, OutgoingEmail

WAYS_IN = "organiser."
"""The kinds that hold a way into the desk."""
GONE_TEXT = "its reader has left or was erased"
STOPPED = {"state": State.CANCELLED, "due_at": None, "last_text": GONE_TEXT}


def forget(beginnings: Sequence[str], facts: Sequence[Fact]) -> int:
    """Empty the e-mails about what facts of one kind erase, and stop those that wait; the bare fact of each stays.

    `beginnings` are those of the kinds of e-mails about it.
    """
    erased = db.select(Fact.id).where(
        Fact.id.in_([fact.id for fact in facts]),
        Fact.subject_id == OutgoingEmail.subject_id,
        Fact.id > OutgoingEmail.fact_id,  # what was asked for again after it is still wanted
    )
    subjects = OutgoingEmail.subject_id.in_([fact.subject_id for fact in facts])
    about = (subjects, queries.of_kinds(*beginnings), erased.correlate(OutgoingEmail).exists())
    ids = list(db.session.scalars(db.select(OutgoingEmail.id).where(*about)))
    empty = dict.fromkeys(("address", "name", "subject", "text", "html", "last_text", "reply_to"), "")
    unlike = db.literal("forgotten-") + db.cast(OutgoingEmail.id, db.String)
    emptied = {**empty, "calendars": [], "address_digest": unlike, "mailbox_digest": None}
    mine = db.update(OutgoingEmail).where(OutgoingEmail.id.in_(ids))
    db.session.execute(mine.values(emptied))
    db.session.execute(mine.where(OutgoingEmail.state.in_(WAITING)).values(STOPPED))
    db.session.execute(db.update(DeliveryAttempt).where(DeliveryAttempt.email_id.in_(ids)).values(text=""))
    return len(ids)


def silence(ids: Sequence[int]) -> None:
    """Forget what servers said of e-mails that were emptied while they were on their way, and stop those that wait.

    Their words may name the address. Called once the rows are written, and locked by that: who empties comes later.
    """
    if emptied := list(db.session.scalars(_EMPTIED, {"ids": ids})):
        said = db.update(OutgoingEmail).where(OutgoingEmail.id.in_(emptied)).values(last_text="")
        waits = db.update(OutgoingEmail).where(OutgoingEmail.id.in_(emptied), OutgoingEmail.state.in_(WAITING))
        tries = db.update(DeliveryAttempt).where(DeliveryAttempt.email_id.in_(emptied)).values(text="")
        for update in (said, waits.values(STOPPED), tries):
            db.session.execute(update.execution_options(synchronize_session=False))


def seal(ids: Sequence[int]) -> None:
    """Empty what let a colleague in, as soon as it is not needed for another try: nobody else shall read it."""
    if ids:
        done = (OutgoingEmail.state.in_([State.SENT, State.FAILED]), OutgoingEmail.kind.startswith(WAYS_IN))
        emptied = db.update(OutgoingEmail).where(OutgoingEmail.id.in_(ids), *done).values(text="", html="")
        db.session.execute(emptied.execution_options(synchronize_session=False))


_EMPTIED = db.select(OutgoingEmail.id).where(
    OutgoingEmail.id.in_(bindparam("ids", expanding=True)), OutgoingEmail.address == ""
)
