"""How far projects are, from a few grouped queries for any number of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.projects.freshness import Standing, standing_of
from musicapp_pipeline.api.projects.schemas import Progress, SceneCounts, Stages, StageState
from musicapp_pipeline.generation import states
from musicapp_pipeline.store import jobs
from musicapp_pipeline.store.models import GenerationAttempt, ProcessingJob, Scene, Storyboard

WEIGHTS = {"analysis": 0.15, "generation": 0.6, "selection": 0.1, "export": 0.15}
ZERO = Decimal(0)


@dataclass
class Facts:
    """What is known of one project beside its row."""

    spent: Decimal = ZERO
    held: Decimal = ZERO
    planned: bool = False
    scenes: dict[str, int] = field(default_factory=dict)
    selected: int = 0
    jobs: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The newest job of each type: status and progress."""
    standing: Standing = field(default_factory=Standing)

    def progress(self) -> Progress:
        """Stages and scenes as one picture."""
        counts = SceneCounts(total=sum(self.scenes.values()), selected=self.selected, **self.scenes)
        stages = self._stages(counts)
        total = counts.total or 1
        shares = {
            "analysis": self._share("analyze_audio", stages.analysis),
            "generation": counts.completed / total,
            "selection": counts.selected / total,
            "export": self._share("stitch_final", stages.export),
        }
        done = sum(WEIGHTS[name] * share for name, share in shares.items())
        return Progress(
            stage=_current(stages), fraction=round(done, 4), stages=stages, scenes=counts
        )

    def _stages(self, counts: SceneCounts) -> Stages:
        all_made = counts.total > 0 and counts.completed == counts.total
        generation: StageState = "completed" if all_made else "pending"
        if counts.generating:
            generation = "running"
        elif counts.failed:
            generation = "failed"
        elif counts.completed and not all_made:
            generation = "running"
        chosen = counts.total > 0 and counts.selected == counts.total
        selection: StageState = "completed" if chosen else "pending"
        if counts.selected and not chosen:
            selection = "running"
        heard = self.planned and self.standing.heard
        return Stages(
            analysis="completed" if heard else self._of_job("analyze_audio", self.standing.heard),
            generation=generation,
            selection=selection,
            export=self._of_job("stitch_final", self.standing.shown),
        )

    def _share(self, type_: str, state: StageState) -> float:
        if state == "completed":
            return 1.0
        return self.jobs[type_][1] if state == "running" else 0.0

    def _of_job(self, type_: str, valid: bool) -> StageState:
        """The state of the newest job; what it made counts only as long as it is ``valid``."""
        status, _ = self.jobs.get(type_, ("", 0.0))
        if status == "completed" and not valid:
            return "pending"
        by_status: dict[str, StageState] = {
            "queued": "running",
            "running": "running",
            "completed": "completed",
            "failed": "failed",
        }
        return by_status.get(status, "pending")


def facts_of(session: Session, project_ids: Sequence[str]) -> dict[str, Facts]:
    """Facts of each project, in a handful of queries however many there are."""
    out: dict[str, Facts] = defaultdict(Facts)
    _money(session, project_ids, out)
    for project_id, standing in standing_of(session, project_ids).items():
        out[project_id].standing = standing
    planned = select(Storyboard.project_id).where(
        Storyboard.project_id.in_(project_ids), Storyboard.planned.is_(True)
    )
    for project_id in session.scalars(planned):
        out[project_id].planned = True
    counts = (
        select(Scene.project_id, Scene.status, func.count(), func.count(Scene.selected_version_id))
        .where(Scene.project_id.in_(project_ids), Scene.archived_at.is_(None))
        .group_by(Scene.project_id, Scene.status)
    )
    for project_id, status, count, selected in session.execute(counts):
        out[project_id].scenes[status] = count
        out[project_id].selected += selected
    newest = (
        select(
            ProcessingJob.project_id,
            ProcessingJob.type,
            ProcessingJob.status,
            ProcessingJob.progress,
        )
        .where(
            ProcessingJob.project_id.in_(project_ids),
            ProcessingJob.type.in_(("analyze_audio", "stitch_final")),
        )
        .order_by(ProcessingJob.created_at)
    )
    for project_id, type_, status, progress in session.execute(newest):
        out[project_id].jobs[type_] = (status, 0.0 if status in jobs.ENDED[1:] else progress)
    return out


def _money(session: Session, project_ids: Sequence[str], out: dict[str, Facts]) -> None:
    sums = (
        select(
            GenerationAttempt.project_id,
            GenerationAttempt.simulated,
            GenerationAttempt.state,
            func.coalesce(func.sum(GenerationAttempt.settled_usd), 0),
            func.coalesce(
                func.sum(GenerationAttempt.reserved_usd).filter(
                    GenerationAttempt.settled_usd.is_(None)
                ),
                0,
            ),
        )
        .where(GenerationAttempt.project_id.in_(project_ids), GenerationAttempt.state != "released")
        .group_by(
            GenerationAttempt.project_id, GenerationAttempt.simulated, GenerationAttempt.state
        )
    )
    rows = session.execute(sums).all()
    paid = {row.project_id for row in rows if not row.simulated}
    for project_id, simulated, state, settled, reserved in rows:
        if simulated and project_id in paid:
            continue  # see generation.simulated
        out[project_id].spent += settled or ZERO
        if state in states.HOLDING:
            out[project_id].held += reserved or ZERO


def _current(stages: Stages) -> str:
    order = ("analysis", "generation", "selection", "export")
    if all(getattr(stages, name) == "pending" for name in order):
        return "created"
    for name in order:
        if getattr(stages, name) != "completed":
            return name
    return "done"
