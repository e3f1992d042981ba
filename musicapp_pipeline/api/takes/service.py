"""What happens to takes."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay
from musicapp_pipeline.api.jobs import service as jobs_service
from musicapp_pipeline.api.scenes.plans import plans_of
from musicapp_pipeline.api.scenes.queries import remix_modes
from musicapp_pipeline.api.scenes.schemas import VersionRead
from musicapp_pipeline.api.scenes.views import version_view
from musicapp_pipeline.api.takes.schemas import (
    Generating,
    PromptDiffRead,
    PromptStretch,
    Rating,
    Remixing,
    Resolution,
)
from musicapp_pipeline.generation import ledger, resolving
from musicapp_pipeline.generation.admission import Admitted, admit, remix
from musicapp_pipeline.store import events, scenes, takes
from musicapp_pipeline.store.models import (
    Project,
    Scene,
    SceneVersion,
)
from musicapp_pipeline.storyboard.diff import prompt_diff

RATED = {
    "quality_score": ("quality_score", "qualityScore"),
    "character_consistency": ("character_consistency_score", "characterConsistency"),
    "mouth_visibility": ("mouth_visibility_score", "mouthVisibility"),
}
"""Field of a rating: column, and the name of the measured value that is kept beside it."""
EMULATED = (
    "the provider has no remix for this take: it is generated anew from the revised prompt and the"
    " take's first picture, so more than what you named may look different"
)


def generate(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    wanted: Sequence[tuple[Scene, int]],
) -> Generating:
    """Queue takes: rows, reservations and jobs at once, or nothing.

    Raises:
        OverBudget, UnknownPrice, NoProvider
    """
    made = admit(session, project, wanted, context.buying(), with_jobs=True)
    opened = [item.job for item in made if item.job is not None]
    return Generating(
        job_ids=[job.id for job in opened],
        jobs=jobs_service.read_all(session, context, who, opened),
        versions=views(session, context, who, project, [item.version for item in made]),
        reserved_usd=_reserved(made),
        remaining_usd=_remaining(session, project),
    )


def to_generate(session: Session, project: Project) -> list[Scene]:
    """The scenes that are generated when none is named.

    Raises:
        InTheWay: the project has no scenes at all.
    """
    rows = scenes.of_project(session, project.id)
    if not rows:
        raise InTheWay(
            "there are no scenes to generate; generate the storyboard first", field="scenes"
        )
    return without_takes(session, project, rows)


def without_takes(session: Session, project: Project, rows: Sequence[Scene]) -> list[Scene]:
    """Those for which nothing was asked yet, or nothing that came."""
    busy = set(
        session.scalars(
            select(SceneVersion.scene_id)
            .where(
                SceneVersion.project_id == project.id,
                SceneVersion.status.not_in(("failed", "cancelled")),
            )
            .distinct()
        )
    )
    return [scene for scene in rows if scene.id not in busy]


def remix_take(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    source: SceneVersion,
    prompt: str,
) -> Remixing:
    """Queue a variation of a take.

    Raises:
        BadSource, OverBudget, UnknownPrice, NoProvider
    """
    made = remix(session, project, source, prompt, context.buying(), with_job=True)
    assert made.job is not None
    emulated = made.attempt.remix_mode != "native"
    return Remixing(
        job_id=made.job.id,
        job=jobs_service.read(session, context, who, made.job),
        version=view(session, context, who, project, made.version),
        emulated=emulated,
        warnings=[EMULATED] if emulated else [],
        reserved_usd=_reserved([made]),
        remaining_usd=_remaining(session, project),
    )


def select_take(session: Session, scene: Scene, version: SceneVersion) -> None:
    """Let a take stand for its scene; choosing the chosen one again changes nothing.

    Raises:
        Conflict: the take is not completed.
    """
    before = [v for v in takes.of_scene(session, scene.id) if v.is_selected]
    if before == [version] and scene.selected_version_id == version.id:
        return
    takes.select_version(session, scene, version)
    for shown_anew in (*before, version):
        shown_anew.revision += 1
    session.flush()


def rate(session: Session, version: SceneVersion, body: Rating) -> None:
    """Write a person's scores over the measured ones, which are kept beside them."""
    changes = body.changes()
    auto = dict(version.auto_scores)
    by_person = set(auto.get("byPerson", ()))
    for name, (column, measured) in RATED.items():
        if name not in changes:
            continue
        value = changes[name]
        present = getattr(version, column)
        if measured not in by_person and present is not None:
            auto.setdefault(measured, present)
        by_person.discard(measured)
        if value is not None:
            by_person.add(measured)
        setattr(version, column, auto.get(measured) if value is None else value)
    if "user_score" in changes:
        version.user_score = changes["user_score"]
    if "notes" in changes:
        version.notes = changes["notes"]
    version.auto_scores = {**auto, "byPerson": sorted(by_person)}
    tell(session, version)


def tell(session: Session, version: SceneVersion) -> None:
    """A take was changed by a person."""
    version.revision += 1
    session.flush()
    events.tell(
        session,
        version.project_id,
        "version",
        id=version.id,
        sceneId=version.scene_id,
        take=version.take,
        status=version.status,
    )


def resolve(session: Session, version: SceneVersion, body: Resolution) -> None:
    """Clear up whether a take was bought, or have a paid clip fetched again.

    Raises:
        NothingToResolve, JobOfAnotherTake
    """
    if body.outcome == "not_charged":
        resolving.not_charged(session, version.id, body.note)
    elif body.outcome == "charged":
        resolving.charged(session, version.id, body.note)
    elif body.outcome == "fetch_again":
        resolving.fetch_again(session, version.id)
    else:
        assert body.sora_clip_id is not None
        resolving.attach(session, version.id, body.sora_clip_id)


def view(
    session: Session, context: AppContext, who: Caller, project: Project, version: SceneVersion
) -> VersionRead:
    """A take as it is shown."""
    return views(session, context, who, project, [version])[0]


def views(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    versions: Sequence[SceneVersion],
) -> list[VersionRead]:
    """Takes as they are shown."""
    rows = {v.scene_id: scenes.get(session, v.scene_id) for v in versions}
    plans = plans_of(session, context, project, list(rows.values()))
    modes = remix_modes(session, project.id)
    return [
        version_view(who, rows[v.scene_id], v, plans[v.scene_id].fingerprint, modes.get(v.id))
        for v in versions
    ]


def prompt_changes(
    session: Session, context: AppContext, who: Caller, project: Project, version: SceneVersion
) -> PromptDiffRead:
    """What would be sent for the scene now, beside what this take was made from.

    Raises:
        InTheWay: nothing can be sent now.
    """
    scene = scenes.get(session, version.scene_id)
    plan = plans_of(session, context, project, [scene])[scene.id]
    if plan.refused is not None:
        raise InTheWay(f"there is no prompt now: {plan.refused.message}", field="prompt")
    diff = prompt_diff(version.prompt, plan.prompt)
    return PromptDiffRead(
        version_id=version.id,
        outdated=version_view(who, scene, version, plan.fingerprint, None).outdated,
        before=version.prompt,
        after=plan.prompt,
        summary=[x.removeprefix("- ") for x in diff.summary().splitlines()] if diff.changed else [],
        changes=[PromptStretch(kind=x.kind, before=x.before, after=x.after) for x in diff.changes],
    )


def _reserved(made: Sequence[Admitted]) -> Decimal:
    return sum((item.attempt.reserved_usd for item in made), Decimal(0))


def _remaining(session: Session, project: Project) -> Decimal:
    left = project.budget_cap_usd - ledger.committed(session, project.id)
    return max(left, Decimal(0))
