"""What would be sent for a scene now: prompt, clip, reference and price."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.orm import Session

from musicapp_pipeline.generation.errors import GenerationError, UnknownPrice
from musicapp_pipeline.generation.port import Capabilities
from musicapp_pipeline.store import artifacts, projects
from musicapp_pipeline.store.models import Character, Project, Scene
from musicapp_pipeline.storyboard.errors import StoryboardError
from musicapp_pipeline.storyboard.model import (
    CharacterBrief,
    ProjectBrief,
    SceneBrief,
    Shot,
    TimedLine,
)
from musicapp_pipeline.timebase import Frames, whole_frames

VocalStyle = Literal["raps", "sings"]


class ClipTooShort(GenerationError):
    """The clip that would be bought does not cover its scene."""

    code = "clip_too_short"


@dataclass(frozen=True)
class TakePlan:
    """One scene's plan; ``usd`` is what a take of it will reserve, None when not for sale.

    ``frames`` are the scene's, ``holds`` those that fit into ``seconds``. ``refused`` says why
    no prompt can be written; such a plan can be read, not bought.
    """

    prompt: str
    model: str
    size: str
    seconds: int
    reference_key: str | None
    usd: Decimal | None
    fingerprint: str
    frames: Frames
    holds: Frames
    refused: StoryboardError | None = None

    def price(self) -> Decimal:
        """Raises UnknownPrice instead of buying at any price, ClipTooShort instead of buying what
        cannot be used, UnknownStylePreset or PromptTooLong where there is nothing to send."""
        if self.refused is not None:
            raise self.refused
        if self.holds < self.frames:
            raise ClipTooShort(
                f"a clip of {self.seconds} s holds {self.holds} frames and does not cover a scene"
                f" of {self.frames}; split the scene, or raise the project's clipSeconds",
                field="clipSeconds",
                value=self.seconds,
                allowed=f"a duration of at least {self.frames} frames",
            )
        if self.usd is None:
            raise UnknownPrice(
                f"no price is known for {self.model!r} at {self.size}, so nothing may be bought;"
                " set its price (SORA_PRICING_PER_SECOND_BASE/PRO or the model's configuration)",
                field="soraModel",
                value=self.model,
            )
        return self.usd


def plan_take(
    session: Session, project: Project, scene: Scene, capabilities: Capabilities
) -> TakePlan:
    """The plan by the present state of project, scene and characters."""
    cast = cast_of(session, project, scene)
    performs = scene.scene_type == "performance" and not scene.prompt_override
    style = _vocal_style(session, project) if performs else "sings"
    prompt, refused = "", None
    try:
        prompt = prompt_of(project, scene, cast, style, capabilities.max_prompt_chars)
    except StoryboardError as error:  # a preset that is gone must not hide the project
        refused = error
    size = capabilities.size_for(portrait=project.format == "portrait")
    longest = max(project.clip_seconds, capabilities.durations[0])
    seconds = min(scene.clip_seconds, longest)
    reference = next((c.reference_image_key for c in cast if c.reference_image_key), None)
    if not capabilities.image_reference:
        reference = None
    parts: dict[str, Any] = {
        "prompt": prompt,
        "model": capabilities.model,
        "size": size,
        "seconds": seconds,
        "frames": [scene.start_frame, scene.end_frame],
        "reference": reference,
        "revision": scene.plan_revision,
    }
    return TakePlan(
        prompt=prompt,
        model=capabilities.model,
        size=size,
        seconds=seconds,
        reference_key=reference,
        usd=_price(capabilities, seconds, size),
        fingerprint=artifacts.fingerprint("scene_plan", parts),
        frames=scene.frames,
        holds=whole_frames(seconds, projects.fps_of(project)),
        refused=refused,
    )


def _price(capabilities: Capabilities, seconds: int, size: str) -> Decimal | None:
    try:
        return capabilities.cost(seconds, size)
    except UnknownPrice:
        return None  # plans can be read without a price; only buying needs one


def cast_of(session: Session, project: Project, scene: Scene) -> list[Character]:
    """The scene's characters; a performance without any gets the primary one."""
    everyone = projects.characters(session, project.id)
    chosen = [c for c in everyone if c.id in scene.character_ids]
    if not chosen and scene.scene_type == "performance":
        chosen = [c for c in everyone if c.is_primary][:1]
    return chosen


def _vocal_style(session: Session, project: Project) -> VocalStyle:
    """Rapped or sung, by how fast the timed lines go; nobody raps a ballad."""
    from musicapp_pipeline.storyboard.lyrics import vocal_style_of

    timed = projects.storyboard(session, project.id).lyrics_data
    return vocal_style_of(
        [TimedLine(text=x["text"], start_time=x["startTime"], end_time=x["endTime"]) for x in timed]
    )


def prompt_of(
    project: Project,
    scene: Scene,
    cast: list[Character],
    vocal_style: VocalStyle,
    max_chars: int = 2000,
) -> str:
    """The prompt that would be sent now; one that a person wrote is kept whole."""
    if scene.prompt_override:
        return scene.prompt_override
    from musicapp_pipeline.generation.wording import wording
    from musicapp_pipeline.storyboard.prompts import build_scene_prompt

    words = wording()
    return build_scene_prompt(
        ProjectBrief(
            title=project.title,
            style_preset=project.style_preset,
            style_prefix=project.style_prefix,
            vocal_style=vocal_style,
        ),
        SceneBrief(
            scene_type="performance" if scene.scene_type == "performance" else "broll",
            section=scene.section or "",
            section_type=scene.section_type or "",
            mood=scene.mood,
            lyrics=scene.lyrics,
            idea=scene.idea,
            energy=scene.energy,
            shot=Shot.model_validate(scene.shot) if scene.shot else None,
            order=scene.order,
        ),
        [
            CharacterBrief(
                name=c.name, description=c.description, bible=c.bible, is_primary=c.is_primary
            )
            for c in cast
        ],
        max_chars=min(max_chars, 2000),
        presets=words.presets,
        template=words.template,
    )
