"""For which days of an event the hour of its gate was set: it moves along with them."""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    op.add_column("details", sa.Column("first_day", sa.Date(), nullable=True))
    op.execute(
        "UPDATE details SET first_day = (SELECT min(part.starts_on) FROM part WHERE part.event_id = details.event_id "
        "AND NOT part.cancelled) WHERE until IS NOT NULL"
    )
