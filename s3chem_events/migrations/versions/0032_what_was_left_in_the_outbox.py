"""What older versions left in the outbox: e-mails held back without a time, and tries that are nowhere written down."""

import sqlalchemy as sa
from alembic import op

from s3chem_events.core.clock import now
from s3chem_events.core.db import UTCDateTime

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

HELD = (
    "UPDATE outgoing_email SET due_at = :moment WHERE due_at IS NULL AND state = 'deferred' AND attempts = 0 "
    "AND last_text = 'held back: too many registrations in an hour'"
)
LOST = (
    "INSERT INTO delivery_attempt (email_id, at, outcome, text) SELECT id, :moment, 'interrupted', '' "
    "FROM outgoing_email WHERE stream != '' AND state IN ('queued', 'deferred') AND attempts > "
    "(SELECT count(*) FROM delivery_attempt WHERE email_id = outgoing_email.id)"
)


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    for statement in (HELD, LOST):
        op.execute(sa.text(statement).bindparams(sa.bindparam("moment", now(), UTCDateTime())))
