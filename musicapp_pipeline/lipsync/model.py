"""What alignment and lip-sync exchange. Times are seconds from the start of the given audio."""

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable value that can be stored as JSON and read back equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(Frozen):
    """One lyric word as written; ``confidence`` 0 where it could not be placed."""

    text: str
    start: float
    end: float
    confidence: float


class Phoneme(Frozen):
    """One ARPAbet phone."""

    phoneme: str
    start: float
    end: float


class Alignment(Frozen):
    """What ``musicapp align`` prints."""

    words: tuple[Word, ...] = ()
    phonemes: tuple[Phoneme, ...] = ()
    method: str = ""
    notes: tuple[str, ...] = ()


class Line(Frozen):
    """One lyric line and when it is sung."""

    text: str
    start: float
    end: float
    confidence: float


class MouthBox(Frozen):
    """Where a person says the mouth is: left, top, width and height as shares of the picture."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class LipSyncReport(Frozen):
    """What was done to a clip.

    ``method`` names what moved the mouth ("mesh-morph"); ``reason`` says why not, if it was not.
    ``mouth_visibility`` is 0 to 1; ``correlation`` compares the mouth found in the result with the
    mouth commanded (-1 to 1), where it was checked.
    """

    applied: bool
    method: str
    reason: str = ""
    frames: int = 0
    synced_frames: int = 0
    mouth_visibility: float = 0.0
    correlation: float | None = None
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, str | int | float | bool | None]:
        """The report as plain data to keep beside a take."""
        return {**self.model_dump(exclude={"notes"}), "notes": "; ".join(self.notes)}
