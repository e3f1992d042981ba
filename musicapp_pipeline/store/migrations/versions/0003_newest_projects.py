"""Lists of everybody's projects, newest first, without sorting them all."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_projects_created_at_id", "projects", ["created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_projects_created_at_id", table_name="projects")
