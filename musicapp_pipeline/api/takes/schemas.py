"""What is asked of takes, and what is answered."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from musicapp_pipeline.api.jobs.schemas import JOB_EXAMPLE, JobRead
from musicapp_pipeline.api.kit.models import Changes, Input, Output, Score, Text, Usd
from musicapp_pipeline.api.scenes.schemas import VERSION_EXAMPLE, VersionRead
from musicapp_pipeline.generation.admission import MAX_TAKES

_QUEUED: dict[str, Any] = {
    **VERSION_EXAMPLE,
    "status": "queued",
    "soraClipId": None,
    "soraClipUrl": None,
    "finalVideoUrl": None,
    "url": None,
    "isSelected": False,
}


class Generate(Input):
    """How many takes to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"numTakes": 2}]})

    num_takes: int = Field(1, ge=1, le=MAX_TAKES)


class GenerateMany(Input):
    """Which scenes to generate; without ``sceneIds`` those that have no take yet."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sceneIds": ["s007-k3m9x2"], "numTakes": 1}]}
    )

    scene_ids: list[Annotated[str, Field(max_length=120)]] | None = Field(
        None, min_length=1, max_length=1000
    )
    num_takes: int = Field(1, ge=1, le=MAX_TAKES)


class Remix(Input):
    """Which take to remix, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "versionId": "v-k3m9x2p7qa4t",
                    "revisedPrompt": "Tighter framing, more dynamic camera",
                }
            ]
        }
    )

    version_id: Text = Field(min_length=1, max_length=120)
    revised_prompt: Text = Field(min_length=1, max_length=32_000)


class PromptStretch(Output):
    """Words that stayed, came, went, or became others."""

    kind: Literal["same", "added", "removed", "changed"]
    before: str
    after: str


class PromptDiffRead(Output):
    """A take's prompt beside the one that would be sent now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "versionId": VERSION_EXAMPLE["id"],
                    "outdated": True,
                    "before": "Wide shot, slow push-in.",
                    "after": "Wide shot, fast push-in.",
                    "summary": ["“slow” became “fast”"],
                    "changes": [
                        {"kind": "same", "before": "Wide shot, ", "after": "Wide shot, "},
                        {"kind": "changed", "before": "slow", "after": "fast"},
                        {"kind": "same", "before": " push-in.", "after": " push-in."},
                    ],
                }
            ]
        }
    )

    version_id: str
    outdated: bool
    before: str
    after: str
    summary: list[str]
    changes: list[PromptStretch]


class Generating(Output):
    """Takes were queued and their price reserved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobIds": [JOB_EXAMPLE["id"]],
                    "jobs": [JOB_EXAMPLE],
                    "versions": [_QUEUED],
                    "reservedUsd": 0.48,
                    "remainingUsd": 24.52,
                }
            ]
        }
    )

    job_ids: list[str]
    jobs: list[JobRead]
    versions: list[VersionRead]
    reserved_usd: Usd
    remaining_usd: Usd
    """What is left of the cap after this."""


class Remixing(Output):
    """A remix was queued and its price reserved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobId": JOB_EXAMPLE["id"],
                    "job": {**JOB_EXAMPLE, "type": "remix_scene"},
                    "version": {**_QUEUED, "take": 2, "kind": "remix", "remixMode": "native"},
                    "emulated": False,
                    "warnings": [],
                    "reservedUsd": 0.48,
                    "remainingUsd": 24.04,
                }
            ]
        }
    )

    job_id: str
    job: JobRead
    version: VersionRead
    emulated: bool
    """The provider has no remix for this take: it is generated anew from the revised prompt and the
    take's first picture, so more than what the prompt names may look different."""
    warnings: list[str]
    reserved_usd: Usd
    remaining_usd: Usd


class Rating(Changes):
    """A person's scores; null goes back to what was measured. ``userScore`` is 0 to 5, the
    others 0 to 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "qualityScore": 0.85,
                    "userScore": 4.5,
                    "characterConsistency": 0.9,
                    "mouthVisibility": 0.8,
                }
            ]
        }
    )

    nullable = frozenset(
        {"quality_score", "user_score", "character_consistency", "mouth_visibility"}
    )

    quality_score: Score | None = None
    user_score: float | None = Field(None, ge=0, le=5)
    character_consistency: Score | None = Field(
        None,
        validation_alias=AliasChoices("characterConsistency", "characterConsistencyScore"),
    )
    mouth_visibility: Score | None = Field(
        None, validation_alias=AliasChoices("mouthVisibility", "mouthVisibilityScore")
    )
    notes: Text | None = Field(None, max_length=5000)


class VersionUpdate(Changes):
    """Changes of a take; its pictures never change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"notes": "best smile", "inPoint": 0}]}
    )

    notes: Text | None = Field(None, max_length=5000)
    in_point: int | None = Field(None, ge=0, le=100_000)
    """First frame of the cut within the clip."""


class External(Input):
    """A clip made elsewhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "/media/uploads/u-k3m9x2p7qa4t.mp4", "notes": "shot on the roof"}]
        }
    )

    url: Text = Field(min_length=1, max_length=4000)
    in_point: int = Field(0, ge=0, le=100_000)
    """First frame of the cut within the clip, at the project's frame rate."""
    notes: Text = Field("", max_length=5000)


class Resolution(Input):
    """What somebody found out at the provider about a take that is `unknown` or `stuck`, or whose
    clip was paid for and did not arrive."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "not_charged", "note": "not on the invoice"}]}
    )

    outcome: Literal["not_charged", "charged", "attach", "fetch_again"]
    """``not_charged`` gives the money back, ``charged`` books it and gives the clip up (each also
    after the other), ``attach`` fetches the clip of ``soraClipId`` (also later, after ``charged``
    or ``not_charged``, or in place of a mistyped one), ``fetch_again`` one that was paid for and
    given up."""
    sora_clip_id: Text | None = Field(None, min_length=1, max_length=1000)
    note: Text = Field("", max_length=500)

    @model_validator(mode="after")
    def _id_to_attach(self) -> "Resolution":
        if (self.outcome == "attach") != (self.sora_clip_id is not None):
            raise ValueError("soraClipId is what 'attach' attaches; send it then, and only then")
        return self
