"""What jobs look like from outside."""

from typing import Any

from pydantic import ConfigDict

from musicapp_pipeline.api.kit.models import Moment, Output, Usd

JOB_EXAMPLE: dict[str, Any] = {
    "id": "job-k3m9x2p7qa4t",
    "type": "generate_scene",
    "status": "running",
    "progress": 0.35,
    "message": "rendering, 40%",
    "result": None,
    "error": None,
    "createdAt": "2026-11-22T13:00:00Z",
    "startedAt": "2026-11-22T13:00:01Z",
    "finishedAt": None,
    "runId": None,
    "runUrl": None,
    "projectId": "eternal-flame-k3m9x2",
    "sceneId": "s007-k3m9x2",
    "versionId": "v-k3m9x2p7qa4t",
    "cancelRequested": False,
    "paidUsd": 0.0,
    "heldUsd": 0.48,
}


class JobRead(Output):
    """A job; ``status`` is queued, running, completed, failed or cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    type: str
    status: str
    progress: float
    message: str
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    run_id: str | None
    run_url: str | None
    """Where a person can look at the run."""
    project_id: str
    scene_id: str | None
    version_id: str | None
    cancel_requested: bool
    """Somebody asked it to stop; while it is still running, it is about to."""
    paid_usd: Usd
    """What its take has cost so far, also after it was cancelled."""
    held_usd: Usd
    """Still reserved: the provider may have the request, and what it delivers is kept."""


class JobCancelled(JobRead):
    """A job that was asked to stop, and what it had cost by then."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **JOB_EXAMPLE,
                    "status": "cancelled",
                    "cancelRequested": True,
                    "paidUsd": 0.48,
                    "heldUsd": 0.0,
                }
            ]
        }
    )
