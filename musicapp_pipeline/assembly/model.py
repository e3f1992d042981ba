"""What assembly takes and yields. Frames are counted at the project's rate."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from musicapp_pipeline.assembly.errors import BadSpec
from musicapp_pipeline.timebase import Frames


@dataclass(frozen=True)
class MezzanineSpec:
    """Which part of a clip stands for a scene: ``[in_frame, in_frame + frames)`` and handles.

    ``head_handle`` and ``tail_handle`` are wishes: a clip that is too short gives fewer.
    """

    fps: Fraction
    width: int
    height: int
    in_frame: Frames
    frames: Frames
    head_handle: Frames = 0
    tail_handle: Frames = 0

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 16:
            raise BadSpec(
                f"A mezzanine of {self.width} x {self.height} cannot be made; "
                "H.264 needs even numbers from 16",
                field="size",
                value=f"{self.width}x{self.height}",
            )


@dataclass(frozen=True)
class Mezzanine:
    """A conformed clip: ``head`` handle frames, ``frames`` of the cut, ``tail`` handle frames."""

    path: Path
    fps: Fraction
    width: int
    height: int
    frames: Frames
    head: Frames
    tail: Frames
    sha256: str = ""
    held: Frames = 0
    """How often the last frame was repeated because the clip was that much too short (0 or 1)."""

    @property
    def total_frames(self) -> Frames:
        return self.head + self.frames + self.tail

    def segment(self) -> "Segment":
        """The cut, as what :func:`stitch` takes."""
        return Segment(self.path, self.head, self.frames)


@dataclass(frozen=True)
class Segment:
    """``frames`` frames of a mezzanine from ``first_frame``, which must be a key frame."""

    path: Path
    first_frame: Frames
    frames: Frames


@dataclass(frozen=True)
class FinalCut:
    """The finished video."""

    path: Path
    fps: Fraction
    frames: Frames

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.fps


@dataclass(frozen=True)
class FinalReport:
    """What a check of a finished video found; ``problems`` is empty when all is right."""

    frames: Frames
    wrong_pts: int
    audio_offset_ms: float
    video_codec: str
    audio_codec: str
    width: int
    height: int
    audio_seconds: float
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        return not self.problems
