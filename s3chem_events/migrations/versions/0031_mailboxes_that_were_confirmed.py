"""Mailboxes whose owners have shown that they read them."""

import sqlalchemy as sa
from alembic import op

import s3chem_events.core.db

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    op.create_table(
        "confirmed_mailbox",
        sa.Column("mailbox_digest", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", s3chem_events.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mailbox_digest", name=op.f("pk_confirmed_mailbox")),
    )
    op.create_index(op.f("ix_confirmed_mailbox_confirmed_at"), "confirmed_mailbox", ["confirmed_at"])
