"""A guest may come by several invitations: to one closed part after the other."""

from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the schema forward; there is no way back but a backup."""
    with op.batch_alter_table("invitation_use") as table:
        table.drop_constraint(op.f("uq_invitation_use_registration_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_invitation_use_registration_id_invitation_id"), ["registration_id", "invitation_id"]
        )
