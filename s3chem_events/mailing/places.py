"""How many connections a mail server has from us at once, over all workers: each run of a worker takes a place.

All functions work in the caller's writing transaction. A place has a lease, as an e-mail has: who is killed frees it,
at once where another run on the same machine finds what was left, and else when the lease ends.
"""

from sqlalchemy import func

from s3chem_events.core.clock import now
from s3chem_events.core.db import db
from s3chem_events.mailing.models import MailConnection
from s3chem_events.mailing.outbox import LEASE

PAUSE = 1.0
"""In so many seconds who got no place asks again."""


def take(server: str, owner: str, *, most: int) -> bool:
    """Take a place at a server, or keep the one there is; False where others have all. The caller locks the server."""
    moment = now()
    others = db.select(func.count(MailConnection.owner)).where(
        MailConnection.server == server, MailConnection.owner != owner, MailConnection.until > moment
    )
    if (db.session.scalar(others) or 0) >= most:
        return False
    place = db.session.get(MailConnection, owner, populate_existing=True)
    if place is None:
        place = MailConnection(owner=owner, server=server)
        db.session.add(place)
    place.until = moment + LEASE
    return True


def leave(owner: str) -> None:
    """Give a place back; nothing where there is none. Places whose lease ended long ago go with it."""
    is_over = (MailConnection.owner == owner) | (MailConnection.until < now() - LEASE)
    db.session.execute(db.delete(MailConnection).where(is_over).execution_options(synchronize_session=False))
