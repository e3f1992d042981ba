"""What happens to projects."""

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from musicapp_pipeline.api.access.caller import Caller
from musicapp_pipeline.api.context import AppContext
from musicapp_pipeline.api.errors import InTheWay, Invalid
from musicapp_pipeline.api.jobs.queries import open_jobs
from musicapp_pipeline.api.jobs.service import ask_to_stop
from musicapp_pipeline.api.kit.etags import check_match
from musicapp_pipeline.api.projects.progress import Facts, facts_of
from musicapp_pipeline.api.projects.schemas import (
    ProjectCreate,
    ProjectRead,
    ProjectSummary,
    ProjectUpdate,
    fps_number,
)
from musicapp_pipeline.api.scenes.plans import plans_of
from musicapp_pipeline.api.uploads.sources import source_of
from musicapp_pipeline.generation.errors import UnknownModel
from musicapp_pipeline.store import events, projects, scenes
from musicapp_pipeline.store.models import Project, Scene
from musicapp_pipeline.store.projects import NewProject
from musicapp_pipeline.storyboard.costs import estimate_project

MEASURED_DIFFERS = 0.05
"""Seconds between declared and measured length that are worth a word."""


def create(
    session: Session,
    context: AppContext,
    who: Caller,
    body: ProjectCreate,
    own_hosts: Collection[str],
) -> Project:
    """A project of the caller's; outside addresses are fetched when they are needed."""
    clip_seconds = _clip_seconds(context, body)
    _check_model(context, body.sora_model, clip_seconds)
    _check_style(body.style_preset)
    audio = source_of(
        session, context, who, body.audio_url, ("audio",), field="audioUrl", own_hosts=own_hosts
    )
    stem = None
    if body.vocal_stem_url is not None:
        stem = source_of(
            session,
            context,
            who,
            body.vocal_stem_url,
            ("audio",),
            field="vocalStemUrl",
            own_hosts=own_hosts,
        )
    fields = body.model_dump() | {
        "audio_url": audio.url,
        "vocal_stem_url": stem.url if stem else None,
        "clip_seconds": clip_seconds,
    }
    return projects.create(
        session,
        NewProject(**fields),
        owner=who.owner,
        audio_key=audio.key,
        vocal_stem_key=stem.key if stem else None,
    )


def update(
    session: Session,
    context: AppContext,
    who: Caller,
    project: Project,
    body: ProjectUpdate,
    if_match: str | None,
    own_hosts: Collection[str],
) -> None:
    """Change what was sent; ``project`` is locked."""
    check_match(if_match, project.revision)
    changes = body.changes()
    fields = _checked_fields(project, changes)
    _check_model(context, fields["sora_model"], fields["clip_seconds"])
    _check_style(fields["style_preset"])
    if fields["fps"] != project.fps and scenes.of_project(session, project.id):
        raise InTheWay(
            "the frame rate cannot change once there are scenes: their cuts are frames of the"
            " present rate; make a new project for another rate",
            field="fps",
            value=str(body.fps),
            allowed=project.fps,
        )
    for url, key, field in (
        ("audio_url", "audio_key", "audioUrl"),
        ("vocal_stem_url", "vocal_stem_key", "vocalStemUrl"),
    ):
        if url in changes and changes[url] is not None:
            source = source_of(
                session,
                context,
                who,
                changes[url],
                ("audio",),
                field=field,
                own_hosts=own_hosts,
            )
            if source.url != getattr(project, url):
                setattr(project, url, source.url)
                setattr(project, key, source.key)
        elif url in changes:
            setattr(project, url, None)
            setattr(project, key, None)
    for name in changes.keys() - {"audio_url", "vocal_stem_url"}:
        if getattr(project, name) != fields[name]:
            setattr(project, name, fields[name])
    if not session.is_modified(project):
        return  # another tab's edit must not fail for nothing
    project.revision += 1
    events.tell(session, project.id, "project", id=project.id)
    session.flush()


def _checked_fields(project: Project, changes: dict[str, Any]) -> dict[str, Any]:
    """The project's fields with the changes, by the same rules as at its creation."""
    present = {name: getattr(project, name) for name in NewProject.model_fields}
    present["duration"] = project.declared_duration
    try:
        return NewProject.model_validate(present | changes).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(
            f"{first['loc'][0]}: {first['msg']}",
            field=str(first["loc"][0]),
            value=first.get("input"),
        ) from error


def archive(session: Session, project: Project) -> list[str]:
    """Hide a project and stop its open jobs.

    Returns:
        Runs that have not begun and need not any more.
    """
    runs = [run for job in open_jobs(session, project.id) if (run := ask_to_stop(session, job))]
    projects.archive(session, project)
    return runs


