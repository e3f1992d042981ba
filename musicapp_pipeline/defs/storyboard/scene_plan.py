"""One scene's plan: prompt, clip, reference, price."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.generation.takeplan import TakePlan, plan_take
from musicapp_pipeline.store import projects, scenes
from musicapp_pipeline.store.artifacts import Made


def plan_of(session: Session, bench: Workbench, key: str) -> TakePlan:
    """What would be sent for a scene now."""
    project_id, scene_id = key.split("/")
    project = projects.get(session, project_id)
    scene = scenes.get(session, scene_id, project_id=project_id)
    return plan_take(session, project, scene, bench.capabilities(project.sora_model))


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    return plan_of(session, bench, key).fingerprint


def make(task: Task) -> Made:
    """Recorded so that takes made from another plan show as outdated."""
    with task.bench.database.write() as session:
        plan = plan_of(session, task.bench, task.key)
        if plan.refused is not None:
            raise plan.refused
        scene = scenes.get(session, task.scene_id)
        scene.sora_size = plan.size
        scene.estimated_cost_usd = plan.usd or scene.estimated_cost_usd
        shown = {
            "scene": f"{scene.order}: {scene.scene_type}, {scene.section or 'no section'}",
            "why": scene.why,
            "seconds": round(scene.end_time - scene.start_time, 3),
            "clip_seconds": plan.seconds,
            "frames": scene.frames,
            "size": plan.size,
            "estimated_cost_usd": float(plan.usd) if plan.usd is not None else "unknown",
            "prompt": plan.prompt,
            "revision": scene.plan_revision,
        }
    return Made(data_version=plan.fingerprint, details={"shown": shown})


def again(task: Task) -> None:
    """A person ran an unchanged plan again: a new revision, so its takes show as outdated."""
    with task.bench.database.write() as session:
        scene = scenes.get(session, task.scene_id)
        if scene.plan_run != task.root_run_id:  # a retried run asks once
            scene.plan_revision += 1
            scene.plan_run = task.root_run_id
