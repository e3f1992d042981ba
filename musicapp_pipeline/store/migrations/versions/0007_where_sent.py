"""Where a request was sent; whether a person named its job."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = "generation_attempts"
    op.add_column(table, sa.Column("sent_to", sa.String(), nullable=False, server_default=""))
    op.add_column(
        table,
        sa.Column("named_by_person", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    with op.batch_alter_table("generation_attempts") as altered:
        for name in ("named_by_person", "sent_to"):
            altered.drop_column(name)