def read(session: Session, context: AppContext, who: Caller, project: Project) -> ProjectRead:
    """A project as it is shown."""
    facts = facts_of(session, [project.id]).get(project.id, Facts())
    rows = scenes.of_project(session, project.id)
    plans = plans_of(session, context, project, rows)
    costs = [plan.usd for plan in plans.values() if plan.usd is not None]
    estimate = estimate_project(costs)
    remaining = max(project.budget_cap_usd - facts.spent - facts.held, facts.spent * 0)
    too_long = [row for row in rows if plans[row.id].holds < plans[row.id].frames]
    return ProjectRead(
        **_common(project, facts),
        audio_url=who.followable(project.audio_url),
        declared_duration=project.declared_duration,
        clip_seconds=project.clip_seconds,
        performance_density=project.performance_density,
        held_usd=facts.held,
        remaining_usd=remaining,
        estimated_cost_usd=estimate,
        lyrics=project.lyrics,
        style_preset=project.style_preset,
        style_prefix=project.style_prefix,
        fps=fps_number(project.fps),
        seed=project.seed,
        vocal_stem_url=who.followable(project.vocal_stem_url),
        warnings=_outdated(facts)
        + _uncovered(project, too_long)
        + _beyond_cap(project, facts)
        + _warnings(
            project,
            estimate > project.budget_cap_usd,
            (context.no_price if len(costs) < len(rows) else context.hindrance)(project.sora_model),
        ),
        events_url=who.address(f"/api/projects/{project.id}/events"),
        revision=project.revision,
    )


def summaries(session: Session, rows: list[Project]) -> list[ProjectSummary]:
    """Projects as they are listed."""
    facts = facts_of(session, [row.id for row in rows])
    return [ProjectSummary(**_common(row, facts.get(row.id, Facts()))) for row in rows]


def _common(project: Project, facts: Facts) -> dict[str, Any]:
    return {
        "id": project.id,
        "title": project.title,
        "duration": project.duration,
        "format": project.format,
        "sora_model": project.sora_model,
        "budget_cap_usd": project.budget_cap_usd,
        "actual_cost_usd": facts.spent,
        "progress": facts.progress(),
        "created_at": project.created_at,
        "updated_at": project.updated_at,
    }


def _outdated(facts: Facts) -> list[str]:
    out = []
    if not facts.standing.heard:
        out.append(
            "audioUrl names another song than the one that was heard: duration, beats and scenes"
            " are still the former's; generate the storyboard again"
        )
    if not facts.standing.shown:
        out.append("the last export does not show the present takes and cuts; export again")
    return out


def _beyond_cap(project: Project, facts: Facts) -> list[str]:
    """A cap that was lowered under what is already promised."""
    committed = facts.spent + facts.held
    if committed <= project.budget_cap_usd:
        return []
    told = f"${committed:.2f} is spent or held already, more than budgetCapUsd"
    told += f" (${project.budget_cap_usd:.2f}), so nothing more can be bought"
    if facts.held:
        told += (
            f"; takes hold ${facts.held:.2f} of it: those that the provider has are still made,"
            " those that wait and do not fit are not sent"
        )
    return [told]


def _uncovered(project: Project, too_long: list[Scene]) -> list[str]:
    if not too_long:
        return []
    named = ", ".join(f"{scene.order} ({scene.id})" for scene in too_long)
    return [
        f"clips of {project.clip_seconds} s do not cover scene {named}, so no take of"
        f" {'it' if len(too_long) == 1 else 'them'} can be bought; generate the storyboard again"
        " (scenes with takes keep their cuts), split, or raise clipSeconds"
    ]


def _warnings(project: Project, over: bool, no_price: str | None) -> list[str]:
    out = []
    declared, measured = project.declared_duration, project.duration
    if declared and measured and abs(declared - measured) > MEASURED_DIFFERS:
        out.append(
            f"the song lasts {measured:.2f} s by measurement, not {declared:.2f} s as declared;"
            " the measured length is used"
        )
    if over:
        out.append(
            "one take of every scene and the 20% for repetitions cost more than budgetCapUsd"
            f" ({project.budget_cap_usd:.2f}); raise it, or generate fewer scenes"
        )
    if no_price is not None:
        out.append(no_price)
    return out


def _clip_seconds(context: AppContext, body: ProjectCreate) -> int:
    """What was asked for; where nothing was, the longest clip that the model sells up to that."""
    wanted = body.clip_seconds
    if "clip_seconds" in body.model_fields_set or context.provider is None:
        return wanted
    try:
        sold = context.provider.capabilities(body.sora_model).durations
    except UnknownModel:
        return wanted
    return max((s for s in sold if s <= wanted), default=min(sold))


def _check_model(context: AppContext, model: str, clip_seconds: int) -> None:
    if context.provider is None:
        return  # generation will say so; everything before it can be done
    try:
        capabilities = context.provider.capabilities(model)
    except UnknownModel as error:
        raise Invalid(
            error.message, field="soraModel", value=model, allowed=error.allowed
        ) from error
    if clip_seconds not in capabilities.durations:
        raise Invalid(
            f"clipSeconds {clip_seconds} is not sold by {model}",
            field="clipSeconds",
            value=clip_seconds,
            allowed=", ".join(map(str, capabilities.durations)),
        )


def _check_style(name: str | None) -> None:
    if name is not None:
        from musicapp_pipeline.generation.wording import wording
        from musicapp_pipeline.storyboard.presets import preset_named

        preset_named(name, wording().presets)
