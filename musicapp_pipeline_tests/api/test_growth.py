"""Hot answers ask a constant number of questions, by index, however much else there is."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.store import events
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.crowd import crowd
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
ALSO = (
    "{at}/estimate",
    "{at}/exports",
    "{at}/jobs?status=queued",
    "{at}/jobs?status=completed&type=generate_scene",
    "{at}/events?follow=false",
    "{at}/storyboard",
    "{at}/scenes/{scene}/versions",
    "{at}/scenes/{scene}/versions/{version}",
    "{at}/scenes/{scene}/versions/{version}/lip-sync",
)
"""Asked often enough not to grow with the archive, too."""
STATES = {"status", "state", "type", "kind", "archived_at", "is_selected", "next_action_at"}
CONSTANT = ("SCAN CONSTANT ROW",)


def asked(api: Api, world: World, url: str) -> list[tuple[str, object]]:
    """What an answer asks when something has happened since the last one."""
    with world.database.write() as session:
        events.tell(session, "another", "project")
    with counting(world) as seen:
        assert api.get(url).status_code == 200, url
    return seen


def test_questions_do_not_multiply_with_scenes_takes_or_projects(api: Api, world: World) -> None:
    at, scenes = planned(api, world, budgetCapUsd=1000)
    generated(api, world, at, scenes[0]["id"])
    job = api.get(f"{at}/jobs").json()[0]["id"]
    urls = [u.format(at=at, scene=scenes[0]["id"], job=job) for u in HOT]
    counts = []
    for _ in range(2):
        for url in urls:  # once to fill what is remembered
            assert api.get(url).status_code == 200
        counts.append(sum(len(asked(api, world, url)) for url in urls))
        for scene in scenes:
            generated(api, world, at, scene["id"], takes=3)
        for _ in range(5):
            new_project(api)
    assert counts[0] == counts[1]
    assert counts[1] <= 60, "about half a dozen an answer"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, World, list[str]]]:
    """One project under way beside 2,000 finished ones, and the addresses that are asked."""
    world = World(tmp_path_factory.mktemp("crowded"))
    with Client(create_app(world.context)) as client:
        api = client.http
        crowd(api, world, 2000)
        at, scenes = planned(api, world)
        version = generated(api, world, at, scenes[0]["id"])[0]
        api.post(f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/select")
        api.post(f"{at}/scenes/{scenes[1]['id']}/generate")
        job = api.get(f"{at}/jobs").json()[0]["id"]
        names = {"at": at, "scene": scenes[0]["id"], "version": version["id"], "job": job}
        yield api, world, [url.format_map(names) for url in (*HOT, *ALSO)]
    world.database.dispose()


@pytest.mark.parametrize("analyzed", [False, True], ids=["guessing", "analyzed"])
def test_no_hot_answer_reads_a_whole_table_or_all_that_is_finished(
    crowded: tuple[Api, World, list[str]], *, analyzed: bool
) -> None:
    """Whether SQLite guesses how the rows lie or has counted them."""
    api, world, urls = crowded
    if analyzed:
        with world.database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        world.database.dispose()  # what a connection knows of the rows, it knows from its start
    read: dict[str, tuple[str, object]] = {}
    for url in urls:
        seen = asked(api, world, url)
        read |= {sql: (url, values) for sql, values in seen if sql.lstrip().startswith("SELECT")}
    assert len(read) > 10
    wrong = []
    with world.database.engine.connect() as connection:
        known = connection.exec_driver_sql(
            "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"
        )
        assert bool(known.scalar()) is analyzed
        for sql, (url, values) in read.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
            wrong += [(url, step, sql) for *_, step in plan if not is_narrow(step)]
    assert wrong == []


def is_narrow(step: str) -> bool:
    """Does a step of a plan read rows of one record, or of a page, and not all that ever were?

    Finished rows all have the same status: an index on that alone leads to every one of them.
    """
    if step.startswith("SCAN") and "INDEX" not in step and step not in CONSTANT:
        return False
    found = re.search(r"INDEX \w+ \((.*)\)", step)
    if not step.startswith("SEARCH") or found is None:
        return True
    entered_by = set(re.findall(r"(\w+)[=<>]", found.group(1)))
    return not entered_by <= STATES


@pytest.mark.parametrize(
    ("step", "narrow"),
    [
        ("SCAN scenes", False),
        ("SCAN projects USING INDEX ix_projects_created_at_id", True),
        ("SEARCH scene_versions USING INDEX ix_scene_versions_status (status=?)", False),
        ("SEARCH processing_jobs USING INDEX ix_x (status=? AND type=?)", False),
        ("SEARCH generation_attempts USING INDEX ix_x (project_id=? AND state=?)", True),
        ("SEARCH projects USING INTEGER PRIMARY KEY (rowid>?)", True),
        ("USE TEMP B-TREE FOR ORDER BY", True),
    ],
)
def test_which_steps_of_a_plan_are_narrow(step: str, *, narrow: bool) -> None:
    assert is_narrow(step) is narrow
