"""The price that each line of the ledger was written with."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

LINES = "spend_entries"
OF_ATTEMPT = """
UPDATE spend_entries SET
    usd_per_second = (SELECT usd_per_second FROM generation_attempts a WHERE a.id = attempt_id),
    price_version = (SELECT price_version FROM generation_attempts a WHERE a.id = attempt_id)
"""


def upgrade() -> None:
    op.add_column(LINES, sa.Column("usd_per_second", sa.BigInteger(), nullable=True))
    op.add_column(LINES, sa.Column("price_version", sa.String(), nullable=True))
    op.execute(OF_ATTEMPT)
    with op.batch_alter_table(LINES) as altered:
        altered.alter_column("usd_per_second", nullable=False)
        altered.alter_column("price_version", nullable=False)


def downgrade() -> None:
    with op.batch_alter_table(LINES) as altered:
        for name in ("price_version", "usd_per_second"):
            altered.drop_column(name)
