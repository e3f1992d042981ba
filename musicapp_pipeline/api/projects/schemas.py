"""What projects look like from outside."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema, field_validator
from pydantic.alias_generators import to_camel

from musicapp_pipeline.api.kit.models import Changes, Moment, Output, Plain, Text, Usd, plain_text
from musicapp_pipeline.store.projects import Format, NewProject

Fps = Annotated[
    str | float | int,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 8, "maximum": 120},
                {"type": "string", "pattern": r"^\d{1,5}([./]\d{1,5})?$"},
            ],
            "examples": [24, "23.976", "30000/1001"],
        }
    ),
]
MoneyIn = Annotated[Decimal, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000})]
StageState = Literal["pending", "running", "completed", "failed"]


class ProjectCreate(Plain, NewProject):
    """A new project, as the specification has it."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=False,
        validate_by_name=False,
        validate_by_alias=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "Eternal Flame",
                    "audioUrl": "s3://bucket/song.mp3",
                    "duration": 172.4,
                    "format": "landscape",
                    "clipSeconds": 8,
                    "soraModel": "sora-2",
                    "performanceDensity": 0.4,
                    "budgetCapUsd": 25.0,
                    "lyrics": "Best believe me...",
                }
            ]
        },
    )

    budget_cap_usd: MoneyIn = Field(Decimal(25), ge=0, le=1_000_000, decimal_places=6)

    @field_validator("*")
    @classmethod
    def _plain(cls, value: object) -> object:
        return plain_text(value) if isinstance(value, str) else value


class ProjectUpdate(Changes):
    """Changes of a project; absent fields stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"budgetCapUsd": 40.0}]})
    nullable = frozenset({"style_preset", "style_prefix", "vocal_stem_url"})

    title: Text | None = Field(None, min_length=1, max_length=200)
    audio_url: Text | None = Field(None, min_length=1, max_length=4000)
    lyrics: Text | None = Field(None, max_length=50_000)
    format: Format | None = None
    clip_seconds: int | None = Field(None, ge=1, le=60)
    sora_model: Text | None = Field(None, min_length=1, max_length=200)
    performance_density: float | None = Field(None, ge=0, le=1)
    budget_cap_usd: MoneyIn | None = Field(None, ge=0, le=1_000_000, decimal_places=6)
    style_preset: Text | None = Field(None, max_length=100)
    style_prefix: Text | None = Field(None, max_length=2000)
    fps: Fps | None = None
    seed: int | None = Field(None, ge=0, lt=2**31)
    vocal_stem_url: Text | None = Field(None, max_length=4000)


class SceneCounts(Output):
    """How many scenes are how far."""

    total: int = 0
    pending: int = 0
    generating: int = 0
    completed: int = 0
    failed: int = 0
    selected: int = 0


class Stages(Output):
    """How far each stage of the project is."""

    analysis: StageState
    generation: StageState
    selection: StageState
    export: StageState


class Progress(Output):
    """Where a project stands; ``fraction`` counts its stages and scenes, 0 to 1."""

    stage: Literal["created", "analysis", "generation", "selection", "export", "done"]
    fraction: float
    stages: Stages
    scenes: SceneCounts


PROGRESS_EXAMPLE: dict[str, Any] = {
    "stage": "generation",
    "fraction": 0.31,
    "stages": {
        "analysis": "completed",
        "generation": "running",
        "selection": "pending",
        "export": "pending",
    },
    "scenes": {
        "total": 22,
        "pending": 18,
        "generating": 1,
        "completed": 3,
        "failed": 0,
        "selected": 0,
    },
}
SUMMARY_EXAMPLE: dict[str, Any] = {
    "id": "eternal-flame-k3m9x2",
    "title": "Eternal Flame",
    "duration": 172.4,
    "format": "landscape",
    "soraModel": "sora-2",
    "budgetCapUsd": 25.0,
    "actualCostUsd": 1.92,
    "progress": PROGRESS_EXAMPLE,
    "createdAt": "2026-11-22T13:00:00Z",
    "updatedAt": "2026-11-22T13:00:00Z",
}


class ProjectSummary(Output):
    """A project in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [SUMMARY_EXAMPLE]})

    id: str
    title: str
    duration: float | None
    format: str
    sora_model: str
    budget_cap_usd: Usd
    actual_cost_usd: Usd
    progress: Progress
    created_at: Moment
    updated_at: Moment


class ProjectRead(ProjectSummary):
    """A project with everything people wrote, what it cost and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **SUMMARY_EXAMPLE,
                    "audioUrl": "s3://bucket/song.mp3",
                    "declaredDuration": 172.4,
                    "clipSeconds": 8,
                    "performanceDensity": 0.4,
                    "heldUsd": 0.48,
                    "remainingUsd": 22.6,
                    "estimatedCostUsd": 12.96,
                    "lyrics": "Best believe me...",
                    "stylePreset": None,
                    "stylePrefix": None,
                    "fps": 24,
                    "seed": 0,
                    "vocalStemUrl": None,
                    "warnings": [],
                    "eventsUrl": "/api/projects/eternal-flame-k3m9x2/events",
                    "revision": 1,
                }
            ]
        }
    )

    audio_url: str
    declared_duration: float | None
    clip_seconds: int
    performance_density: float
    held_usd: Usd
    """Reserved for takes whose end is not known yet; counts against the cap."""
    remaining_usd: Usd
    estimated_cost_usd: Usd
    """One take of every scene, and 20% for takes that have to be made again."""
    lyrics: str
    style_preset: str | None
    style_prefix: str | None
    fps: float
    seed: int
    vocal_stem_url: str | None
    warnings: list[str]
    events_url: str
    revision: int


def fps_number(text: str) -> float:
    """A stored frame rate as people write it: 24, 23.976."""
    rate = Fraction(text)
    return int(rate) if rate.denominator == 1 else round(float(rate), 3)
