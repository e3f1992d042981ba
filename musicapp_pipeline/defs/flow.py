"""What a project needs next on its way to a final cut.

The command line runs these wants in its own process; the autopilot sensor turns them into runs.
Asking again after each step is cheap and makes every interruption harmless: what is done is found
done.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from musicapp_pipeline.defs.bench import Workbench
from musicapp_pipeline.defs.lips.lip_synced_clip import wanted as wants_lips
from musicapp_pipeline.defs.stage import Stage
from musicapp_pipeline.defs.stages import (
    BY_NAME,
    CLIP,
    CUTTING,
    HEARING,
    LIP_SYNCED_CLIP,
    LYRIC_ALIGNMENT,
    MEZZANINE,
    SCENE_PLAN,
    SELECTED_TAKE,
    TAKING,
    VOCAL_SEGMENT,
    VOICING,
)
from musicapp_pipeline.defs.storyboard.scene_plan import plan_of
from musicapp_pipeline.errors import MusicAppError
from musicapp_pipeline.generation import ledger
from musicapp_pipeline.generation.absence import WITHDRAWN
from musicapp_pipeline.generation.errors import Refused
from musicapp_pipeline.generation.simulated import simulated_takes
from musicapp_pipeline.store import scenes, takes
from musicapp_pipeline.store.models import Scene, SceneVersion


@dataclass(frozen=True)
class Wanted:
    """Assets of one level to be made for some partitions."""

    assets: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Next:
    """What can be done now.

    ``admit`` are scenes and how many more takes each wants; ``select`` the scenes whose takes have
    all ended and of which none is chosen; ``waiting`` takes are with the provider.
    """

    runs: tuple[Wanted, ...] = ()
    admit: tuple[tuple[str, int], ...] = ()
    select: tuple[str, ...] = ()
    waiting: int = 0
    failed: tuple[str, ...] = field(default=())
    """Scenes of which no take can be used."""

    @property
    def finished(self) -> bool:
        return not (self.runs or self.admit or self.select or self.waiting or self.failed)


def next_steps(
    session: Session,
    bench: Workbench,
    project_id: str,
    wanted_takes: int,
    asked_at: datetime | None = None,
    away: Set[str] = frozenset(),
) -> Next:
    """Everything that can be done for a project now.

    Args:
        asked_at: when somebody last asked for the film. Takes that were turned down before, without
            ever reaching the provider, are then made anew: what stood in their way (a key, an
            address, an empty account) may have been put right. Those that cost something or were
            refused for what they show stay, and are a person's to ask for again.
        away: ids of takes that are not waited for, because nobody can ask their provider.
    """
    if any(BY_NAME[name].current(session, bench, project_id) is None for name in HEARING):
        return Next(runs=(Wanted(HEARING, (project_id,)),))
    rows = scenes.of_project(session, project_id, versions=True)
    keys = [scene.key for scene in rows]
    unplanned = _outdated(session, bench, SCENE_PLAN, keys)
    if unplanned:
        return Next(runs=(Wanted(("scene_plan",), tuple(unplanned)),))
    runs: list[Wanted] = []
    admit, select, failed, waiting = [], [], [], 0
    unconformed: list[str] = []
    for scene in rows:
        usable = [
            v
            for v in fresh_takes(session, bench, scene)
            if asked_at is None or not _never_sent(session, v, asked_at)
        ]
        here = [v for v in usable if v.id not in away]
        waiting += sum(v.status in ("queued", "generating") for v in here)
        unconformed += [
            v.key
            for v in usable
            if v.status in ("landed", "completed")
            and (
                v.status == "landed"
                or CLIP.current(session, bench, v.key) is None
                or MEZZANINE.current(session, bench, v.key) is None
            )
        ]
        gone = [v for v in here if v.status in ("failed", "cancelled", "unknown", "stuck")]
        missing = wanted_takes - len(usable)
        chosen = any(v.is_selected for v in usable)
        if missing > 0:
            admit.append((scene.id, missing))
        elif len(gone) == len(here) and not chosen:
            failed.append(scene.id)
        elif not chosen and _all_made(session, bench, here):
            select.append(scene.id)
    if unconformed:
        runs.append(Wanted(TAKING, tuple(unconformed)))
    voiced = [s.key for s in rows if wants_lips(s)]
    unvoiced = [
        k
        for k in voiced
        if VOCAL_SEGMENT.current(session, bench, k) is None
        or LYRIC_ALIGNMENT.current(session, bench, k) is None
    ]
    if unvoiced:
        runs.append(Wanted(VOICING, tuple(unvoiced)))
    if not (runs or admit or select or waiting or failed):
        runs += _finishing(session, bench, project_id, rows)
    return Next(tuple(runs), tuple(admit), tuple(select), waiting, tuple(failed))


def fresh_takes(session: Session, bench: Workbench, scene: Scene) -> list[SceneVersion]:
    """The scene's takes that count: made from today's plan, or chosen by a person; not what the
    mock drew, once a real provider is in use."""
    plan = plan_of(session, bench, scene.key)
    drawn = set() if draws(bench) else simulated_takes(session, scene.id)
    return [
        v
        for v in takes.of_scene(session, scene.id)
        if v.plan_fingerprint == plan.fingerprint or v.is_selected or v.kind == "external"
        if v.id not in drawn
    ]


def draws(bench: Workbench) -> bool:
    """Whether takes are drawn here, for nothing; what exists counts also where none can be made."""
    try:
        return bench.provider.name == "mock"
    except MusicAppError:
        return True


def _never_sent(session: Session, version: SceneVersion, before: datetime) -> bool:
    """Whether a take ended without its request ever having been taken, before a moment."""
    if version.status != "failed" or version.updated_at >= before:
        return False
    attempts = ledger.attempts_of(session, version.id)
    code = (version.error or {}).get("code")
    if code == WITHDRAWN:
        return True  # another try of it was about to be sent
    refused = code == Refused.code
    never = all(a.state == "released" and a.provider_job_id is None for a in attempts)
    return bool(attempts) and never and not refused


def best_take(versions: Sequence[SceneVersion]) -> SceneVersion | None:
    """The automatic choice: best score, a person's rating first, the earlier take on a tie."""
    usable = [v for v in versions if v.status == "completed" and v.mezzanine]
    return max(
        usable,
        key=lambda v: (v.user_score or 0.0, v.quality_score or 0.0, -v.take),
        default=None,
    )


