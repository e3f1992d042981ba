"""Which of a scene's fields a person has set; which song the scenes are cut for."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SETTABLE = ["idea", "lip_sync_enabled", "lyrics", "mood", "scene_type", "section", "shot"]


def upgrade() -> None:
    op.add_column("scenes", sa.Column("edited", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("storyboards", sa.Column("heard", sa.JSON(), nullable=False, server_default="{}"))
    connection = op.get_bind()
    # Who changed what was not kept: nothing that a person may have written is planned over.
    scenes = sa.table("scenes", sa.column("revision"), sa.column("edited", sa.JSON()))
    connection.execute(sa.update(scenes).where(scenes.c.revision > 1).values(edited=SETTABLE))
    boards = sa.table("storyboards", sa.column("project_id"), sa.column("heard", sa.JSON()))
    songs = connection.execute(
        sa.text(
            "SELECT a.partition, a.data_version, a.media_key FROM artifacts a JOIN storyboards b"
            " ON b.project_id = a.partition WHERE a.asset = 'song' AND b.planned"
        )
    ).all()
    for project_id, version, master in songs:
        connection.execute(
            sa.update(boards)
            .where(boards.c.project_id == project_id)
            .values(heard={"song": version, "master": master})
        )


def downgrade() -> None:
    for table, name in (("storyboards", "heard"), ("scenes", "edited")):
        with op.batch_alter_table(table) as altered:
            altered.drop_column(name)
