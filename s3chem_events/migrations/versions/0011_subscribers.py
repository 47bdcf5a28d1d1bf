"""Subscribers of the newsletter, the lists that are brought, and who objects to newsletters."""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "newsletter_suppression",
        sa.Column("address_digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_newsletter_suppression")),
    )
    op.create_table(
        "subscriber_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("brought_at", moment, nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("undone_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_import")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("address_digest", sa.String(64), nullable=False),
        sa.Column("search", sa.String(300), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("source", sa.String(30), nullable=False),
        sa.Column("text_version", sa.String(40), nullable=False),
        sa.Column("text_language", sa.String(2), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("mailed_at", moment, nullable=True),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("touched_at", moment, nullable=True),
        sa.Column("left_at", moment, nullable=True),
        sa.Column("basis", sa.String(500), nullable=False),
        sa.Column("basis_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["subscriber_import.id"], name=op.f("fk_subscriber_import_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address_digest", name=op.f("uq_subscriber_address_digest")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subscriber_state", "subscriber", ["state", "id"])
    op.create_index("ix_subscriber_import", "subscriber", ["import_id"])