def _all_made(session: Session, bench: Workbench, versions: Sequence[SceneVersion]) -> bool:
    done = [v for v in versions if v.status == "completed"]
    # One that is in doubt or late is nobody's to wait for: it may be a person's for ever.
    pending = [v for v in versions if v.status in takes.UNDER_WAY]
    made = all(MEZZANINE.current(session, bench, v.key) is not None for v in done)
    return bool(done) and not pending and made


def _finishing(
    session: Session, bench: Workbench, project_id: str, rows: Sequence[Scene]
) -> list[Wanted]:
    chosen = [takes.get(session, s.selected_version_id) for s in rows if s.selected_version_id]
    singing = {s.id for s in rows if wants_lips(s)}
    unsynced = [
        v.key
        for v in chosen
        if v.scene_id in singing and LIP_SYNCED_CLIP.current(session, bench, v.key) is None
    ]
    if unsynced:
        return [Wanted(("lip_synced_clip",), tuple(unsynced))]
    unrecorded = _outdated(session, bench, SELECTED_TAKE, [s.key for s in rows])
    if unrecorded:
        return [Wanted(("selected_take",), tuple(unrecorded))]
    if any(BY_NAME[name].current(session, bench, project_id) is None for name in CUTTING):
        return [Wanted(CUTTING, (project_id,))]
    return []


def _outdated(session: Session, bench: Workbench, stage: Stage, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if stage.current(session, bench, key) is None]
