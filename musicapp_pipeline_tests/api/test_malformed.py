"""Requests that no honest client sends: refused in words, never a server error."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
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


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_json_that_is_sent_as_something_else_is_415_and_says_how(
    api: Api, world: World, kind: str | None
) -> None:
    """As curl does without a header; nothing is bought by default then."""
    at, scenes = planned(api, world)
    headers = {"content-type": kind} if kind else {}
    for url in ("/api/projects", f"{at}/scenes/{scenes[0]['id']}/generate"):
        answer = api.post(url, content=b'{"numTakes": 3}', headers=headers)
        if kind is None and answer.status_code == 422:
            assert answer.json()["errors"][0]["field"] != "body", "it was read as JSON"
            continue
        assert answer.status_code in (202, 415) if kind is None else answer.status_code == 415
        if answer.status_code == 415:
            assert answer.json()["errors"][0]["allowed"] == "application/json"


def test_a_method_that_is_not_for_an_address_names_those_that_are(api: Api) -> None:
    answer = api.delete("/api/projects")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert "GET, POST" in answer.json()["detail"]


def test_an_address_that_there_is_not_is_named(api: Api) -> None:
    answer = api.get("/api/nothing")
    assert answer.status_code == 404
    assert "/api/nothing" in answer.json()["detail"]


def test_text_where_a_file_belongs_is_told_so(api: Api) -> None:
    answer = api.post("/api/uploads", data={"file": "hello"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"].startswith("must be a file")


STRANGE = ("ß", "İ", "S001-K3M9X2", "%FF", "%ED%A0%80", "a%2Fb", "x" * 121)
"""Ids that no record has: other scripts, capitals that have no lower case of their own, bytes that
are no text, a path inside an id."""


@pytest.mark.parametrize("strange", STRANGE)
def test_ids_that_nobody_was_given_are_404_or_422_everywhere(
    api: Api, world: World, strange: str
) -> None:
    at, scenes = planned(api, world)
    known = {"project_id": at.rpartition("/")[2], "scene_id": scenes[0]["id"]}
    asked = 0
    for path, item in api.get("/openapi.json").json()["paths"].items():
        names = re.findall(r"{(\w+)}", path)
        for method in item:
            for place in names:
                ids = {n: strange if n == place else known.get(n, "x") for n in names}
                answer = api.request(method.upper(), path.format(**ids), json={})
                asked += 1
                # A slash inside an id makes it another address, which may know another method.
                refused = (404, 405, 422) if "%2F" in strange else (404, 422)
                assert answer.status_code in refused, (method, path, ids, answer.text)
    assert asked > 60


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_signatures_and_owners_are_401(guarded: Api, strange: str) -> None:
    owner = guarded.app.state.tokens._tokens[0].owner
    for query in (f"owner={strange}&sig=x", f"owner={owner}&sig={strange}"):
        assert guarded.get(f"/api/projects/x?{query}").status_code == 401


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


PROJECT = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}


@pytest.mark.parametrize(
    ("change", "field", "allowed", "message"),
    [
        ({"title": ""}, "title", "at least 1 long", "String should have at least 1 char"),
        ({"title": "x" * 201}, "title", "at most 200 long", "String should have at most 200"),
        ({"clipSeconds": 0}, "clipSeconds", "at least 1", ""),
        ({"clipSeconds": 61}, "clipSeconds", "at most 60", ""),
        ({"clipSeconds": "8"}, "clipSeconds", None, "must be a number, not text"),
        ({"clipSeconds": True}, "clipSeconds", None, "must be a number, not true or false"),
        ({"clipSeconds": 8.5}, "clipSeconds", "a whole number", ""),
        ({"duration": 0}, "duration", "more than 0", ""),
        ({"seed": 2**31}, "seed", "less than 2147483648", ""),
        ({"format": "round"}, "format", "'landscape' or 'portrait'", ""),
        ({"title": 7}, "title", "text", ""),
        ({"title": None}, "title", "text", ""),
    ],
)
def test_an_error_says_which_field_and_what_it_may_hold(
    api: Api, change: dict[str, object], field: str, allowed: str | None, message: str
) -> None:
    answer = api.post("/api/projects", json={**PROJECT, **change})
    assert answer.status_code == 422
    (entry,) = answer.json()["errors"]
    assert (entry["field"], entry["allowed"]) == (field, allowed)
    assert entry["message"].startswith(message)


def test_an_edits_null_and_short_text_are_told_by_their_field(api: Api, world: World) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    for body, message in (
        ({"title": None}, "cannot be null; leave it out to keep it"),
        ({"title": ""}, "String should have at least 1 characters"),
    ):
        (entry,) = api.put(at, json=body).json()["errors"]
        assert (entry["field"], entry["message"]) == ("title", message)
    scene = f"{at}/scenes/{world.plan(at.rpartition('/')[2])[0].id}"
    (entry,) = api.put(scene, json={"prompt": ""}).json()["errors"]
    assert (entry["field"], entry["allowed"]) == ("prompt", "at least 1 long")


def test_missing_fields_and_ids_are_told_as_they_are_written(api: Api) -> None:
    entries = api.post("/api/projects", json={}).json()["errors"]
    assert {e["field"] for e in entries} == {"title", "audioUrl"}
    assert {e["allowed"] for e in entries} == {"a value: it is required"}
    long = api.get(f"/api/projects/{'x' * 121}").json()["errors"]
    assert [e["field"] for e in long] == ["projectId"]


@pytest.mark.parametrize("count", [True, "2", 2.5, 0, 11])
def test_takes_are_counted_in_numbers(api: Api, world: World, count: object) -> None:
    at = f"/api/projects/{new_project(api)['id']}"
    scene = f"{at}/scenes/{world.plan(at.rpartition('/')[2])[0].id}"
    for path in (f"{scene}/generate", f"{at}/generate"):
        answer = api.post(path, json={"numTakes": count})
        assert answer.status_code == 422, path
        assert answer.json()["errors"][0]["field"] == "numTakes"
    assert api.get(f"{scene}/versions").json() == []


@pytest.mark.parametrize("score", [True, "1", False])
def test_scores_are_numbers(api: Api, world: World, score: object) -> None:
    at, scenes = planned(api, world)
    version = generated(api, world, at, scenes[0]["id"])[0]
    here = f"{at}/scenes/{scenes[0]['id']}/versions/{version['id']}/score"
    for name in ("qualityScore", "userScore", "mouthVisibility"):
        assert api.post(here, json={name: score}).status_code == 422
