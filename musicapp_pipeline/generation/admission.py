"""Admitting takes: rows, reservations and jobs in one transaction, all of them or none."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from musicapp_pipeline.generation import ledger, submission
from musicapp_pipeline.generation.errors import GenerationError, UnsupportedRequest
from musicapp_pipeline.generation.port import VideoProvider
from musicapp_pipeline.generation.takeplan import TakePlan, plan_take
from musicapp_pipeline.store import jobs, projects, scenes, takes
from musicapp_pipeline.store.models import (
    GenerationAttempt,
    ProcessingJob,
    Project,
    Scene,
    SceneVersion,
)

MAX_TAKES = 10


class BadTakeKey(GenerationError):
    """A take's partition key that names no scene, or a number that cannot be a take."""

    code = "bad_take_key"


class BadSource(GenerationError):
    """A take that cannot be remixed."""

    code = "bad_source"


@dataclass(frozen=True)
class Admitted:
    """One admitted take. ``job`` is set when somebody polls for it."""

    version: SceneVersion
    attempt: GenerationAttempt
    job: ProcessingJob | None = None


def admit(
    session: Session,
    project: Project,
    wanted: Sequence[tuple[Scene, int]],
    provider: VideoProvider,
    *,
    with_jobs: bool = False,
) -> list[Admitted]:
    """Take rows and reservations for ``(scene, number of takes)`` pairs, all or nothing.

    Raises:
        OverBudget, UnknownPrice: before anything is queued.
    """
    projects.get(session, project.id, lock=True)
    capabilities = provider.capabilities(project.sora_model)
    plans = [(scene, plan_take(session, project, scene, capabilities)) for scene, _ in wanted]
    total = sum(
        (plan.price() * count for (_, plan), (_, count) in zip(plans, wanted, strict=True)),
        Decimal(0),
    )
    ledger.check_budget(session, project, total, simulated=provider.name == "mock")
    return [
        _admit_one(session, project, scene, plan, provider, with_job=with_jobs)
        for (scene, plan), (_, count) in zip(plans, wanted, strict=True)
        for _ in range(count)
    ]


def admit_key(session: Session, key: str, provider: VideoProvider) -> Admitted | None:
    """Admit the take of a partition key that a person or a backfill asked for.

    Returns:
        None when the take was admitted before, in whatever state it is now.

    Raises:
        BadTakeKey, OverBudget, UnknownPrice
    """
    if takes.by_key(session, key) is not None:
        return None
    project_id, scene_id, number = parse_key(key)
    project = projects.get(session, project_id, lock=True)
    scene = scenes.get(session, scene_id, project_id=project_id)
    if takes.by_key(session, key) is not None:  # another admitter was first
        return None
    plan = plan_take(session, project, scene, provider.capabilities(project.sora_model))
    return _admit_one(session, project, scene, plan, provider, take=number)


def parse_key(key: str) -> tuple[str, str, int]:
    """Project, scene and take number of ``<project>/<scene>/t<number>``."""
    parts = key.split("/")
    number = parts[2].removeprefix("t") if len(parts) == 3 else ""
    if not (number.isascii() and number.isdigit()) or not 1 <= int(number) <= 9999:
        raise BadTakeKey(
            f"{key!r} is not a take",
            field="partition",
            value=key,
            allowed="<project>/<scene>/t01",
        )
    return parts[0], parts[1], int(number)


