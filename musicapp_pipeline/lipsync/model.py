"""What alignment and lip-sync exchange. Times are seconds from the start of the given audio."""

from pydantic import BaseModel, ConfigDict


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
