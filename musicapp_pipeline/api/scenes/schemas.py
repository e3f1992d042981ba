"""What scenes and their takes look like from outside."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from musicapp_pipeline.api.kit.models import Changes, Input, Moment, Output, Text, Usd
from musicapp_pipeline.storyboard.model import SceneType

VERSION_EXAMPLE: dict[str, Any] = {
    "id": "v-k3m9x2p7qa4t",
    "sceneId": "s007-k3m9x2",
    "take": 1,
    "kind": "generated",
    "sourceVersionId": None,
    "remixMode": None,
    "prompt": "Cinematic music video, shallow DOF, natural skin...",
    "model": "sora-2",
    "size": "1280x720",
    "seconds": 8,
    "seed": 1839201,
    "status": "completed",
    "error": None,
    "soraClipId": "video_68f1",
    "soraClipUrl": "/media/projects/eternal-flame-k3m9x2/s007-k3m9x2/t01/at-k3m9x2p7qa4t.mp4",
    "finalVideoUrl": "/media/projects/eternal-flame-k3m9x2/s007-k3m9x2/t01/lipsync-9f2c.mp4",
    "url": "/media/projects/eternal-flame-k3m9x2/s007-k3m9x2/t01/lipsync-9f2c.mp4",
    "thumbnailUrl": "/media/projects/eternal-flame-k3m9x2/s007-k3m9x2/t01/mezzanine-1c.jpg",
    "lipSync": {"applied": True, "reason": None, "method": "post_process"},
    "characterConsistencyScore": None,
    "mouthVisibilityScore": 0.8,
    "qualityScore": 0.75,
    "userScore": 4.5,
    "autoScores": {"qualityScore": 0.75},
    "isSelected": True,
    "selectedAt": "2026-11-22T13:05:00Z",
    "outdated": False,
    "inPoint": 0,
    "notes": "",
    "revision": 4,
    "createdAt": "2026-11-22T13:00:00Z",
    "completedAt": "2026-11-22T13:02:00Z",
}
SCENE_EXAMPLE: dict[str, Any] = {
    "id": "s007-k3m9x2",
    "projectId": "eternal-flame-k3m9x2",
    "order": 7,
    "startTime": 40.42,
    "endTime": 47.99,
    "startFrame": 970,
    "endFrame": 1152,
    "sceneType": "performance",
    "section": "chorus",
    "sectionType": "chorus",
    "mood": "defiant",
    "lyrics": "Best believe me...",
    "energy": 0.82,
    "idea": "rooftop at dusk",
    "shot": {"size": "medium close-up", "angle": "low", "movement": "push in", "light": "warm"},
    "why": "chorus starts",
    "prompt": "Cinematic music video, shallow DOF, natural skin...",
    "promptEdited": False,
    "soraSize": "1280x720",
    "clipSeconds": 8,
    "characterIds": ["c-k3m9x2p7qa4t"],
    "status": "completed",
    "selectedVersionId": "v-k3m9x2p7qa4t",
    "vocalSegmentAssetId": None,
    "vocalSegmentUrl": None,
    "lipSyncEnabled": True,
    "lipSyncMethod": "post_process",
    "mouthVisibilityScore": 0.8,
    "estimatedCostUsd": 0.48,
    "actualCostUsd": 0.96,
    "versions": [VERSION_EXAMPLE],
    "revision": 3,
    "createdAt": "2026-11-22T13:00:00Z",
    "updatedAt": "2026-11-22T13:05:00Z",
}


class LipSync(Output):
    """Whether the mouth was moved, and why not if it was not."""

    applied: bool
    reason: str | None
    method: str | None


class VersionRead(Output):
    """A take. ``url`` is what to play: ``finalVideoUrl``, or the provider's clip before that."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERSION_EXAMPLE]})

    id: str
    scene_id: str
    take: int
    kind: str
    source_version_id: str | None
    remix_mode: str | None
    prompt: str
    """Exactly what was sent."""
    model: str
    size: str
    seconds: int
    seed: int
    status: str
    error: dict[str, Any] | None
    sora_clip_id: str | None
    sora_clip_url: str | None
    final_video_url: str | None
    """The media that the cut will use."""
    url: str | None
    thumbnail_url: str | None
    lip_sync: LipSync | None
    character_consistency_score: float | None
    mouth_visibility_score: float | None
    quality_score: float | None
    user_score: float | None
    auto_scores: dict[str, float]
    """What was measured, also where a person overrode it."""
    is_selected: bool
    selected_at: Moment | None
    outdated: bool
    """What would be sent for the scene now is something else."""
    in_point: int
    notes: str
    revision: int
    created_at: Moment
    completed_at: Moment | None


class SceneRead(Output):
    """A scene with all its takes, ordered by take."""

    model_config = ConfigDict(json_schema_extra={"examples": [SCENE_EXAMPLE]})

    id: str
    project_id: str
    order: int
    start_time: float
    end_time: float
    start_frame: int
    end_frame: int
    scene_type: str
    section: str | None
    section_type: str | None
    mood: str
    lyrics: str
    energy: float
    idea: str
    shot: dict[str, Any] | None
    why: str
    prompt: str
    """What would be sent now; the prompt of a take is what was sent then."""
    prompt_edited: bool
    sora_size: str
    clip_seconds: int
    character_ids: list[str]
    status: str
    selected_version_id: str | None
    vocal_segment_asset_id: str | None
    vocal_segment_url: str | None
    lip_sync_enabled: bool
    lip_sync_method: str | None
    mouth_visibility_score: float | None
    estimated_cost_usd: Usd | None
    """What one take will reserve; null when no price is known."""
    actual_cost_usd: Usd
    versions: list[VersionRead]
    revision: int
    created_at: Moment
    updated_at: Moment


class ShotEdit(Input):
    """How the camera sees the scene."""

    size: Text = Field(max_length=200)
    angle: Text = Field(max_length=200)
    movement: Text = Field(max_length=200)
    light: Text = Field(max_length=200)


class SceneUpdate(Changes):
    """Changes of a scene; absent fields stay as they are. ``prompt: null`` goes back to the
    prompt that is built."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sceneType": "broll", "mood": "weightless", "lyrics": "Best believe me"}]
        }
    )
    nullable = frozenset({"section", "prompt", "lip_sync_method"})

    scene_type: SceneType | None = None
    section: Text | None = Field(None, max_length=100)
    mood: Text | None = Field(None, max_length=500)
    lyrics: Text | None = Field(None, max_length=5000)
    idea: Text | None = Field(None, max_length=1000)
    shot: ShotEdit | None = None
    prompt: Text | None = Field(None, min_length=1, max_length=32_000)
    character_ids: list[Annotated[str, Field(max_length=120)]] | None = Field(None, max_length=50)
    lip_sync_enabled: bool | None = None
    lip_sync_method: Literal["sora_native", "post_process"] | None = None


class SceneOrder(Input):
    """All scenes of the project in their new order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sceneIds": ["s002-k3m9x2", "s001-p7qa4t"]}]}
    )

    scene_ids: list[Annotated[str, Field(max_length=120)]] = Field(min_length=1, max_length=5000)


class SceneSplit(Input):
    """Where to split, in seconds of the song; the nearest beat inside the scene is taken. The body
    may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": 44.2}]})

    at: float | None = Field(None, ge=0, le=86_400)
    """Without it the strongest beat near the middle of the scene is taken."""


class SceneMerge(Input):
    """How to merge a scene with the one after it. The body may be left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"force": False}]})

    force: bool = False
    """Merge even if no take of either covers both; those takes are archived with their scenes.
    Where a person has set both scenes otherwise, that of the first one stays."""
