"""Hot answers ask a constant number of questions, by index, however much else there is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.world import World


@contextmanager
def counting(world: World) -> Iterator[list[tuple[str, object]]]:
    """The statements that requests ran; what the lifespan looks for beside them is not theirs."""
    seen: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, sql: str, values: object, *_rest: object) -> None:
        if not threading.current_thread().name.startswith("asyncio_"):
            seen.append((sql, values))

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)


HOT = (
    "{at}",
    "{at}/scenes",
    "{at}/scenes/{scene}",
    "{at}/storyboard/timeline",
    "{at}/costs",
    "{at}/jobs",
    "{at}/characters",
    "/api/projects",
    "/api/jobs/{job}",
)


def test_questions_do_not_multiply_with_scenes_takes_or_projects(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1000)
    generated(api, world, at, scenes[0]["id"])
    job = api.get(f"{at}/jobs").json()[0]["id"]
    urls = [u.format(at=at, scene=scenes[0]["id"], job=job) for u in HOT]
    counts = []
    for _ in range(2):
        for url in urls:  # once to fill what is remembered
            assert api.get(url).status_code == 200
        with counting(world) as seen:
            for url in urls:
                api.get(url)
        counts.append(len(seen))
        for scene in scenes:
            generated(api, world, at, scene["id"], takes=3)
        for _ in range(5):
            new_project(api)
    assert counts[0] == counts[1]
    assert counts[1] <= 60, "about half a dozen an answer"


@pytest.mark.parametrize("url", HOT)
def test_no_hot_answer_reads_a_whole_table(api: Api, world: World, url: str) -> None:
    at, scenes = planned(api, world)
    generated(api, world, at, scenes[0]["id"])
    job = api.get(f"{at}/jobs").json()[0]["id"]
    with counting(world) as seen:
        api.get(url.format(at=at, scene=scenes[0]["id"], job=job))
    read = [(sql, values) for sql, values in seen if sql.lstrip().upper().startswith("SELECT")]
    assert read
    with world.database.engine.connect() as connection:
        for sql, values in read:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()
            scans = [row[3] for row in plan if row[3].startswith("SCAN") and "INDEX" not in row[3]]
            assert not scans, (sql, scans)
        assert connection.execute(text("SELECT 1")).scalar() == 1
