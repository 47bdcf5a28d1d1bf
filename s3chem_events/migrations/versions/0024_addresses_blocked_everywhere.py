"""Addresses blocked for all events are looked up by themselves."""

from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("blocked_address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blocked_address_address_digest"), ["address_digest"], unique=False)
