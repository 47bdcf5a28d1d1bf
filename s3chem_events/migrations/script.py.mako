"""${message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # noqa: F401  autogenerate names it in JSONB(astext_type=Text())
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    ${upgrades if upgrades else "pass"}
