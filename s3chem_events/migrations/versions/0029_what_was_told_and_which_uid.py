"""A part may hand its UID on to another, and a revision knows since when it was told."""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former_uids", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_since", sa.Integer(), nullable=True))
