"""A thin, typed client of the facade: each answer is the model that the server made it from.

>>> with Client("http://127.0.0.1:3000") as api:
...     song = api.upload(Path("song.mp3"))
...     project = api.create_project({"title": "My Music Video", "audioUrl": song.url})
...     api.wait(api.generate_storyboard(project.id).job_id)
...     api.wait(*api.generate(project.id).job_ids)
...     job = api.wait(api.export(project.id, {"autoSelect": True}).job_id)

Bodies are JSON as the documentation at ``/`` shows it. What creates or spends carries an
``Idempotency-Key`` and is sent again when the connection breaks, so an answer that was lost is
never paid for twice. What has no method here is one ``request`` away.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx
from pydantic import BaseModel, TypeAdapter

from musicapp_pipeline.api.characters.schemas import CharacterRead
from musicapp_pipeline.api.costs.schemas import CostsRead, Estimate
from musicapp_pipeline.api.exports.schemas import Exporting, ExportRead
from musicapp_pipeline.api.jobs.schemas import JobCancelled, JobRead
from musicapp_pipeline.api.lips.schemas import LipSyncing, LipSyncRead
from musicapp_pipeline.api.problems import Problem
from musicapp_pipeline.api.projects.schemas import ProjectRead, ProjectSummary
from musicapp_pipeline.api.scenes.schemas import SceneRead, VersionRead
from musicapp_pipeline.api.storyboard.schemas import StoryboardQueued, StoryboardRead, TimelineRead
from musicapp_pipeline.api.takes.schemas import Generating, PromptDiffRead, Remixing
from musicapp_pipeline.api.uploads.schemas import UploadRead
from musicapp_pipeline.errors import MusicAppError

Json = Mapping[str, Any]
Model = TypeVar("Model", bound=BaseModel)
ENDED = ("completed", "failed", "cancelled")
TRIES = 4


class Refused(MusicAppError):
    """The facade answered with a problem; ``problem`` is all it said."""

    code = "refused"

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title}: {problem.detail}", value=problem.status)
        self.problem = problem


class JobFailed(MusicAppError):
    """A job that was waited for did not complete; ``job`` says why."""

    code = "job_failed"

    def __init__(self, job: JobRead) -> None:
        super().__init__(f"{job.type} is {job.status}: {job.message}", value=job.id)
        self.job = job


class Client:
    """One connection to a facade.

    Args:
        token: one of the server's ``MUSICAPP_API_TOKENS``, where it asks for one.
        http: a prepared client instead, for tests and special transports.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:3000",
        token: str | None = None,
        *,
        http: httpx.Client | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = http or httpx.Client(base_url=url, timeout=60)
        self.http.headers.update(headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def upload(self, path: Path) -> UploadRead:
        """Send a song, a picture or a clip; its ``url`` goes wherever one is asked for."""
        return self._make(
            UploadRead, "/api/uploads", files={"file": (path.name, path.read_bytes())}
        )

    def create_project(self, body: Json) -> ProjectRead:
        return self._make(ProjectRead, "/api/projects", json=body)

    def projects(self) -> Iterator[ProjectSummary]:
        """All of them, page after page."""
        return self._pages(ProjectSummary, "/api/projects")

    def project(self, project_id: str) -> ProjectRead:
        return self._get(ProjectRead, f"/api/projects/{project_id}")

    def create_character(self, project_id: str, body: Json) -> CharacterRead:
        return self._make(CharacterRead, f"/api/projects/{project_id}/characters", json=body)

    def generate_storyboard(self, project_id: str) -> StoryboardQueued:
        return self._make(StoryboardQueued, f"/api/projects/{project_id}/storyboard/generate")

    def storyboard(self, project_id: str) -> StoryboardRead:
        return self._get(StoryboardRead, f"/api/projects/{project_id}/storyboard")

    def timeline(self, project_id: str) -> TimelineRead:
        return self._get(TimelineRead, f"/api/projects/{project_id}/storyboard/timeline")

    def scenes(self, project_id: str) -> list[SceneRead]:
        answer = self.request("GET", f"/api/projects/{project_id}/scenes")
        return TypeAdapter(list[SceneRead]).validate_json(answer.content)

    def update_scene(self, project_id: str, scene_id: str, body: Json) -> SceneRead:
        answer = self.request("PUT", f"/api/projects/{project_id}/scenes/{scene_id}", json=body)
        return SceneRead.model_validate_json(answer.content)

    def estimate(self, project_id: str) -> Estimate:
        return self._get(Estimate, f"/api/projects/{project_id}/estimate")

    def generate(self, project_id: str, body: Json | None = None) -> Generating:
        """Takes of several scenes at once; without a body, one of each scene that has none."""
        return self._make(Generating, f"/api/projects/{project_id}/generate", json=body)

    def generate_scene(self, project_id: str, scene_id: str, takes: int = 1) -> Generating:
        path = f"/api/projects/{project_id}/scenes/{scene_id}/generate"
        return self._make(Generating, path, json={"numTakes": takes})

    def remix(self, project_id: str, scene_id: str, version_id: str, prompt: str) -> Remixing:
        path = f"/api/projects/{project_id}/scenes/{scene_id}/remix"
        return self._make(Remixing, path, json={"versionId": version_id, "revisedPrompt": prompt})

    def select(self, project_id: str, scene_id: str, version_id: str) -> VersionRead:
        path = f"/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/select"
        return self._make(VersionRead, path)

    def score(self, project_id: str, scene_id: str, version_id: str, body: Json) -> VersionRead:
        path = f"/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/score"
        return self._make(VersionRead, path, json=body)

    def prompt_diff(self, project_id: str, scene_id: str, version_id: str) -> PromptDiffRead:
        """How the prompt that would be sent now differs from a take's."""
        path = f"/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/prompt-diff"
        return self._get(PromptDiffRead, path)

    def export(self, project_id: str, body: Json | None = None) -> Exporting:
        return self._make(Exporting, f"/api/projects/{project_id}/export", json=body)

    def exports(self, project_id: str) -> Iterator[ExportRead]:
        """All of them, newest first, page after page."""
        return self._pages(ExportRead, f"/api/projects/{project_id}/exports")

    def lip_sync(self, project_id: str, scene_id: str, version_id: str) -> LipSyncRead:
        """What moves a take's lips: words, phones, and a person's nudges."""
        path = f"/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/lip-sync"
        return self._get(LipSyncRead, path)

    def nudge_lips(
        self, project_id: str, scene_id: str, version_id: str, body: Json | None = None
    ) -> LipSyncing:
        path = f"/api/projects/{project_id}/scenes/{scene_id}/versions/{version_id}/lip-sync"
        return self._make(LipSyncing, path, json=body or {})

    def costs(self, project_id: str) -> CostsRead:
        return self._get(CostsRead, f"/api/projects/{project_id}/costs")

    def job(self, job_id: str) -> JobRead:
        return self._get(JobRead, f"/api/jobs/{job_id}")

    def cancel(self, job_id: str) -> JobCancelled:
        return self._make(JobCancelled, f"/api/jobs/{job_id}/cancel")

    def wait(
        self,
        job_id: str,
        *others: str,
        every: float = 1.0,
        told: Callable[[JobRead], None] = lambda _job: None,
    ) -> JobRead:
        """Poll jobs until all have ended; the last of them.

        Args:
            every: seconds between two looks.
            told: called with each job as it is seen.

        Raises:
            JobFailed: one of them failed or was cancelled.
        """
        while True:
            job = self.job(job_id)
            told(job)
            if job.status in ENDED:
                break
            time.sleep(every)
        if job.status != "completed":
            raise JobFailed(job)
        return self.wait(*others, every=every, told=told) if others else job

    def download(self, url: str, path: Path) -> Path:
        """Any ``url`` of an answer, into a file."""
        with self.http.stream("GET", url, follow_redirects=True) as answer, path.open("wb") as out:
            _check(answer)
            for chunk in answer.iter_bytes():
                out.write(chunk)
        return path

    def request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Any request; sent again when the connection breaks and that is safe.

        Raises:
            Refused: the answer is an error.
        """
        headers = kwargs.pop("headers", {})
        if method == "POST":
            headers = {"Idempotency-Key": uuid4().hex, **headers}
        for left in reversed(range(TRIES)):
            try:
                answer = self.http.request(method, path, headers=headers, **kwargs)
            except httpx.TransportError:
                if not left:
                    raise
                time.sleep(2.0 ** (TRIES - left) / 4)
                continue
            break
        _check(answer)
        return answer

    def _get(self, model: type[Model], path: str) -> Model:
        return model.model_validate_json(self.request("GET", path).content)

    def _pages(self, model: type[Model], path: str) -> Iterator[Model]:
        url: str | None = path
        while url is not None:
            answer = self.request("GET", url)
            for entry in answer.json():
                yield model.model_validate(entry)
            url = answer.links.get("next", {}).get("url")

    def _make(self, model: type[Model], path: str, **kwargs: Any) -> Model:
        return model.model_validate_json(self.request("POST", path, **kwargs).content)


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    answer.read()
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValueError:  # a proxy in between has its own words
        problem = Problem(
            type="about:blank",
            title=answer.reason_phrase,
            status=answer.status_code,
            detail=answer.text[:200],
            code="unknown",
        )
    raise Refused(problem)
