"""About whom organisers had decided before she had to wait: with a place she needs no approval."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("participation") as table:
        table.add_column(sa.Column("decided", sa.Boolean(), server_default=sa.false(), nullable=False))
