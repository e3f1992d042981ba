"""Ties a run to the job that asked for it: claim, progress, cancel, end.

The compare-and-set on the job's row is the deduplication: however many runs are launched for a
job, one of them works.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from musicapp_pipeline.defs.outcome import came_out, heard_anew
from musicapp_pipeline.progress import OnProgress, part, silent
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.database import Database
from musicapp_pipeline.store.models import SceneVersion

JOB_TAG = "musicapp/job"
LANDED_TAG = "musicapp/landed"
"""On runs that record a clip which is here and paid for. They go on when their job is cancelled:
whoever did not want to wait still gets what the money was spent on."""
PARENT_TAG = "dagster/parent_run_id"
ROOT_TAG = "dagster/root_run_id"

SHARES: dict[str, dict[str, tuple[float, float]]] = {
    "analyze_audio": {
        "song": (0.0, 0.2),
        "audio_analysis": (0.2, 0.7),
        "storyboard": (0.7, 1.0),
    },
    "generate_scene": {"clip": (0.85, 0.88), "mezzanine": (0.88, 1.0)},
    "remix_scene": {"clip": (0.85, 0.88), "mezzanine": (0.88, 1.0)},
    "vocal_extraction": {"vocal_segment": (0.0, 1.0)},
    "forced_alignment": {"lyric_alignment": (0.0, 1.0)},
    "lip_sync_post_process": {"lip_synced_clip": (0.0, 1.0)},
    "stitch_final": {"selected_take": (0.0, 0.1), "final_cut": (0.1, 0.5), "renditions": (0.5, 1)},
}
"""Which part of a job's progress each stage covers; the last one ends the job."""
DOING = {
    "song": "reading the song",
    "audio_analysis": "listening to the song",
    "storyboard": "cutting the song into scenes",
    "clip": "receiving the clip",
    "mezzanine": "fitting the clip to its scene",
    "vocal_segment": "finding the voice of the scene",
    "lyric_alignment": "finding when the words are sung",
    "lip_synced_clip": "moving the lips with the words",
    "selected_take": "recording the choice",
    "final_cut": "putting the video together",
    "renditions": "making the files",
}
"""For people who make music."""
KEPT = "cancelled on request; the take had been bought already and is kept"
THROTTLE = 0.5


@dataclass
class JobHook:
    """The job of this run, or nothing."""

    database: Database
    stage: str
    run_id: str
    job_id: str | None = None
    job_type: str = ""
    launches: int = 0
    records: bool = False
    predecessors: tuple[str, ...] = ()
    _told: float = field(default=0.0)
    _asked: float = field(default=0.0)
    _cancelled: bool = field(default=False)

    @classmethod
    def of(cls, database: Database, stage: str, run_id: str, tags: Mapping[str, str]) -> "JobHook":
        """From the run's tags."""
        before = tuple(v for t in (PARENT_TAG, ROOT_TAG) if (v := tags.get(t)) and v != run_id)
        hook = cls(database, stage, run_id, tags.get(JOB_TAG), predecessors=before)
        hook.records = LANDED_TAG in tags
        if hook.job_id:
            with database.read() as session:
                job = jobs.get(session, hook.job_id)
                hook.job_type, hook.launches = job.type, job.launches
        return hook

    def claim(self) -> bool:
        """Is this the run that works on the job?"""
        if self.job_id is None:
            return True
        with self.database.write() as session:
            if jobs.claim(session, self.job_id, self.run_id, takeover=self.predecessors):
                return True
            given_up = jobs.get(session, self.job_id).status in ("cancelled", "failed")
        if self.records and given_up:
            self.job_id = None  # nobody waits any more, but the clip is there
            return True
        return False

    def reporter(self) -> OnProgress:
        """Progress of this stage as progress of the job, written twice a second at most."""
        if self.job_id is None:
            return silent
        start, end = SHARES.get(self.job_type, {}).get(self.stage, (0.0, 1.0))
        return part(self._tell, start, end)

    def _tell(self, fraction: float, message: str = "", /) -> None:
        moment = time.monotonic()
        if moment - self._told < THROTTLE:
            return
        self._told = moment
        assert self.job_id is not None
        with self.database.write() as session:
            jobs.progress(session, self.job_id, fraction, message)

    def cancelled(self) -> bool:
        """Has somebody asked for the job to stop? The row is read at most twice a second."""
        moment = time.monotonic()
        if (
            self.records
            or self.job_id is None
            or self._cancelled
            or moment - self._asked < THROTTLE
        ):
            return self._cancelled
        self._asked = moment
        with self.database.read() as session:
            self._cancelled = jobs.get(session, self.job_id).cancel_requested
        return self._cancelled

    def cancel(self) -> None:
        """End the job as cancelled."""
        if self.job_id is not None:
            with self.database.write() as session:
                jobs.finish(session, self.job_id, "cancelled", message="cancelled on request")

    def fail(self, error: dict[str, Any]) -> None:
        """End the job as failed, in words for whoever asked for it."""
        if self.job_id is not None:
            with self.database.write() as session:
                jobs.finish(session, self.job_id, "failed", error=_told(self.stage, error))

    def done(self, stage: str) -> None:
        """The stage has made all its partitions; the last stage completes the job."""
        if self.job_id is None or not self._is_last(stage):
            return
        with self.database.write() as session:
            job = jobs.get(session, self.job_id)
            result = _result(session, job)
            if self.records and job.cancel_requested:
                jobs.finish(session, job.id, "cancelled", result=result, message=KEPT)
            else:
                told = came_out(session, job)
                jobs.finish(session, job.id, "completed", result=result, message=told)

    def _is_last(self, stage: str) -> bool:
        return list(SHARES.get(self.job_type, {"": ()}))[-1] == stage


def _told(stage: str, error: dict[str, Any]) -> dict[str, Any]:
    """Our own errors say what to do; for what nobody foresaw the run's log says more."""
    if error.get("code") != "internal":
        return error
    doing = DOING.get(stage, "working on it")
    message = (
        f"Something went wrong while {doing}. Nothing that was paid for is lost: try again,"
        " and if it stays, show the log of the run to whoever looks after this installation."
    )
    return {**error, "message": message, "detail": error.get("message", "")}


def _result(session: Any, job: Any) -> dict[str, Any]:
    if job.result:
        return dict(job.result)
    if job.type == "analyze_audio":
        return heard_anew(session, job)
    version = session.get(SceneVersion, job.version_id) if job.version_id else None
    if version is not None:
        return {"versionId": version.id, "sceneId": version.scene_id, "take": version.take}
    return {"sceneId": job.scene_id} if job.scene_id else {}
