"""Who may do what: tokens, owners, this machine only, limits."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from musicapp_pipeline.api.access.limits import Buckets
from musicapp_pipeline.api.access.tokens import Token
from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.context import Limits
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import generated, mp4, new_project, png, upload
from musicapp_pipeline_tests.api.world import World

ALICE, BOB = "alice-secret-token", "bob-secret-token"
PUBLIC = ("/", "/openapi.json", "/healthz", "/readyz")
SIGNED = ("/api/provider/webhooks",)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[World]:
    tokens = (SecretStr(ALICE), SecretStr(BOB))
    made = World(tmp_path, musicapp_api_tokens=tokens)
    yield made
    made.database.dispose()


@pytest.fixture
def alice(guarded: World) -> Iterator[Api]:
    with Client(create_app(guarded.context), headers=bearer(ALICE)) as made:
        yield made.http


@pytest.fixture
def bob(guarded: World, alice: Api) -> Api:
    return Client(alice.app, headers=bearer(BOB)).http


@pytest.fixture
def nobody(guarded: World, alice: Api) -> Api:
    return Client(alice.app).http


def operations(api: Api) -> list[tuple[str, str]]:
    paths: dict[str, Any] = api.get("/openapi.json").json()["paths"]
    return [(method, path) for path, item in paths.items() for method in item]


def test_every_route_but_health_and_docs_needs_a_token(nobody: Api) -> None:
    found = operations(nobody)
    assert len(found) > 50
    for method, path in found:
        answer = nobody.request(method, re.sub(r"{\w+}", "x", path))
        if path in PUBLIC:
            assert answer.status_code == 200, path
        elif path in SIGNED:
            assert answer.status_code == 403, path
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert answer.json()["code"] == "unauthorized"
    assert nobody.get("/").status_code == 200


def test_a_path_nobody_made_needs_a_token_too(nobody: Api, alice: Api) -> None:
    assert nobody.get("/api/secret").status_code == 401
    assert alice.get("/api/secret").status_code == 404


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer wrong", f"Basic {ALICE}", f"Bearer {ALICE}x", "Bearer \x80\xff"],
)
def test_a_wrong_token_is_401(nobody: Api, header: str) -> None:
    answer = nobody.get("/api/projects", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_tokens_are_kept_only_as_hashes(alice: Api) -> None:
    book = alice.app.state.tokens
    kept = [str(vars(book))]
    kept += [str(vars(token)) for token in book._tokens]
    assert all(ALICE not in text and BOB not in text for text in kept)


def test_another_owners_ids_do_not_exist(guarded: World, alice: Api, bob: Api) -> None:
    """Every operation that names something, asked by somebody who does not own it."""
    project = new_project(alice)["id"]
    scenes = guarded.plan(project)
    at = f"/api/projects/{project}"
    version = generated(alice, guarded, at, scenes[0].id)[0]
    alice.post(f"{at}/scenes/{scenes[0].id}/versions/{version['id']}/select")
    character = alice.post(f"{at}/characters", json={"name": "A"}).json()["id"]
    job = alice.get(f"{at}/jobs").json()[0]["id"]
    export = alice.post(f"{at}/export", json={"autoSelect": True})
    assert export.status_code == 409
    sent = upload(alice, "a.png", png())
    hook = alice.post("/api/webhooks", json={"url": "https://example.org/hook"}).json()
    ids = {
        "project_id": project,
        "scene_id": scenes[0].id,
        "version_id": version["id"],
        "character_id": character,
        "job_id": job,
        "upload_id": sent["id"],
        "webhook_id": hook["id"],
        "export_id": "x-any",
        "key": sent["url"].partition("?")[0].removeprefix("/media/"),
    }
    bodies: dict[str, Any] = {
        "create_character": {"name": "B"},
        "update_character": {"name": "B"},
        "update_project": {"title": "B"},
        "update_storyboard": {"lyricsData": []},
        "reorder_scenes": {"sceneIds": [s.id for s in scenes]},
        "update_scene": {"mood": "b"},
        "split_scene": {},
        "merge_scene": {},
        "remix_scene": {"versionId": version["id"], "revisedPrompt": "b"},
        "add_version": {"url": "https://example.org/a.mp4"},
        "update_version": {"notes": "b"},
        "score_version": {"userScore": 1},
        "resolve_version": {"outcome": "charged"},
    }
    before = alice.get(at).json()
    document = alice.get("/openapi.json").json()["paths"]
    asked = 0
    for path, item in document.items():
        for method, operation in item.items():
            if "{" not in path:
                continue
            url = path.format(**ids)
            answer = bob.request(method, url, json=bodies.get(operation["operationId"]))
            assert answer.status_code == 404, (method, path, answer.text)
            asked += 1
    assert asked > 35
    assert alice.get(at).json() == before
    assert bob.get("/api/projects").json() == []
    assert bob.get("/api/webhooks").json() == []
    assert bob.get("/api/analytics").json()["projects"] == 0
    assert alice.get("/api/analytics").json()["projects"] == 1


def test_another_owners_files_cannot_be_used(guarded: World, alice: Api, bob: Api) -> None:
    clip = upload(alice, "a.mp4", mp4())["url"].partition("?")[0]
    body = {"title": "T", "audioUrl": clip}
    assert bob.post("/api/projects", json=body).status_code == 422


def test_another_owners_files_cannot_be_used_through_the_bucket_either(tmp_path: Path) -> None:
    tokens = (SecretStr(ALICE), SecretStr(BOB))
    world = World(tmp_path, musicapp_api_tokens=tokens, aws_s3_bucket="our-bucket")
    with Client(create_app(world.context), headers=bearer(ALICE)) as made:
        alice, bob = made.http, Client(made.app, headers=bearer(BOB)).http
        clip = upload(alice, "a.mp4", mp4())["url"].partition("?")[0]
        key = clip.removeprefix("/media/")
        at = f"/api/projects/{new_project(bob)['id']}"
        scene = f"{at}/scenes/{world.plan(at.rpartition('/')[2])[0].id}"
        for own in (key, key.replace("u", "%75", 1), f"projects/{new_project(alice)['id']}/a/b"):
            url = f"s3://our-bucket/{own}"
            body = {"title": "T", "audioUrl": url}
            assert bob.post("/api/projects", json=body).status_code == 422, url
            assert bob.put(at, json={"vocalStemUrl": url}).status_code == 422, url
            assert bob.post(f"{scene}/versions", json={"url": url}).status_code == 422, url
            face = {"name": "A", "referenceImageUrl": url}
            assert bob.post(f"{at}/characters", json=face).status_code == 422, url
        mine = new_project(alice, audioUrl=f"s3://our-bucket/{key}")
        assert mine["audioUrl"].partition("?")[0] == clip
        for other in ("s3://our-bucket/songs/a.mp3", f"s3://other-bucket/{key}"):
            assert new_project(bob, audioUrl=other)["audioUrl"] == other
    world.database.dispose()


def test_what_was_made_before_there_were_tokens_belongs_to_the_first(
    guarded: World, alice: Api, bob: Api
) -> None:
    from musicapp_pipeline.store import projects

    with guarded.database.write() as session:
        new = projects.NewProject(title="Old", audio_url="s3://bucket/a.mp3")
        old = projects.create(session, new)
    assert [p["id"] for p in alice.get("/api/projects").json()] == [old.id]
    assert bob.get("/api/projects").json() == []


def test_media_addresses_work_without_headers_and_only_as_signed(
    guarded: World, alice: Api, bob: Api, nobody: Api
) -> None:
    sent = upload(alice, "a.png", png())
    assert nobody.get(sent["url"]).content == png()
    path, _, query = sent["url"].partition("?")
    assert nobody.get(path).status_code == 401
    assert bob.get(path).status_code == 404
    assert alice.get(path).status_code == 200
    other = upload(alice, "b.png", png(8, 8))["url"].partition("?")[0]
    assert nobody.get(f"{other}?{query}").status_code == 401, "a signature is for one path"
    broken = query[:-1] + ("A" if query[-1] != "A" else "B")
    assert nobody.get(f"{path}?{broken}").status_code == 401
    assert alice.get(f"/api/uploads/{sent['id']}").json()["url"] == sent["url"], "stable"


def test_a_signed_address_cannot_change_anything(alice: Api, nobody: Api) -> None:
    events = new_project(alice)["eventsUrl"]
    assert nobody.get(events + "&follow=false").status_code == 200
    assert nobody.delete(events).status_code == 401


def test_a_cookie_reads_and_never_writes(alice: Api, nobody: Api) -> None:
    cookie = alice.post("/api/session").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert ALICE not in cookie
    value = cookie.partition(";")[0]
    assert nobody.get("/api/projects", headers={"Cookie": value}).status_code == 200
    body = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    refused = nobody.post("/api/projects", json=body, headers={"Cookie": value})
    assert refused.status_code == 401
    forged = value[:-1] + ("A" if value[-1] != "A" else "B")
    assert nobody.get("/api/projects", headers={"Cookie": forged}).status_code == 401


def test_a_cookie_can_end_its_own_session(alice: Api, nobody: Api) -> None:
    value = alice.post("/api/session").headers["set-cookie"].partition(";")[0]
    answer = nobody.delete("/api/session", headers={"Cookie": value})
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert nobody.delete("/api/session").status_code == 401


def test_guessing_tokens_is_slowed_down(guarded: World, alice: Api, nobody: Api) -> None:
    statuses = [
        nobody.get("/api/projects", headers=bearer(f"guess-{n}")).status_code for n in range(30)
    ]
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_who_guesses_does_not_lock_out_others_at_the_same_address(alice: Api, nobody: Api) -> None:
    address = upload(alice, "a.png", png())["url"]
    for n in range(30):
        nobody.get("/api/projects", headers=bearer(f"guess-{n}"))
    assert nobody.get("/api/projects", headers=bearer("guess")).status_code == 429
    assert alice.get("/api/projects").status_code == 200
    assert nobody.get(address).status_code == 200
    assert nobody.get("/api/projects").status_code == 401, "nothing was guessed"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:3000"}, 200),
        ({"Host": "[::1]:3000"}, 200),
        ({"Host": "127.0.0.1"}, 200),
        ({"Host": "rebound.example.org:3000"}, 403),
        ({"Host": "192.168.1.7:3000"}, 403),
        ({"Host": "127.0.0.1.example.org"}, 403),
        ({"Host": "testclient"}, 403),
        ({"Host": "["}, 403),
    ],
)
def test_without_tokens_only_this_machines_names_are_served(
    api: Api, headers: dict[str, str], status: int
) -> None:
    assert api.get("/api/projects", headers=headers).status_code == status


def test_without_tokens_other_machines_are_refused(world: World) -> None:
    with Client(create_app(world.context), client=("203.0.113.9", 4242)) as away:
        answer = away.http.get("/api/projects")
        assert answer.status_code == 403
        assert "MUSICAPP_API_TOKENS" in answer.json()["detail"]
        assert away.http.get("/healthz").status_code == 200


def test_without_tokens_no_page_of_another_site_may_write(api: Api) -> None:
    body = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    for origin, status in (
        ("https://evil.example.org", 403),
        ("null", 403),
        ("http://[", 403),
        ("http://localhost:5173", 201),
    ):
        answer = api.post("/api/projects", json=body, headers={"Origin": origin})
        assert answer.status_code == status, origin


def test_cross_origin_pages_are_let_in_by_setting(tmp_path: Path) -> None:
    world = World(tmp_path, musicapp_cors_origins=("https://studio.example.org",))
    with Client(create_app(world.context)) as client:
        ask = {"Origin": "https://studio.example.org", "Access-Control-Request-Method": "PUT"}
        allowed = client.http.options("/api/projects/x", headers=ask)
        assert allowed.headers["access-control-allow-origin"] == "https://studio.example.org"
        other = client.http.options(
            "/api/projects/x", headers={**ask, "Origin": "https://evil.example.org"}
        )
        assert "access-control-allow-origin" not in other.headers


def test_too_many_requests_are_told_to_wait(tmp_path: Path) -> None:
    world = World(tmp_path, limits=Limits(requests_per_second=0.001, burst=3))
    with Client(create_app(world.context)) as client:
        statuses = [client.http.get("/api/projects") for _ in range(5)]
        assert [a.status_code for a in statuses] == [200, 200, 200, 429, 429]
        assert int(statuses[-1].headers["retry-after"]) >= 1
        assert statuses[-1].json()["code"] == "too_many_requests"


def test_bodies_have_a_limit_also_when_they_do_not_say_their_length(tmp_path: Path) -> None:
    limits = Limits(body=1000, upload=5000, requests_per_second=1e6, burst=10**6)
    world = World(tmp_path, limits=limits)
    with Client(create_app(world.context)) as client:
        api = client.http
        long = {"title": "T", "audioUrl": "s3://bucket/a.mp3", "lyrics": "x" * 2000}
        assert api.post("/api/projects", json=long).status_code == 413

        def chunks() -> Iterator[bytes]:
            for _ in range(10):
                yield b" " * 500

        headers = {"content-type": "application/json"}
        answer = api.post("/api/projects", content=chunks(), headers=headers)
        assert answer.status_code == 413, answer.text
        assert answer.json()["code"] == "too_large"
        big = api.post("/api/uploads", files={"file": ("a.bin", b"x" * 2_000_000)})
        assert big.status_code == 413
        medium = api.post("/api/uploads", files={"file": ("a.bin", b"x" * 6000)})
        assert medium.status_code == 413


def test_secrets_never_show_in_answers_or_errors(alice: Api, nobody: Api) -> None:
    hook = alice.post("/api/webhooks", json={"url": "https://example.org/hook"}).json()
    assert hook["secret"].startswith("whsec_")
    listed = alice.get("/api/webhooks").text + alice.get(f"/api/webhooks/{hook['id']}").text
    assert "whsec_" not in listed
    for answer in (alice.get("/readyz"), nobody.get("/api/projects", headers=bearer("oops-123"))):
        assert ALICE not in answer.text
        assert "oops-123" not in answer.text


def test_a_bucket_refills() -> None:
    buckets = Buckets(rate=1000.0, burst=2)
    assert [buckets.take("a") for _ in range(2)] == [0, 0]
    wait = buckets.take("a")
    assert 0 < wait <= 0.001
    assert buckets.take("b") == 0


def test_signatures_differ_by_token_and_text() -> None:
    a, b = Token.of("token-a"), Token.of("token-b")
    assert a.sign("/media/x") != b.sign("/media/x") != a.sign("/media/y")
    assert a.signed("/media/x", a.sign("/media/x"))
    assert not a.signed("/media/x", b.sign("/media/x"))
