"""Answers that are kept while nothing happens, and never a moment longer."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from pydantic import SecretStr
from sqlalchemy import text

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.kit.unchanged import Answer, Answers
from musicapp_pipeline.store import projects, takes
from musicapp_pipeline.store.commits import Commits
from musicapp_pipeline.store.database import Database
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.test_growth import counting
from musicapp_pipeline_tests.api.waiting import until
from musicapp_pipeline_tests.api.world import World
from musicapp_pipeline_tests.databases import KINDS, Kind, open_database

KEPT = ("{at}/scenes", "{at}/storyboard/timeline")


def _sent(answer: Response) -> tuple[bytes, str | None]:
    return answer.content, answer.headers.get("etag")


@pytest.mark.parametrize("url", KEPT)
def test_what_has_not_changed_is_not_read_again(api: Api, world: World, url: str) -> None:
    at, _ = planned(api, world)
    here = url.format(at=at)
    first = api.get(here)

    def ask() -> list[tuple[str, object]]:
        with counting(world) as seen:
            again = api.get(here)
        assert _sent(again) == _sent(first)
        return seen

    # What the planning set in motion beside the requests may still be written.
    until(ask, lambda seen: not seen)


@pytest.mark.parametrize("url", KEPT)
def test_what_another_process_commits_shows_at_once(api: Api, world: World, url: str) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    here = url.format(at=at)
    before = api.get(here).json()
    other = Database(world.settings.sqlalchemy_url)
    with other.write() as session:
        row = takes.get(session, version["id"])
        takes.select_version(session, row.scene, row)
    after = api.get(here).json()
    assert after != before
    assert version["id"] in api.get(here).text
    with other.write() as session:
        projects.archive(session, projects.get(session, at.rpartition("/")[2]))
    other.dispose()
    assert api.get(here).status_code == 404


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Api, World]]:
    tokens = (SecretStr("alice-secret-token"), SecretStr("bob-secret-token-too"))
    world = World(tmp_path, musicapp_api_tokens=tokens)
    with Client(create_app(world.context)) as made:
        yield made.http, world
    world.database.dispose()


def test_an_answer_is_kept_for_its_owner_only(two: tuple[Api, World]) -> None:
    api, world = two
    api.headers["Authorization"] = "Bearer bob-secret-token-too"
    at, _ = planned(api, world)
    assert api.get(f"{at}/scenes").status_code == 200
    api.headers["Authorization"] = "Bearer alice-secret-token"
    assert api.get(f"{at}/scenes").status_code == 404


def test_an_answer_during_which_something_was_committed_is_not_kept(world: World) -> None:
    answers = Answers(world.database)
    made = 0

    def make() -> Answer:
        nonlocal made
        made += 1
        if made == 1:
            with world.database.write() as session:
                projects.create(session, projects.NewProject(title="T", audio_url="s3://b/a.mp3"))
        return Answer(str(made).encode())

    async def ask() -> list[bytes]:
        return [bytes((await answers.give("key", make)).body) for _ in range(3)]

    assert asyncio.run(ask()) == [b"1", b"2", b"2"]
    answers.close()


def test_only_the_last_answers_are_kept(world: World) -> None:
    answers = Answers(world.database, size=2)
    made: list[str] = []

    async def ask(*keys: str) -> None:
        for key in keys:
            await answers.give(key, lambda key=key: made.append(key) or Answer(b"[]"))

    asyncio.run(ask("a", "b", "a", "c", "a", "b"))
    answers.close()
    assert made == ["a", "b", "c", "b"]


def test_a_failed_answer_is_not_kept(api: Api) -> None:
    at = f"/api/projects/{new_project(api)['id']}/storyboard/timeline"
    assert [api.get(at).status_code for _ in range(2)] == [404, 404]


@pytest.mark.parametrize("kind", KINDS)
def test_every_commit_makes_another_mark(kind: Kind, tmp_path: Path) -> None:
    new = projects.NewProject(title="T", audio_url="s3://b/a.mp3")
    with open_database(kind, tmp_path) as database:
        commits = Commits(database)
        marks = [commits.mark()]
        for _ in range(3):
            with database.write() as session:
                projects.create(session, new)
            marks.append(commits.mark())
        assert len(set(marks)) == 4
        with database.read() as session:
            session.scalar(text("SELECT 1"))
        if kind == "sqlite":  # a server's other databases count, too
            assert commits.mark() == marks[-1]
        commits.close()


def test_what_cannot_be_known_counts_as_changed(world: World) -> None:
    """While somebody has the file to themselves, for example."""
    commits = Commits(world.database)
    assert commits.mark() == commits.mark()
    commits.close()
    commits._connect = lambda: _Locked()
    assert commits.mark() != commits.mark()


class _Locked:
    def execute(self, _sql: str) -> None:
        raise sqlite3.OperationalError("database is locked")
