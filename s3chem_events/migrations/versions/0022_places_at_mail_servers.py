"""Places at mail servers."""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    op.create_table(
        "mail_connection",
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("server", sa.String(length=300), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_mail_connection")),
    )
    op.create_index(op.f("ix_mail_connection_server"), "mail_connection", ["server"])
