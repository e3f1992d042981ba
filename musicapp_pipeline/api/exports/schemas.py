"""What exports look like from outside."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from musicapp_pipeline.api.jobs.schemas import JOB_EXAMPLE, JobRead
from musicapp_pipeline.api.kit.models import Input, Moment, Output

EXPORT_EXAMPLE: dict[str, Any] = {
    "id": "x-k3m9x2p7qa4t",
    "projectId": "eternal-flame-k3m9x2",
    "jobId": JOB_EXAMPLE["id"],
    "status": "completed",
    "options": {
        "formats": ["mp4"],
        "aspectRatios": ["landscape"],
        "includeSubtitles": True,
    },
    "renditions": [
        {
            "format": "mp4",
            "aspectRatio": "landscape",
            "url": "/media/projects/eternal-flame-k3m9x2/final/9f2c.mp4",
            "width": 1280,
            "height": 720,
            "duration": 172.4,
            "bytes": 48_211_004,
        }
    ],
    "posterUrl": "/media/projects/eternal-flame-k3m9x2/final/9f2c-poster.jpg",
    "changedSceneIds": [],
    "stale": False,
    "createdAt": "2026-11-22T13:30:00Z",
}


class ExportCreate(Input):
    """Which files to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "formats": ["mp4", "webm"],
                    "aspectRatios": ["landscape", "vertical"],
                    "includeSubtitles": True,
                }
            ]
        }
    )

    formats: list[Literal["mp4", "webm"]] = Field(["mp4"], min_length=1, max_length=2)
    aspect_ratios: list[Literal["landscape", "vertical", "square"]] | None = Field(
        None, min_length=1, max_length=3
    )
    """The project's own when left out."""
    include_subtitles: bool = False
    auto_select: bool = False
    """Choose the best take of every scene that has none selected."""


class Rendition(Output):
    """One finished file."""

    format: str
    aspect_ratio: str
    url: str | None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    bytes: int | None = None


class ExportRead(Output):
    """An export; its files are there once its job is completed."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXPORT_EXAMPLE]})

    id: str
    project_id: str
    job_id: str | None
    status: str
    options: dict[str, Any]
    renditions: list[Rendition]
    poster_url: str | None
    changed_scene_ids: list[str]
    """Scenes for which another take was chosen after this was asked for and before the video was
    put together; it shows the later choice."""
    stale: bool
    """Takes, cuts or subtitles have changed since: exporting again would give another video."""
    created_at: Moment


class Exporting(Output):
    """The export was queued."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobId": JOB_EXAMPLE["id"],
                    "job": {**JOB_EXAMPLE, "type": "stitch_final", "status": "queued"},
                    "export": {
                        **EXPORT_EXAMPLE,
                        "status": "queued",
                        "renditions": [],
                        "posterUrl": None,
                    },
                    "autoSelectedVersionIds": [],
                }
            ]
        }
    )

    job_id: str
    job: JobRead
    export: ExportRead
    auto_selected_version_ids: list[str]
