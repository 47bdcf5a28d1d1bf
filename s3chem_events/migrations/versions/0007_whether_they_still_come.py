"""Whether they still come, and whether they want invitations."""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.add_column(sa.Column('coming', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('coming_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('invitations', sa.Boolean(), server_default=sa.true(), nullable=False))
