"""A facade to test against: database, media folder, the mock's capabilities, a fake launcher."""

import atexit
import itertools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from musicapp_pipeline.analysis.model import Beat, EnergyPoint, Section, SongAnalysis
from musicapp_pipeline.api.context import AppContext, Limits
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.generation.registry import provider_from_settings
from musicapp_pipeline.settings import Settings
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.media_local import LocalMediaStore
from musicapp_pipeline.store.migrate import migrate
from musicapp_pipeline.store.models import Scene, SceneVersion
from musicapp_pipeline.storyboard.model import PlannedScene, PlannerOptions, TimedLine
from musicapp_pipeline.storyboard.plan import plan_scenes

SECONDS = 40.0
BPM = 120.0


@dataclass
class FakeLauncher:
    """Remembers what it was asked; ``work`` is run for each launched job, as a worker would."""

    work: Callable[[str], None] | None = None
    launched: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    landings: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    up: bool = True

    async def launch(self, job_id: str) -> str | None:
        if not self.up:
            return None
        self.launched.append(job_id)
        if self.work is not None:
            self.work(job_id)
        return f"run-{job_id}"

    async def cancel(self, run_id: str) -> None:
        self.cancelled.append(run_id)

    async def landed(self, take_key: str) -> None:
        self.landings.append(take_key)

    async def changed(self, project_id: str) -> None:
        self.changes.append(project_id)

    async def ready(self) -> bool:
        return self.up

    def run_url(self, run_id: str) -> str | None:
        return f"http://127.0.0.1:3001/runs/{run_id}"


def analysis(seconds: float = SECONDS, bpm: float = BPM) -> SongAnalysis:
    """A song with a steady beat and three sections."""
    step = 60 / bpm
    times = [round(n * step, 6) for n in range(int(seconds / step))]
    third = seconds / 3
    names = ("intro", "verse", "chorus")
    return SongAnalysis(
        duration=seconds,
        bpm=bpm,
        bpm_confidence=0.9,
        beats=tuple(Beat(time=t, strength=0.9) for t in times),
        downbeats=tuple(times[::4]),
        energy_curve=tuple(EnergyPoint(time=float(t), energy=0.5) for t in range(int(seconds))),
        sections=tuple(
            Section(name=n, start_time=i * third, end_time=(i + 1) * third, type=n)
            for i, n in enumerate(names)
        ),
    )


def _migrated(settings: Settings) -> Database:
    """A database with all tables; the migrations run once for all tests."""
    if settings.database_url is None:
        home = settings.home
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_template(), home / "musicapp.db")
        return Database(settings.sqlalchemy_url)
    database = Database(settings.sqlalchemy_url)
    migrate(database)
    return database


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="musicapp-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'template.db'}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return folder / "template.db"


class World:
    """Everything a test touches."""

    def __init__(
        self,
        home: Path,
        *,
        limits: Limits | None = None,
        fresh: bool = True,
        **settings: object,
    ) -> None:
        self.settings = Settings(_env_file=None, musicapp_home=home, use_sora_mock=True, **settings)
        url = self.settings.sqlalchemy_url
        self.database = _migrated(self.settings) if fresh else Database(url)
        self.media = LocalMediaStore(home / "media")
        self.launcher = FakeLauncher()
        self.context = AppContext(
            settings=self.settings,
            database=self.database,
            media=self.media,
            launcher=self.launcher,
            provider=provider_from_settings(self.settings, home),
            dispatch=False,
            limits=limits or Limits(requests_per_second=1e6, burst=10**6),
            retry_webhooks=(0.01, 0.01),
        )
        self._clips = itertools.count(1)

    def plan(self, project_id: str) -> list[Scene]:
        """What the storyboard's run does: analysis, scenes."""
        heard = analysis()
        with self.database.write() as session:
            project = projects.get(session, project_id)
            project.duration = heard.duration
            board = projects.storyboard(session, project_id)
            plain = heard.to_dict()
            board.analysis = plain
            board.beat_grid = {k: plain[k] for k in ("bpm", "beats", "downbeats", "metre")}
            board.sections = [
                {
                    "name": s.name,
                    "startTime": s.start_time,
                    "endTime": s.end_time,
                    "type": s.type,
                    "confidence": s.confidence,
                }
                for s in heard.sections
            ]
            board.energy_curve = plain["energy_curve"]
            lines = [TimedLine(text="best believe me", start_time=14.0, end_time=18.0)]
            board.lyrics_data = [
                {"text": x.text, "startTime": x.start_time, "endTime": x.end_time} for x in lines
            ]
            board.planned = True
            return scenes.add_planned(
                session, project, self._planned(project, lines), size="1280x720"
            )

    @staticmethod
    def _planned(project: object, lines: list[TimedLine]) -> tuple[PlannedScene, ...]:
        options = PlannerOptions(
            fps=projects.fps_of(project),
            clip_seconds=project.clip_seconds,
            performance_density=0.4,
        )
        return plan_scenes(analysis(), lines, options)

    def work(self, job_id: str) -> None:
        """What a worker does with a job, without the work."""
        with self.database.write() as session:
            jobs.claim(session, job_id, f"run-{job_id}")
            job = jobs.get(session, job_id)
            kind, project_id = job.type, job.project_id
        if kind == "analyze_audio":
            self.plan(project_id)
        with self.database.write() as session:
            jobs.finish(session, job_id, "completed", result={})

    def complete_takes(self, project_id: str) -> list[SceneVersion]:
        """What provider, dispatcher and the take's run do: media, money, thumbnail."""
        from sqlalchemy import select

        done = []
        with self.database.write() as session:
            waiting = session.scalars(
                select(SceneVersion).where(
                    SceneVersion.project_id == project_id, SceneVersion.status == "queued"
                )
            )
            for version in list(waiting):
                self._complete(session, version)
                done.append(version)
        return done

    def _complete(self, session: object, version: SceneVersion) -> None:
        from musicapp_pipeline.generation.standing import open_jobs

        n = next(self._clips)
        key = f"projects/{version.key}/clip-{n}.mp4"
        with self.media.writing(key) as path:
            path.write_bytes(b"not really a clip" * 100)
        for attempt in ledger.attempts_of(session, version.id):
            ledger.move(session, attempt, "submitting")
            ledger.move(session, attempt, "submitted", provider_job_id=f"video_{n}")
            ledger.settle(session, attempt)
            attempt.media_key = key
        version.clip_key, version.clip_sha256 = key, f"{n:064x}"
        version.sora_clip_id = f"video_{n}"
        version.mezzanine = {"key": key, "head": 0, "frames": version.scene.frames}
        version.quality_score = 0.75
        version.auto_scores = {"qualityScore": 0.75}
        takes.set_status(session, version, "completed")
        for job in open_jobs(session, version.id):
            jobs.finish(session, job.id, "completed", result={"versionId": version.id})
