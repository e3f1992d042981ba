"""Lost senders are waited for; what is looked for every second is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generation_attempts", sa.Column("absent_after", sa.DateTime(), nullable=True))
    op.create_index("ix_scene_versions_status", "scene_versions", ["status"])
    op.create_index("ix_scene_versions_selected_at", "scene_versions", ["selected_at"])


def downgrade() -> None:
    op.drop_index("ix_scene_versions_selected_at", table_name="scene_versions")
    op.drop_index("ix_scene_versions_status", table_name="scene_versions")
    with op.batch_alter_table("generation_attempts") as table:
        table.drop_column("absent_after")
