"""What planning a cut takes and yields. Frames count from the song's first sample."""

from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """An immutable value that can be stored as JSON and read back equal."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


SceneType = Literal["performance", "broll"]


class TimedLine(Frozen):
    """A lyric line and when it is sung, in seconds; ``confidence`` is 1 where a person says so."""

    text: str
    start_time: float
    end_time: float
    confidence: float = 1.0

    @property
    def middle(self) -> float:
        return (self.start_time + self.end_time) / 2


class PlannerOptions(Frozen):
    """What bounds a plan.

    ``durations`` are the seconds the video model sells, ascending; ``clip_seconds`` is the
    longest a scene may be; ``head_handle``/``tail_handle`` are frames a clip should have beside
    the cut where they fit without buying a longer clip.
    """

    fps: Fraction
    clip_seconds: int = Field(8, ge=1)
    performance_density: float = Field(0.4, ge=0, le=1)
    durations: tuple[int, ...] = (4, 8, 12)
    head_handle: int = 6
    tail_handle: int = 12
    seed: int = 0
    min_seconds: float = Field(1.75, gt=0)
    """The shortest scene, where the song's sections allow it; at most half of the longest."""
    economy: float = Field(0.975, ge=0.5, le=1)
    """How much of the best possible share of paid seconds the cut must bring to the screen.
    Lower lets the music win more often. 0.97 is promised; the rest is margin for other ideas of
    what the best possible is (a shorter shortest scene, for one)."""
    world: str | None = None
    """Which visual world the ideas come from; chosen by seed and mood when absent."""


class Shot(Frozen):
    """How the camera sees the scene."""

    size: str
    angle: str
    movement: str
    light: str


class PlannedScene(Frozen):
    """An interval of the song, ``start_frame`` inclusive to ``end_frame`` exclusive."""

    order: int
    start_frame: int
    end_frame: int
    start_time: float
    end_time: float
    scene_type: SceneType
    section: str
    section_type: str
    clip_seconds: int
    energy: float
    mood: str
    lyrics: str
    shot: Shot
    idea: str
    """The visual idea, a short phrase; recurring sections share theirs."""
    why: str
    """Why the cut is here: "chorus starts", "downbeat, energy rising"."""

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame


class KeptScene(Frozen):
    """A scene whose cuts stay when the rest is planned again, because takes of it were paid.

    ``id`` is the caller's. Kind, idea and shot, when given, are respected by the new neighbours
    and counted into the performance share.
    """

    id: str
    start_frame: int = Field(ge=0)
    end_frame: int
    scene_type: SceneType | None = None
    idea: str | None = None
    shot: Shot | None = None


class Said(Frozen):
    """What a person set of a scene without takes, for as long as the plan has its interval."""

    scene_type: SceneType | None = None
    """A set kind; also that of a scene whose picture is set: the two belong together."""
    idea: str | None = None
    shot: Shot | None = None


class Interval(Frozen):
    """Where a scene lies after an edit, and the clip it buys."""

    start_frame: int
    end_frame: int
    start_time: float
    end_time: float
    clip_seconds: int

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame


class CharacterBrief(Frozen):
    """A character as the prompt needs it; ``bible`` as the specification has it."""

    name: str
    description: str = ""
    bible: dict[str, Any] = {}
    is_primary: bool = False


class ProjectBrief(Frozen):
    """A project as the prompt needs it."""

    title: str
    style_preset: str | None = None
    style_prefix: str | None = None
    """Overrides the global style prefix."""
    vocal_style: Literal["raps", "sings"] = "raps"
    """The verb of performance directives; ``lyrics.vocal_style_of`` tells it from the lines."""


class SceneBrief(Frozen):
    """A scene as the prompt needs it (planned, then perhaps edited)."""

    scene_type: SceneType
    section: str = ""
    section_type: str = ""
    mood: str = ""
    lyrics: str = ""
    idea: str = ""
    energy: float = 0.5
    shot: Shot | None = None
    order: int = 1
