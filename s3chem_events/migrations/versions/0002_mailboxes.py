"""Count what goes to one mailbox."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table('outgoing_email', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mailbox_digest', sa.String(length=64), nullable=True))
        batch_op.create_index('ix_outgoing_email_mailbox', ['mailbox_digest', 'sent_at'], unique=False)
        batch_op.create_index('ix_outgoing_email_sent', ['sent_at'], unique=False)
