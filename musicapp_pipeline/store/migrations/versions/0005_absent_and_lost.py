"""What was declared absent or could not be looked for or stored; the provider's events."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ATTEMPTS = "generation_attempts"
INDEX = "ix_generation_attempts_declared_absent_at"


def upgrade() -> None:
    op.add_column(ATTEMPTS, sa.Column("declared_absent_at", sa.DateTime(), nullable=True))
    for name in ("looks_failed", "storing_tries"):
        op.add_column(ATTEMPTS, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_index(INDEX, ATTEMPTS, ["declared_absent_at"])
    op.execute(
        "UPDATE generation_attempts SET declared_absent_at = created_at WHERE reconcile_looks >= 2"
    )
    op.create_table(
        "provider_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_events")),
    )


def downgrade() -> None:
    op.drop_table("provider_events")
    op.drop_index(INDEX, table_name=ATTEMPTS)
    with op.batch_alter_table(ATTEMPTS) as table:
        for name in ("storing_tries", "looks_failed", "declared_absent_at"):
            table.drop_column(name)
