"""Requests that no honest client sends: refused in words, never a server error."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import new_project
from musicapp_pipeline_tests.api.world import World


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "value",
    [
        ["0001-01-01T00:00:00+14:00", "x"],
        ["9999-12-31T23:59:59-14:00", "x"],
        ["2026-11-22T13:00:00+00:00", "\ud800"],
        ["2026-11-22T13:00:00+00:00", "\x00"],
        ["2026-11-22T13:00:00+00:00", 7],
        ["2026-11-22T13:00:00", "x"],
        ["yesterday", "x"],
        [1, 2],
        {"a": 1},
        5,
        "x",
        None,
    ],
)
def test_a_cursor_nobody_was_given_is_400(api: Api, value: object) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    for url in ("/api/projects", f"{at}/jobs"):
        answer = api.get(url, params={"cursor": cursor(value)})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor"), url


def test_a_cursor_of_another_zone_is_the_same_moment(api: Api) -> None:
    new_project(api)
    for at, count in (("2000-01-01T00:00:00+05:00", 0), ("9000-01-01T00:00:00+05:00", 1)):
        answer = api.get("/api/projects", params={"cursor": cursor([at, "zzz"])})
        assert len(answer.json()) == count


def test_json_nested_without_end_is_no_server_error(api: Api) -> None:
    deep, headers = b"[" * 200_000, {"content-type": "application/json"}
    at = f"/api/projects/{new_project(api)['id']}"
    for url in ("/api/projects", "/api/uploads", f"{at}/storyboard/generate", f"{at}/generate"):
        answer = api.post(url, content=deep, headers=headers)
        assert answer.status_code < 500, (url, answer.text)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Api]:
    world = World(tmp_path, musicapp_api_tokens=(SecretStr("alice-secret-token"),))
    with Client(create_app(world.context)) as made:
        yield made.http
    world.database.dispose()


@pytest.mark.parametrize("until", ["\\262", "\xb2", "9" * 5000, "-1", "1e99", ""])
def test_a_session_with_a_strange_end_is_401(guarded: Api, until: str) -> None:
    owner = guarded.app.state.tokens._tokens[0].owner
    cookie = f'musicapp_session="{owner}.{until}.x"'.encode("latin-1")
    answer = guarded.get("/api/projects", headers={"Cookie": cookie})
    assert answer.status_code == 401


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000])
def test_a_length_that_is_no_number_is_no_server_error(api: Api, length: str) -> None:
    headers = {"content-length": length.encode("latin-1")}
    assert api.get("/api/projects", headers=headers).status_code < 500
