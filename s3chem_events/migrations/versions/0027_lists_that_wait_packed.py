"""Lists of subscribers wait packed for their press: what is written while others wait is a fifth."""

import json
import zlib

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

NAMES = ("number", "email", "language", "topics", "basis", "basis_on", "digest", "verdict")


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("subscriber_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packed", sa.LargeBinary(), nullable=True))
    _pack()
    with op.batch_alter_table("subscriber_import", schema=None) as batch_op:
        batch_op.alter_column("packed", existing_type=sa.LargeBinary(), nullable=False)
        batch_op.drop_column("rows")


def _pack() -> None:
    """Keep what is brought and not pressed, or pressed and cut off."""
    table = sa.table(
        "subscriber_import", sa.column("id", sa.Integer), sa.column("rows", sa.JSON), sa.column("packed", sa.LargeBinary)
    )
    bind = op.get_bind()
    for import_id, rows in bind.execute(sa.select(table.c.id, table.c.rows)).all():
        kept = zlib.compress(json.dumps([[row[name] for name in NAMES] for row in rows]).encode()) if rows else b""
        bind.execute(table.update().where(table.c.id == import_id).values(packed=kept))
