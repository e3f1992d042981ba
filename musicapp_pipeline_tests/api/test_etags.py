"""Two tabs cannot overwrite each other, and are not stopped for nothing."""

from typing import Any

import pytest

from musicapp_pipeline_tests.api.client import Api
from musicapp_pipeline_tests.api.steps import generated, new_project, planned
from musicapp_pipeline_tests.api.world import World

STALE = {"If-Match": '"999"'}


@pytest.fixture
def ids(api: Api, world: World) -> dict[str, str]:
    at, scenes = planned(api, world, clipSeconds=4)
    assert api.put(at, json={"clipSeconds": 12}).status_code == 200  # neighbours may be merged
    singing = next(s for s in scenes if s["sceneType"] == "performance")
    version = generated(api, world, at, singing["id"])[0]
    character = api.post(f"{at}/characters", json={"name": "A"}).json()
    order = [s["id"] for s in scenes]
    return {
        "at": at,
        "scene": f"{at}/scenes/{singing['id']}",
        "version": f"{at}/scenes/{singing['id']}/versions/{version['id']}",
        "character": f"{at}/characters/{character['id']}",
        "order": ",".join(order),
    }


CHANGES = [
    ("PUT", "{at}/scenes/order", "{at}/scenes", {"sceneIds": "order"}),
    ("POST", "{scene}/split", "{scene}", {}),
    ("POST", "{scene}/merge", "{scene}", {"force": True}),
    ("PUT", "{scene}", "{scene}", {"mood": "calm"}),
    ("POST", "{version}/select", "{version}", None),
    ("POST", "{version}/score", "{version}", {"userScore": 3}),
    ("PUT", "{version}", "{version}", {"notes": "x"}),
    ("POST", "{version}/lip-sync", "{version}", {"offsetMs": 5}),
    ("PUT", "{character}", "{character}", {"name": "B"}),
    ("DELETE", "{character}", "{character}", None),
    ("PUT", "{at}", "{at}", {"title": "B"}),
    ("DELETE", "{at}", "{at}", None),
    ("PUT", "{at}/storyboard", "{at}/storyboard", {"lyricsData": []}),
]


@pytest.mark.parametrize(("method", "path", "read", "body"), CHANGES)
def test_a_change_based_on_an_older_state_is_412_and_changes_nothing(
    api: Api, ids: dict[str, str], method: str, path: str, read: str, body: dict[str, Any] | None
) -> None:
    if body == {"sceneIds": "order"}:
        body = {"sceneIds": ids["order"].split(",")[::-1]}
    url, seen = path.format(**ids), api.get(read.format(**ids))
    late = api.request(method, url, json=body, headers=STALE)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    after = api.get(read.format(**ids))
    assert (after.json(), after.headers["etag"]) == (seen.json(), seen.headers["etag"])
    tag = {"If-Match": seen.headers["etag"]}
    answer = api.request(method, url, json=body, headers=tag)
    assert answer.status_code in (200, 201, 202, 204), answer.text
    again = api.request(method, url, json=body, headers=tag)
    assert again.status_code in (404, 412), "the first change made the tag an old one"


def test_every_change_that_can_be_based_on_something_says_so(api: Api) -> None:
    """Whatever changes or removes one record takes If-Match; a new one would be noticed here."""
    document = api.get("/openapi.json").json()
    free = {"end_session", "delete_webhook"}
    """A cookie, and a webhook, which nobody can edit."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            takes = any(p["name"] == "If-Match" for p in operation.get("parameters", ()))
            if method in ("put", "delete") and operation["operationId"] not in free:
                assert takes, path
            if takes:
                assert "412" in operation["responses"], path


def test_answers_carry_the_tag_that_the_next_change_may_name(api: Api, ids: dict[str, str]) -> None:
    scene, version = ids["scene"], ids["version"]
    for method, url, body in (
        ("POST", f"{version}/select", None),
        ("POST", f"{version}/score", {"userScore": 2}),
        ("PUT", version, {"notes": "x"}),
        ("PUT", scene, {"mood": "calm"}),
    ):
        answer = api.request(method, url, json=body)
        assert answer.headers["etag"] == f'"{answer.json()["revision"]}"'
        assert (
            api.get(url.removesuffix("/select").removesuffix("/score")).headers["etag"]
            == answer.headers["etag"]
        )
    order = ids["order"].split(",")
    moved = api.put(
        f"{ids['at']}/scenes/order", json={"sceneIds": [order[1], order[0], *order[2:]]}
    )
    assert moved.headers["etag"] == api.get(f"{ids['at']}/scenes").headers["etag"]


def test_edits_of_scenes_leave_the_lists_order_as_it_was(api: Api, ids: dict[str, str]) -> None:
    before = api.get(f"{ids['at']}/scenes").headers["etag"]
    api.put(ids["scene"], json={"mood": "calm"})
    api.post(f"{ids['version']}/select")
    assert api.get(f"{ids['at']}/scenes").headers["etag"] == before


def test_what_changes_nothing_is_not_in_anybodys_way(api: Api, ids: dict[str, str]) -> None:
    api.post(f"{ids['version']}/select")
    mood = api.get(ids["scene"]).json()["mood"]
    before = [api.get(ids[name]).headers["etag"] for name in ("scene", "version", "character")]
    assert api.put(ids["scene"], json={}).status_code == 200
    assert api.put(ids["scene"], json={"mood": mood}).status_code == 200
    assert api.post(f"{ids['version']}/select").json()["isSelected"]
    assert api.put(ids["version"], json={"notes": ""}).status_code == 200
    assert api.put(ids["character"], json={"name": "A"}).status_code == 200
    after = [api.get(ids[name]).headers["etag"] for name in ("scene", "version", "character")]
    assert after == before


def test_choosing_another_take_changes_both(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    scene = f"{at}/scenes/{scenes[0]['id']}/versions"
    first, second = generated(api, world, at, scenes[0]["id"], takes=2)
    api.post(f"{scene}/{first['id']}/select")
    tags = [api.get(f"{scene}/{v['id']}").headers["etag"] for v in (first, second)]
    api.post(f"{scene}/{second['id']}/select")
    assert all(
        api.get(f"{scene}/{v['id']}").headers["etag"] != tag
        for v, tag in zip((first, second), tags, strict=True)
    )


def test_a_character_is_in_a_scene_once(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    who = api.post(f"{at}/characters", json={"name": "A"}).json()["id"]
    here = f"{at}/scenes/{scenes[0]['id']}"
    assert api.put(here, json={"characterIds": [who, who]}).json()["characterIds"] == [who]


def test_bodies_that_ask_for_the_same_are_the_same_request(api: Api, world: World) -> None:
    at, scenes = planned(api, world)
    headers = {"Idempotency-Key": "k"}
    for path, bodies in {
        f"{at}/scenes/{scenes[0]['id']}/generate": (None, {}, {"numTakes": 1}),
        f"{at}/generate": (None, {}, {"numTakes": 1, "sceneIds": None}),
        f"{at}/storyboard/generate": (None, {}),
    }.items():
        answers = [api.post(path, json=body, headers=headers) for body in bodies]
        assert {a.status_code for a in answers} == {202}, path
        assert all(a.json() == answers[0].json() for a in answers), path
    other = api.post(
        f"{at}/scenes/{scenes[0]['id']}/generate", json={"numTakes": 2}, headers=headers
    )
    assert other.status_code == 422


def test_a_new_project_has_the_tag_of_its_first_state(api: Api) -> None:
    made = new_project(api)
    assert api.get(f"/api/projects/{made['id']}").headers["etag"] == f'"{made["revision"]}"'
