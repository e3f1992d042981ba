"""Where a request was sent; which order of a run made a take."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "generation_attempts",
        sa.Column("sent_to", sa.String(), nullable=False, server_default=""),
    )
    op.add_column("scene_versions", sa.Column("ordered_by", sa.String(), nullable=True))


def downgrade() -> None:
    for table, name in (("scene_versions", "ordered_by"), ("generation_attempts", "sent_to")):
        with op.batch_alter_table(table) as altered:
            altered.drop_column(name)
