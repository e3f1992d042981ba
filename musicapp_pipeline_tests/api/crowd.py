"""Thousands of finished projects beside the one that is asked about."""

from datetime import timedelta

from sqlalchemy import Table, delete, insert, select

from musicapp_pipeline.store.models import Base, ProjectEvent, Scene, now
from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project
from musicapp_pipeline_tests.api.world import World


def crowd(api: Api, world: World, count: int) -> None:
    """Finished projects of two scenes, as rows; nothing else is made of them."""
    project_id = new_project(api, title="Finished")["id"]
    keep = [scene.id for scene in world.plan(project_id)[:2]]
    with world.database.write() as session:
        session.execute(delete(Scene).where(Scene.project_id == project_id, Scene.id.not_in(keep)))
    at = f"/api/projects/{project_id}"
    for scene in keep:
        version = generated(api, world, at, scene)[0]
        api.post(f"{at}/scenes/{scene}/versions/{version['id']}/select")
    with world.database.write() as session:
        session.execute(delete(ProjectEvent).where(ProjectEvent.project_id == project_id))
    multiply(world, project_id, range(1, count))


def multiply(world: World, project_id: str, numbers: range) -> None:
    """Copies of all rows of a finished project, a day old."""
    tables = [t for t in Base.metadata.sorted_tables if "project_id" in t.c or t.name == "projects"]
    old = now() - timedelta(days=1)
    for start in range(numbers.start, numbers.stop, 100):
        some = range(start, min(start + 100, numbers.stop))
        with world.database.write() as session:
            for table in tables:
                mine = table.c.id if table.name == "projects" else table.c.project_id
                found = session.execute(select(table).where(mine == project_id)).mappings().all()
                rows = [copied(table, dict(r), project_id, n, old) for r in found for n in some]
                if rows:
                    session.execute(insert(table), rows)


def copied(table: Table, row: dict, project_id: str, number: int, old: object) -> dict:
    """A row of the ``number``-th copy: other ids, the same contents."""
    out = {}
    for name, value in row.items():
        column = table.c[name]
        if isinstance(value, str) and (name.endswith("_id") or name in ("id", "key")):
            value = f"{value}~{number}"
            if name == "key":
                value = value.replace(project_id, f"{project_id}~{number}", 1)
        elif column.primary_key and column.autoincrement is True:
            continue
        elif name.endswith("_at") and value is not None:
            value = old
        out[name] = value
    return out
