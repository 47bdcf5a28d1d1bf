"""Delegations."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None
AUTOINCREMENT = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(20), nullable=False),
        sa.Column("attempt", sa.String(64), nullable=False),
        sa.Column("given_name", sa.String(100), nullable=False),
        sa.Column("family_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("address_digest", sa.String(64), nullable=False),
        sa.Column("organisation", sa.String(300), nullable=False),
        sa.Column("organisation_type", sa.String(40), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("region", sa.String(40), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("privacy_version", sa.String(40), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("link_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_delegation_event_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sa.UniqueConstraint("event_id", "attempt", name=op.f("uq_delegation_event_id_attempt")),
        sa.UniqueConstraint("reference", name=op.f("uq_delegation_reference")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delegation_address", "delegation", ["address_digest"])
    with op.batch_alter_table("registration", schema=None, table_kwargs=AUTOINCREMENT) as batch_op:
        batch_op.add_column(sa.Column("delegation_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("via_contact", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f("ix_registration_delegation_id"), ["delegation_id"])
        batch_op.create_foreign_key(
            batch_op.f("fk_registration_delegation_id"), "delegation", ["delegation_id"], ["id"], ondelete="SET NULL"
        )
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("event", schema=None, recreate="always", table_kwargs=AUTOINCREMENT):
            pass
        for table in ("event", "registration"):
            _never_again(table)


def _never_again(table: str) -> None:
    """Let SQLite remember again which ids were given away: links hold them, and earlier copies of the table forgot."""
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
    op.execute(
        f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', max("
        f"coalesce((SELECT max(id) FROM {table}), 0), "
        f"coalesce((SELECT max(subject_id) FROM fact WHERE kind LIKE '{table}.%'), 0))"
    )
