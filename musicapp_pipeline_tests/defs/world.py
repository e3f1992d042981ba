"""A planned project with finished takes, and a Dagster instance of its own."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.store import artifacts, jobs, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import ProcessingJob, Scene, SceneVersion
from musicapp_pipeline_tests.api.world import World

MEZZANINE = {"key": "m.mp4", "head": 0, "frames": 96, "tail": 0}


class Desk:
    """What the orchestrator's own parts work on."""

    def __init__(self, home: Path) -> None:
        self.world = World(home)
        self.bench = Workbench(
            self.world.settings, self.world.database, self.world.media, self.world.context.provider
        )
        self.database = self.world.database
        self.instance = dg.DagsterInstance.ephemeral()
        with self.database.write() as session:
            new = projects.NewProject(title="T", audio_url="s3://bucket/a.mp3")
            self.project_id = projects.create(session, new).id
        self.scenes = self.world.plan(self.project_id)

    def singing(self) -> Scene:
        """A performance scene with lip-sync on."""
        return next(s for s in self.scenes if s.scene_type == "performance")

    def take(self, scene: Scene, status: str = "completed") -> SceneVersion:
        """A take with its mezzanine."""
        with self.database.write() as session:
            version = takes.add(session, scenes.get(session, scene.id), prompt="p")
            takes.set_status(session, version, status)
            if status == "completed":
                version.mezzanine = MEZZANINE
                made = Made(f"m-{version.id}", None, dict(MEZZANINE))
                artifacts.put(session, "mezzanine", version.key, "print", made, None)
            return version

    def select(self, version: SceneVersion) -> None:
        """As a person does."""
        with self.database.write() as session:
            mine = takes.get(session, version.id)
            takes.select_version(session, mine.scene, mine)

    def run(self, status: dg.DagsterRunStatus, tags: Mapping[str, str] | None = None) -> str:
        """A run in some state; its id."""
        job = dg.job(name="__ASSET_JOB")(lambda: None)
        run = self.instance.create_run_for_job(job, status=status, tags=dict(tags or {}))
        return run.run_id

    def job(self, type_: str = "analyze_audio", **fields: object) -> str:
        """A job in some state; its id."""
        with self.database.write() as session:
            job = jobs.create(session, self.project_id, type_)
            for name, value in fields.items():
                setattr(job, name, value)
            return job.id

    def status(self, job_id: str) -> str:
        return self.read(job_id).status

    def read(self, job_id: str) -> ProcessingJob:
        with self.database.read() as session:
            return jobs.get(session, job_id)
