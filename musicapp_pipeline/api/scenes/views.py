"""From rows to what is shown of scenes and takes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.scenes.schemas import LipSync, SceneRead, VersionRead
from musicapp_pipeline.generation.takeplan import TakePlan
from musicapp_pipeline.store.models import Scene, SceneVersion

SCORES = ("qualityScore", "characterConsistency", "mouthVisibility")


def scene_view(
    who: Caller,
    scene: Scene,
    versions: list[SceneVersion],
    plan: TakePlan,
    spent: Decimal,
    remixes: Mapping[str, str],
) -> SceneRead:
    """A scene as it is shown.

    Args:
        spent: what its takes have cost.
        remixes: how each remixed take was made, by its id.
    """
    return SceneRead.model_construct(
        id=scene.id,
        project_id=scene.project_id,
        order=scene.order,
        start_time=scene.start_time,
        end_time=scene.end_time,
        start_frame=scene.start_frame,
        end_frame=scene.end_frame,
        scene_type=scene.scene_type,
        section=scene.section,
        section_type=scene.section_type,
        mood=scene.mood,
        lyrics=scene.lyrics,
        energy=scene.energy,
        idea=scene.idea,
        shot=scene.shot or None,
        why=scene.why,
        prompt=plan.prompt,
        prompt_edited=scene.prompt_override is not None,
        sora_size=plan.size,
        clip_seconds=plan.seconds,
        character_ids=scene.character_ids,
        status=scene.status,
        selected_version_id=scene.selected_version_id,
        vocal_segment_asset_id=scene.vocal_segment_asset_id,
        vocal_segment_url=who.media(scene.vocal_segment_asset_id),
        lip_sync_enabled=scene.lip_sync_enabled,
        lip_sync_method=scene.lip_sync_method,
        mouth_visibility_score=scene.mouth_visibility_score,
        estimated_cost_usd=plan.usd,
        actual_cost_usd=spent,
        versions=[
            version_view(who, scene, version, plan.fingerprint, remixes.get(version.id))
            for version in versions
        ],
        revision=scene.revision,
        created_at=scene.created_at,
        updated_at=scene.updated_at,
    )


def version_view(
    who: Caller, scene: Scene, version: SceneVersion, plan_print: str, remix_mode: str | None
) -> VersionRead:
    """A take as it is shown; ``plan_print`` is the fingerprint of what would be sent now."""
    clip = who.media(version.clip_key)
    final = who.media(final_key(scene, version))
    lips = version.lip_sync
    return VersionRead.model_construct(
        id=version.id,
        scene_id=version.scene_id,
        take=version.take,
        kind=version.kind,
        source_version_id=version.source_version_id,
        remix_mode=remix_mode,
        prompt=version.prompt,
        model=version.model,
        size=version.size,
        seconds=version.seconds,
        seed=version.seed,
        status=version.status,
        error=version.error,
        sora_clip_id=version.sora_clip_id,
        sora_clip_url=clip,
        final_video_url=final,
        url=final or clip,
        thumbnail_url=who.media(version.thumbnail_key),
        lip_sync=None if lips is None else lip_sync_view(lips),
        character_consistency_score=version.character_consistency_score,
        mouth_visibility_score=version.mouth_visibility_score,
        quality_score=version.quality_score,
        user_score=version.user_score,
        auto_scores=_scores(version.auto_scores),
        is_selected=version.is_selected,
        selected_at=version.selected_at,
        outdated=version.kind == "generated" and version.plan_fingerprint != plan_print,
        in_point=version.in_point,
        notes=version.notes,
        revision=version.revision,
        created_at=version.created_at,
        completed_at=version.completed_at,
    )


def final_key(scene: Scene, version: SceneVersion) -> str | None:
    """The media that the cut will use; None while lip-sync may still replace it."""
    synced = (version.lip_sync or {}).get("key")
    if synced:
        return str(synced)
    wanted = scene.scene_type == "performance" and scene.lip_sync_enabled
    if wanted and version.lip_sync is None:
        return None
    key = (version.mezzanine or {}).get("key")
    return None if key is None else str(key)


def lip_sync_view(lips: Mapping[str, Any]) -> LipSync:
    """Whether a mouth was moved."""
    return LipSync(
        applied=bool(lips.get("applied")),
        reason=lips.get("reason") or None,
        method=lips.get("method"),
    )


def _scores(auto: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(auto[name]) for name in SCORES if isinstance(auto.get(name), int | float)}