def remix(
    session: Session,
    project: Project,
    source: SceneVersion,
    revised_prompt: str,
    provider: VideoProvider,
    *,
    with_job: bool = False,
) -> Admitted:
    """The next take of a scene, made from another take with a revised prompt.

    Native where the provider can and the source is what would be bought now, because a native
    remix has its model, size and length; otherwise generated anew with the revised prompt and the
    source's first frame as reference, recorded as emulated.

    Raises:
        BadSource: the source has no finished clip.
        UnsupportedRequest: the model has no remix, by its entry.
        OverBudget, UnknownPrice
    """
    if source.status != "completed" or source.clip_key is None:
        raise BadSource(
            f"take {source.take} is {source.status}; only a completed take can be remixed",
            field="versionId",
            value=source.id,
            allowed="a completed take",
        )
    projects.get(session, project.id, lock=True)
    scene = scenes.get(session, source.scene_id, project_id=project.id)
    capabilities = provider.capabilities(project.sora_model)
    if capabilities.remix == "none":
        raise UnsupportedRequest(
            f"{project.sora_model} has no remix; ask for another take with a prompt of your own",
            field="soraModel",
            value=project.sora_model,
            allowed="a model whose remix is native or emulated",
        )
    plan = plan_take(session, project, scene, capabilities)
    native = capabilities.remix == "native" and _is_alike(session, source, plan, provider)
    return _admit_one(
        session,
        project,
        scene,
        replace(plan, prompt=revised_prompt, refused=None),
        provider,
        with_job=with_job,
        source=source,
        remix_mode="native" if native else "emulated",
    )


def _admit_one(
    session: Session,
    project: Project,
    scene: Scene,
    plan: TakePlan,
    provider: VideoProvider,
    *,
    take: int | None = None,
    with_job: bool = False,
    source: SceneVersion | None = None,
    remix_mode: str | None = None,
) -> Admitted:
    capabilities = provider.capabilities(project.sora_model)
    capabilities.check_on_sale()
    price = plan.price()
    takes_pictures = capabilities.first_frame or capabilities.image_reference
    kind = "generated" if source is None else "remix"
    version = takes.add(session, scene, prompt=plan.prompt, kind=kind, take=take)
    version.model, version.size, version.seconds = plan.model, plan.size, plan.seconds
    version.plan_fingerprint = plan.fingerprint
    version.seed = _seed(project.seed, scene.id, version.take)
    version.source_version_id = source.id if source else None
    request = {
        "reference_key": plan.reference_key,
        "seed": version.seed if capabilities.accepts_seed else None,
        "remix_of": source.sora_clip_id if source and remix_mode == "native" else None,
        "first_frame_of": source.clip_key if source and takes_pictures else None,
    }
    attempt = ledger.reserve(
        session,
        version,
        provider=provider.name,
        usd_per_second=price / plan.seconds,
        price_version=capabilities.price_version,
        fingerprint=request_fingerprint(version, request),
        request=request,
        simulated=provider.name == "mock",
    )
    attempt.remix_mode = remix_mode
    job = None
    if with_job:
        job = jobs.create(
            session,
            project.id,
            "generate_scene" if source is None else "remix_scene",
            scene_id=scene.id,
            version_id=version.id,
        )
    takes.refresh_status(session, scene)
    return Admitted(version, attempt, job)


def request_fingerprint(version: SceneVersion, request: Mapping[str, object]) -> str:
    """Equal for requests that a provider's list could not tell apart."""
    parts = (
        version.model,
        version.size,
        version.seconds,
        version.prompt,
        request.get("seed"),
        request.get("remix_of"),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _seed(base: int, scene_id: str, take: int) -> int:
    """Takes of one scene differ, and differ the same way every time."""
    number = scene_id.partition("-")[0]  # the random rest would differ in every project
    digest = hashlib.sha256(f"{base}/{number}/{take}".encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF


def _is_alike(
    session: Session, source: SceneVersion, plan: TakePlan, provider: VideoProvider
) -> bool:
    """Would what this provider makes of the source be what is planned, at the planned price?"""
    query = select(GenerationAttempt).where(
        GenerationAttempt.version_id == source.id,
        GenerationAttempt.provider_job_id == source.sora_clip_id,
    )
    bought = session.scalar(query)
    return (
        bought is not None
        and bought.provider == provider.name
        and submission.elsewhere(bought, provider.key) is None
        and (bought.model, bought.size, bought.seconds) == (plan.model, plan.size, plan.seconds)
    )
