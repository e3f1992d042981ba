"""Conform a take's clip to the scene's exact frames: what is stitched."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.making import MissingUpstream, version_of
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.generation.port import parse_size
from musicapp_pipeline.store import artifacts, projects, scenes, takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.models import Project, Scene, SceneVersion

HEAD, TAIL = 6, 12
"""Handles in frames, where the clip has them: the tail comes first, then up to six head frames."""
TARGET = {"landscape": (1280, 720), "portrait": (720, 1280)}


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    project_id, scene_id, _ = key.split("/")
    project = projects.get(session, project_id)
    scene = scenes.get(session, scene_id)
    version = takes.by_key(session, key)
    return {
        "clip": version_of(session, "clip", key),
        "frames": scene.frames,
        "in_point": version.in_point if version else 0,
        "fps": project.fps,
        "size": target_size(project, scene),
    }


def target_size(project: Project, scene: Scene) -> tuple[int, int]:
    """All mezzanines of a project are equal in size, or they could not be stitched by copy."""
    width, height = parse_size(scene.sora_size)
    return (width, height) if (width, height) in _SIZES else TARGET[project.format]


_SIZES = {(1280, 720), (720, 1280), (1920, 1080), (1080, 1920)}


def make(task: Task) -> Made:
    """Conform, thumbnail, score."""
    from musicapp_pipeline.assembly.conform import conform
    from musicapp_pipeline.assembly.model import MezzanineSpec
    from musicapp_pipeline.assembly.quality import quality_score
    from musicapp_pipeline.media.pictures import thumbnail

    bench = task.bench
    with bench.database.read() as session:
        project = projects.get(session, task.project_id)
        scene = scenes.get(session, task.scene_id)
        version = takes.by_key(session, task.key)
        print_ = artifacts.fingerprint(inputs(session, bench, task.key))
    if version is None or version.clip_key is None:
        raise MissingUpstream("clip", task.key)
    width, height = target_size(project, scene)
    spec = MezzanineSpec(
        fps=projects.fps_of(project),
        width=width,
        height=height,
        in_frame=version.in_point,
        frames=scene.frames,
        head_handle=HEAD,
        tail_handle=TAIL,
    )
    base = f"projects/{task.key}/mezzanine-{print_}"
    task.report(0.05, "conforming to the cut")

    def frames_done(done: int) -> None:
        total = spec.frames + HEAD + TAIL
        task.report(0.05 + 0.7 * min(done / total, 1), f"conforming, frame {done}")

    clip = bench.media.fetch(version.clip_key)
    with bench.media.writing(f"{base}.mp4") as path:
        mezzanine = conform(clip, path, spec, on_frames=frames_done, cancelled=task.cancelled)
    path = bench.media.fetch(f"{base}.mp4")
    with bench.media.writing(f"{base}.jpg") as picture:
        thumbnail(path, mezzanine.head + mezzanine.frames // 2, picture)
    task.report(0.85, "looking at the picture")
    quality = quality_score(path)
    facts = {
        "key": f"{base}.mp4",
        "frames": mezzanine.frames,
        "head": mezzanine.head,
        "tail": mezzanine.tail,
        "width": width,
        "height": height,
    }
    with bench.database.write() as session:
        row = takes.get(session, version.id)
        _record(row, facts, f"{base}.jpg", quality.score)
    return Made(
        data_version=print_,
        media_key=f"{base}.mp4",
        details={
            **facts,
            "pictures": {"thumbnail": f"{base}.jpg"},
            "shown": {**facts, "quality_score": quality.score},
        },
    )


def _record(version: SceneVersion, facts: dict[str, Any], picture: str, score: float) -> None:
    version.mezzanine = facts
    version.thumbnail_key = picture
    version.auto_scores = {**version.auto_scores, "qualityScore": round(score, 4)}
    if version.quality_score is None:
        version.quality_score = round(score, 4)
    version.revision += 1
