"""Approval is a part's, and so is the reason for a no."""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None

# Guests of a closed part were never waited for: only the open parts of an event asked its organisers.
PARTS = """
    UPDATE part SET approval = true
    WHERE visibility = 'public' AND event_id IN (SELECT id FROM event WHERE approval)
"""
REASONS = """
    UPDATE participation
    SET decision_reason = (SELECT decision_reason FROM registration WHERE id = participation.registration_id)
    WHERE standing = 'rejected'
"""


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("approval", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("decision_reason", sa.String(1000), server_default="", nullable=False))
    op.execute(PARTS)
    op.execute(REASONS)
    op.drop_column("event", "approval")
    op.drop_column("registration", "decision_reason")
