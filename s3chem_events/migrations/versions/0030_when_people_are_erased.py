"""Since when nobody can be reached any more who was at an event: 90 days after it."""

import sqlalchemy as sa
from alembic import op

import s3chem_events.core.db

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", s3chem_events.core.db.UTCDateTime(timezone=True), nullable=True))
    still = sa.text("erased_at IS NULL")
    op.create_index(
        "ix_registration_reachable", "registration", ["event_id", "id"], sqlite_where=still, postgresql_where=still
    )
