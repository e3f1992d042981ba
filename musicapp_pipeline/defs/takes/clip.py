"""The provider's media for a take: arrived, checked, recorded."""

from typing import Any

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.stage import Task
from musicapp_pipeline.defs.takes.waiting import wait_for_take
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.store import takes
from musicapp_pipeline.store.artifacts import Made
from musicapp_pipeline.store.errors import Conflict
from musicapp_pipeline.store.media import sha256_file
from musicapp_pipeline.store.models import SceneVersion


class NoClip(MusicAppError):
    """The take ended without a clip."""

    code = "no_clip"


def inputs(session: Session, bench: Workbench, key: str) -> Any:
    """A completed take is immutable: only its own media count."""
    version = takes.by_key(session, key)
    return {"sha256": version.clip_sha256 if version else None}


def make(task: Task) -> Made:
    """Verify what the dispatcher brought; nothing is bought here."""
    version = wait_for_take(task)
    if version.clip_key is None:
        error = version.error or {}
        raise NoClip(
            f"take {version.take} is {version.status}: {error.get('message', 'it has no clip')}",
            field="take",
            value=task.key,
        )
    path = task.bench.media.fetch(version.clip_key)
    found = sha256_file(path)
    if found != version.clip_sha256:
        raise Conflict(
            f"the stored clip of {task.key} has changed since it was received",
            field="clip",
            value=found,
            allowed=version.clip_sha256,
        )
    with task.bench.database.write() as session:
        row = takes.get(session, version.id)
        if row.status == "landed":
            takes.set_status(session, row, "completed")
        attempts = ledger.attempts_of(session, row.id)
        cost = sum((a.settled_usd or 0 for a in attempts), start=0)
    return Made(
        data_version=found[:24], media_key=version.clip_key, details={"shown": _shown(row, cost)}
    )


def _shown(version: SceneVersion, cost: Any) -> dict[str, Any]:
    return {
        "take": version.take,
        "prompt": version.prompt,
        "model": version.model,
        "seconds": version.seconds,
        "size": version.size,
        "cost_usd": float(cost),
        "provider_id": version.sora_clip_id or "",
    }
