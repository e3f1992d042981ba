"""What is asked of lips, and what is shown of them."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from musicapp_pipeline.api.jobs.schemas import JOB_EXAMPLE, JobRead
from musicapp_pipeline.api.kit.models import Changes, Input, Output
from musicapp_pipeline.api.scenes.schemas import VERSION_EXAMPLE, LipSync, VersionRead

BOX_EXAMPLE: dict[str, Any] = {"x": 0.42, "y": 0.55, "width": 0.16, "height": 0.1}
ROUNDING = 1e-6


class MouthBox(Input):
    """Where the mouth is, as shares of the picture."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)

    @field_validator("width", "height")
    @classmethod
    def _inside(cls, size: float, info: ValidationInfo) -> float:
        edge = "x" if info.field_name == "width" else "y"
        room = 1 - info.data.get(edge, 0)
        if size > room + ROUNDING:
            raise ValueError(
                f"reaches out of the picture; with this {edge} at most {room:g} is left"
            )
        return size


class PhonemeEdit(Input):
    """One ARPAbet phone, in seconds of the song."""

    phoneme: Annotated[str, Field(pattern=r"^[A-Za-z]{1,4}[0-2]?$")]
    start: float = Field(ge=0, le=86_400)
    end: float = Field(ge=0, le=86_400)

    @field_validator("phoneme")
    @classmethod
    def _arpabet(cls, phone: str) -> str:
        from musicapp_pipeline.lipsync.errors import BadPhonemes
        from musicapp_pipeline.lipsync.model import Phoneme
        from musicapp_pipeline.lipsync.visemes import checked

        try:
            checked([Phoneme(phoneme=phone, start=0, end=0)])
        except BadPhonemes as error:
            raise ValueError(f"{phone} is not ARPAbet; known are {error.allowed}") from error
        return phone

    @field_validator("end")
    @classmethod
    def _forwards(cls, end: float, info: ValidationInfo) -> float:
        start = info.data.get("start", 0)
        if end < start:
            raise ValueError(f"is before the start ({start:g} s)")
        return end


class LipSyncNudge(Changes):
    """Lip-sync by hand; absent fields stay as they are, null leaves them to the machine."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"offsetMs": -40, "mouthBox": BOX_EXAMPLE}]}
    )

    nullable = frozenset({"mouth_box", "offset_ms", "phonemes"})

    mouth_box: MouthBox | None = None
    offset_ms: int | None = Field(None, ge=-1000, le=1000)
    phonemes: list[PhonemeEdit] | None = Field(None, max_length=5000)


class LipSyncing(Output):
    """Lip-sync of a take was queued."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobId": JOB_EXAMPLE["id"],
                    "job": {**JOB_EXAMPLE, "type": "lip_sync_post_process", "heldUsd": 0.0},
                    "version": VERSION_EXAMPLE,
                }
            ]
        }
    )

    job_id: str
    job: JobRead
    version: VersionRead


class WordRead(Output):
    """A lyric word and when it is sung; ``confidence`` 0 where it could not be placed."""

    text: str
    start: float
    end: float
    confidence: float


class PhonemeRead(Output):
    """One ARPAbet phone, in seconds of the song."""

    phoneme: str
    start: float
    end: float


class MouthBoxRead(Output):
    """Where a person says the mouth is, as shares of the picture."""

    x: float
    y: float
    width: float
    height: float


class Nudges(Output):
    """What a person said of this take's lips; null is left to the machine."""

    mouth_box: MouthBoxRead | None = None
    offset_ms: int = 0
    phonemes: list[PhonemeRead] | None = None


class LipSyncRead(Output):
    """What moves a take's lips: the scene's words and phones as they were heard, in seconds of the
    song, and what a person put in their place."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "versionId": VERSION_EXAMPLE["id"],
                    "sceneId": VERSION_EXAMPLE["sceneId"],
                    "startTime": 40.42,
                    "endTime": 47.99,
                    "lipSync": VERSION_EXAMPLE["lipSync"],
                    "aligned": True,
                    "words": [{"text": "Best", "start": 40.6, "end": 40.9, "confidence": 0.92}],
                    "phonemes": [
                        {"phoneme": "B", "start": 40.6, "end": 40.68},
                        {"phoneme": "EH1", "start": 40.68, "end": 40.77},
                    ],
                    "nudges": {"mouthBox": BOX_EXAMPLE, "offsetMs": -40, "phonemes": None},
                    "revision": 4,
                }
            ]
        }
    )

    version_id: str
    scene_id: str
    start_time: float
    end_time: float
    lip_sync: LipSync | None
    aligned: bool
    """The scene's words have been placed; until then both lists are empty."""
    words: list[WordRead]
    phonemes: list[PhonemeRead]
    nudges: Nudges
    revision: int
    """Of the take."""
