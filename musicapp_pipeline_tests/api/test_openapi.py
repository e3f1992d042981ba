"""What the OpenAPI document promises, and that the answers keep it."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import checks
from schemathesis.generation import GenerationMode

from musicapp_pipeline.api.app import create_app
from musicapp_pipeline.api.docs.glossary import FIELDS
from musicapp_pipeline.api.docs.page import render
from musicapp_pipeline_tests.api.client import Api, Client
from musicapp_pipeline_tests.api.steps import generated, planned, png, upload
from musicapp_pipeline_tests.api.world import World

KEPT = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
STREAM = "/api/projects/{project_id}/events"


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def example_of(document: Mapping[str, Any], holder: Mapping[str, Any]) -> object:
    for media in holder.get("content", {}).values():
        if "example" in media:
            return media["example"]
        schema = media.get("schema", {})
        schema = next((s for s in schema.get("anyOf", ()) if "$ref" in s), schema)
        schema = schema.get("items", schema) if schema.get("type") == "array" else schema
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if schema.get("examples"):
            return schema["examples"][0]
    return None


def test_every_operation_has_words_examples_and_documented_errors(api: Api) -> None:
    document = api.get("/openapi.json").json()
    names = [op["operationId"] for _, _, op in operations(document)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation.get("description"), where
        body = operation.get("requestBody")
        if body is not None and "multipart/form-data" not in body["content"]:
            assert example_of(document, body) is not None, where
        for status, answer in operation["responses"].items():
            if status.startswith("4") and path != "/media/{key}":
                assert "application/problem+json" in answer["content"], (where, status)
            if status in ("200", "201", "202") and path != "/media/{key}":
                assert example_of(document, answer) is not None, (where, status)


def test_every_field_and_parameter_is_explained(api: Api) -> None:
    document = api.get("/openapi.json").json()
    dumb = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, entry in schema.get("properties", {}).items()
        if not entry.get("description")
    ]
    dumb += [
        f"{method} {path} {parameter['name']}"
        for method, path, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if not parameter.get("description")
    ]
    assert dumb == []
    fields = document["components"]["schemas"]
    stale = fields["ExportRead"]["properties"]["stale"]["description"]
    assert stale.startswith("Takes, cuts or subtitles have changed"), "what stands under the field"


def test_words_that_explain_nothing_are_gone(api: Api) -> None:
    schemas = api.get("/openapi.json").json()["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema.get("properties", {})}
    for name in FIELDS:
        model, _, field = name.rpartition(".")
        assert field in (schemas[model]["properties"] if model else fields), name


WITHOUT_KEY = {
    "cancel_job",
    "create_session",
    "receive_provider_webhook",
    "resolve_version",
    "score_version",
    "select_version",
}
"""Repeating these changes nothing more."""


def test_every_post_that_creates_or_spends_says_what_its_key_does(api: Api) -> None:
    posts = {
        operation["operationId"]: operation
        for method, _, operation in operations(api.get("/openapi.json").json())
        if method == "POST"
    }
    keyed = {
        name
        for name, operation in posts.items()
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", ()))
    }
    assert posts.keys() - keyed == WITHOUT_KEY
    for name in keyed:
        assert "Idempotency-Replayed" in posts[name]["description"], name


def test_headers_of_answers_are_documented_and_sent(api: Api, world: World) -> None:
    """Each operation that creates or shows something is asked, and its headers compared."""
    document = api.get("/openapi.json").json()
    told = {
        op["operationId"]: {
            status: set(answer.get("headers", {})) for status, answer in op["responses"].items()
        }
        for _, _, op in operations(document)
    }
    for statuses in told.values():
        if "401" in statuses:
            assert "WWW-Authenticate" in statuses["401"]
            assert "Retry-After" in statuses["429"]
    at, scenes = planned(api, world)
    scene = f"{at}/scenes/{scenes[0]['id']}"
    version = generated(api, world, at, scenes[0]["id"], takes=2)[0]
    take = f"{scene}/versions/{version['id']}"
    key = {"Idempotency-Key": "k"}
    project = {"title": "T", "audioUrl": "s3://bucket/a.mp3"}
    api.post("/api/projects", json=project, headers=key)
    once = api.post("/api/projects", json=project, headers=key)
    clip = {"url": "https://example.org/a.mp4"}
    answers = {
        "create_project": once,
        "get_project": api.get(at),
        "list_projects": api.get("/api/projects?limit=1"),
        "create_character": api.post(f"{at}/characters", json={"name": "A"}),
        "upload_file": api.post("/api/uploads", files={"file": ("a.png", png())}),
        "list_jobs": api.get(f"{at}/jobs?limit=1"),
        "list_scenes": api.get(f"{at}/scenes"),
        "get_scene": api.get(scene),
        "list_versions": api.get(f"{scene}/versions"),
        "get_version": api.get(take),
        "get_lip_sync": api.get(f"{take}/lip-sync"),
        "select_version": api.post(f"{take}/select"),
        "score_version": api.post(f"{take}/score", json={"userScore": 3}),
        "add_version": api.post(f"{scene}/versions", json=clip),
        "get_storyboard": api.get(f"{at}/storyboard"),
        "create_webhook": api.post("/api/webhooks", json={"url": "https://example.org/h"}),
        "get_costs": api.get(f"{at}/costs"),
    }
    ours = {"ETag", "Link", "Location", "Idempotency-Replayed"}
    for name, answer in answers.items():
        assert answer.is_success, (name, answer.text)
        documented = told[name][str(answer.status_code)]
        sent = {header for header in ours if header in answer.headers}
        assert sent <= documented, name
        optional = {"Idempotency-Replayed"}  # only where an answer is repeated
        assert documented - optional <= sent, name
    assert "Idempotency-Replayed" in once.headers


def test_examples_of_requests_fit_their_schemas(api: Api, world: World) -> None:
    from musicapp_pipeline.api.characters.schemas import CharacterCreate
    from musicapp_pipeline.api.exports.schemas import ExportCreate
    from musicapp_pipeline.api.projects.schemas import ProjectCreate
    from musicapp_pipeline.api.scenes.schemas import SceneRead
    from musicapp_pipeline.api.takes.schemas import Generating, Rating, Remixing

    for model in (CharacterCreate, ExportCreate, ProjectCreate, Rating):
        for example in model.model_config["json_schema_extra"]["examples"]:
            model.model_validate(example)
    for shown in (SceneRead, Generating, Remixing):
        for example in shown.model_config["json_schema_extra"]["examples"]:
            again = shown.model_validate(example).model_dump(mode="json", by_alias=True)
            assert again == example


def test_the_documentation_is_one_page_that_needs_no_network(api: Api) -> None:
    answer = api.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "http://" not in answer.text.replace("http://127.0.0.1", "")
    assert "<script" not in answer.text
    for _, path, operation in operations(api.get("/openapi.json").json()):
        assert path.replace("&", "&amp;") in answer.text
        assert f"id={operation['operationId']}" in answer.text


def test_descriptions_cannot_break_the_page() -> None:
    operation = {"operationId": "x", "description": "<b>", "responses": {}, "tags": ["<t>"]}
    document = {
        "info": {"title": "<T>", "description": "<d>"},
        "paths": {"/<p>": {"get": operation}},
    }
    page = render(document)
    assert "<b>" not in page
    assert "<p>}" not in page
    assert "&lt;T&gt;" in page


class Target:
    """A running application with one of everything, made anew when it was deleted."""

    def __init__(self, api: Api, world: World) -> None:
        self.api, self.world = api, world
        self.ids = self._fresh()

    def _fresh(self) -> dict[str, str]:
        api = self.api
        body = {"title": "T", "audioUrl": "s3://bucket/song.mp3"}
        project = api.post("/api/projects", json=body).json()["id"]
        at = f"/api/projects/{project}"
        character = api.post(f"{at}/characters", json={"name": "A", "isPrimary": True}).json()
        scene = self.world.plan(project)[0].id
        made = api.post(f"{at}/scenes/{scene}/generate", json={"numTakes": 2}).json()
        self.world.complete_takes(project)
        hook = api.post("/api/webhooks", json={"url": "https://example.org/hook"}).json()
        sent = upload(api, "a.png", png())
        return {
            "project_id": project,
            "scene_id": scene,
            "version_id": made["versions"][0]["id"],
            "job_id": made["jobIds"][0],
            "character_id": character["id"],
            "webhook_id": hook["id"],
            "upload_id": sent["id"],
            "key": sent["url"].removeprefix("/media/"),
        }

    def ask(self, case: schemathesis.Case, *, known: bool) -> Any:
        if known and case.path_parameters:
            case.path_parameters |= {k: v for k, v in self.ids.items() if k in case.path_parameters}
        sent = case.as_transport_kwargs()
        names = ("params", "headers", "cookies", "json", "data", "content", "files")
        arguments = {name: sent[name] for name in names if sent.get(name) is not None}
        answer = self.api.request(sent["method"], sent["url"], **arguments)
        answer.request.read()
        if case.method == "DELETE" and answer.status_code == 204:
            self.ids = self._fresh()
        return answer


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    world = World(tmp_path_factory.mktemp("schema"))
    world.launcher.work = world.work
    with Client(create_app(world.context)) as client:
        yield Target(client.http, world)
    world.database.dispose()


@pytest.mark.parametrize(
    ("mode", "examples"),
    [
        (GenerationMode.POSITIVE, 2),
        (GenerationMode.NEGATIVE, 2),
        pytest.param(GenerationMode.POSITIVE, 40, marks=pytest.mark.nightly),
        pytest.param(GenerationMode.NEGATIVE, 40, marks=pytest.mark.nightly),
    ],
)
def test_no_answer_is_undocumented_or_a_server_error(
    target: Target, mode: GenerationMode, examples: int
) -> None:
    document = target.api.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.base_url = "http://127.0.0.1:3000"
    checked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == STREAM:  # endless; has tests of its own
            continue
        if mode is GenerationMode.NEGATIVE and not _takes_input(operation.definition.raw):
            continue
        checked += 1
        _check(target, operation, mode, examples)
    assert checked > 40


def _takes_input(operation: Mapping[str, Any]) -> bool:
    return bool(operation.get("parameters") or operation.get("requestBody"))


def _check(target: Target, operation: Any, mode: GenerationMode, examples: int) -> None:
    turn = iter(range(10**6))

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: schemathesis.Case) -> None:
        # Half of the requests name things that exist, or nothing but 404 would be seen.
        try:
            answer = target.ask(case, known=next(turn) % 2 == 0)
        except (UnicodeError, ValueError, AttributeError, TypeError):
            return  # the client itself cannot send this
        except Exception as error:
            if type(error).__name__ == "InvalidURL":  # longer than this client sends
                return
            raise
        case.validate_response(answer, checks=KEPT)

    run()
